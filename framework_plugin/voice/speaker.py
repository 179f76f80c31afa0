"""Whoever speaks, and what of a reply is spoken."""

from __future__ import annotations

import io
import re
import wave
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_ADDRESS = re.compile(r"https?://\S+")
_MARKS = re.compile(r"[*`_#>|~]+|^[-+]\s+", re.MULTILINE)
_PICTURES = re.compile("[\u2600-\u27bf\ufe0f\U0001f000-\U0001faff]")
_END = re.compile(r"[。！？!?；;\n]")


@dataclass(frozen=True)
class Sound:
    """What was spoken.

    Args:
        samples: Sixteen bits each, one channel; shape (n,).
        rate: Samples a second.
    """

    samples: npt.NDArray[np.int16]
    rate: int

    def as_wav(self) -> bytes:
        """A file of it."""
        file = io.BytesIO()
        with wave.open(file, "wb") as opened:
            opened.setnchannels(1)
            opened.setsampwidth(2)
            opened.setframerate(self.rate)
            opened.writeframes(self.samples.astype("<i2").tobytes())
        return file.getvalue()


class Speaker(Protocol):
    """Speaks."""

    def speak(self, text: str) -> Sound:
        """The sound of a text.

        Args:
            text: From `said_aloud`.
        """


def said_aloud(text: str, longest: int) -> str:
    """What of a reply is spoken: no marks, addresses or pictures.

    Args:
        text: As it is shown.
        longest: Characters; beyond, it ends with the last whole sentence.
    """
    plain = _ADDRESS.sub("", _LINK.sub(r"\1", text))
    plain = _PICTURES.sub("", _MARKS.sub("", plain)).strip()
    if len(plain) <= longest:
        return plain
    ends = [found.end() for found in _END.finditer(plain, 0, longest)]
    return plain[: ends[-1] if ends else longest].strip()
