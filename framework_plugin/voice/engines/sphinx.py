"""PocketSphinx: small, English, and there with its package.

It is what tests and first trials use. With a list of phrases it understands those well;
without, it is far behind newer engines.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np

from framework_plugin.errors import VoiceError
from framework_plugin.voice.audio import Audio
from framework_plugin.voice.recogniser import Transcript

_NO_WORD = re.compile(r"[<\[].*[>\]]")
_VARIANT = re.compile(r"\(\d+\)$")
_WORDS = re.compile(r"[a-z']+(?: [a-z']+)*")


class SphinxRecogniser:
    """Understands with PocketSphinx.

    Args:
        model: A directory with an acoustic model, `*.dict` and `*.lm.bin`; None for the
            English one of the package.
        phrases: All that may be said, in small letters; anything if there are none.

    Raises:
        VoiceError: If the model or the phrases are no good.
    """

    def __init__(self, model: Path | None, phrases: tuple[str, ...] = ()) -> None:
        from pocketsphinx import Decoder

        options: dict[str, Any] = _files_of(model) if model else {}
        if phrases:
            options["lm"] = None
        try:
            self._decoder = Decoder(loglevel="FATAL", **options)
            if phrases:
                self._decoder.add_jsgf_string("phrases", _grammar(phrases))
                self._decoder.activate_search("phrases")
        except (RuntimeError, ValueError) as error:
            raise VoiceError(
                f"PocketSphinx cannot be started with the model "
                f"{model or 'of its package'}: {error}. With 'phrases', every word "
                "must be in its dictionary."
            ) from error

    def recognise(self, speech: Audio) -> Transcript:
        """See `Recogniser`."""
        samples = (np.clip(speech.samples, -1, 1) * 32_767).astype(np.int16)
        # What was heard of one user must not colour what is heard of the next.
        self._decoder.reinit_feat()
        self._decoder.start_utt()
        self._decoder.process_raw(samples.tobytes(), full_utt=True)
        self._decoder.end_utt()
        found = self._decoder.hyp()
        if found is None:
            return Transcript("")
        words = [one for one in self._decoder.seg() if not _NO_WORD.match(one.word)]
        sure = [float(one.prob) for one in words]
        text = " ".join(_VARIANT.sub("", one) for one in found.hypstr.split())
        return Transcript(text, round(sum(sure) / len(sure), 3) if sure else None)


def _grammar(phrases: tuple[str, ...]) -> str:
    for phrase in phrases:
        if not _WORDS.fullmatch(phrase):
            raise ValueError(f"'{phrase}' is no phrase of words in small letters")
    return f"#JSGF V1.0;\ngrammar phrases;\npublic <said> = {' | '.join(phrases)};\n"


def _files_of(model: Path) -> dict[str, str]:
    found = {
        "hmm": next(iter(sorted(model.glob("**/mdef"))), None),
        "dict": next(iter(sorted(model.glob("*.dict"))), None),
        "lm": next(iter(sorted(model.glob("*.lm.bin"))), None),
    }
    missing = [name for name, path in found.items() if path is None]
    if missing:
        raise VoiceError(
            f"The directory {model} is no model of PocketSphinx: it lacks "
            f"{', '.join(missing)}. Expected an acoustic model, a file *.dict and one "
            "*.lm.bin."
        )
    files = {name: str(path) for name, path in found.items()}
    return {**files, "hmm": str(Path(files["hmm"]).parent)}
