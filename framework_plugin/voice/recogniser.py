"""Whoever makes words of speech."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol

from framework_plugin.voice.audio import Audio

_BETWEEN_SIGNS = re.compile(
    r"(?<=[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef])\s+"
    r"|\s+(?=[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef])"
)
_TAG = re.compile(r"<\|?[^<>|]{1,20}\|?>")


@dataclass(frozen=True)
class Transcript:
    """What was understood.

    Args:
        text: The words; empty if there were none.
        confidence: From 0 to 1; None where the engine tells none.
    """

    text: str
    confidence: float | None = None


class Recogniser(Protocol):
    """Makes words of speech."""

    def recognise(self, speech: Audio) -> Transcript:
        """The words of some speech.

        Args:
            speech: With little silence around it.
        """


def tidy(text: str) -> str:
    """Words as they are written: no blanks between Chinese signs, no marks of models.

    Args:
        text: As an engine gives it.
    """
    return _BETWEEN_SIGNS.sub("", " ".join(_TAG.sub(" ", text).split()))
