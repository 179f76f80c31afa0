"""faster-whisper: Whisper models in CTranslate2's format."""

from __future__ import annotations

import math
from pathlib import Path

from framework_plugin.errors import VoiceError
from framework_plugin.voice.audio import Audio
from framework_plugin.voice.recogniser import Transcript, tidy

_NEEDED = ("model.bin", "config.json", "tokenizer.json")


class WhisperRecogniser:
    """Understands with Whisper.

    Args:
        model: A directory with `model.bin`, `config.json` and `tokenizer.json`.
        language: Such as `zh`; empty to let the model find out.
        threads: Of the processor.

    Raises:
        VoiceError: If the directory is no such model.
    """

    def __init__(self, model: Path, language: str, threads: int) -> None:
        # Nothing may be fetched: what is missing is said instead.
        if missing := [name for name in _NEEDED if not (model / name).is_file()]:
            raise VoiceError(
                f"The directory {model} is no model of faster-whisper: it lacks "
                f"{', '.join(missing)}. docs/voice.md says how one is downloaded."
            )
        from faster_whisper import WhisperModel

        self._language = language or None
        try:
            self._model = WhisperModel(
                str(model),
                device="cpu",
                compute_type="int8",
                cpu_threads=threads,
                local_files_only=True,
            )
        except (RuntimeError, ValueError) as error:
            raise VoiceError(
                f"The model in {model} cannot be loaded: {error}"
            ) from error

    def recognise(self, speech: Audio) -> Transcript:
        """See `Recogniser`."""
        segments, _ = self._model.transcribe(
            speech.samples,
            language=self._language,
            beam_size=5,
            condition_on_previous_text=False,
        )
        parts = list(segments)
        text = tidy(" ".join(part.text for part in parts))
        length = sum(part.end - part.start for part in parts)
        if not text or not length:
            return Transcript(text)
        # Of its tokens, each segment weighed by its length.
        mean = sum(p.avg_logprob * (p.end - p.start) for p in parts) / length
        return Transcript(text, round(min(1.0, math.exp(mean)), 3))
