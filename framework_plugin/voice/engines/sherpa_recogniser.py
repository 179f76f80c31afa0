"""sherpa-onnx: transducers, Paraformer and SenseVoice, streaming or not."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from framework_plugin.voice.audio import RATE, Audio, Samples
from framework_plugin.voice.engines.sherpa_model import kind_of, needed
from framework_plugin.voice.recogniser import Recogniser, Transcript, tidy
from framework_plugin.voice.settings import RecogniserSettings

_TAIL = np.zeros(RATE // 2, np.float32)
"""Silence behind the last word, so that a streaming model gives it out."""


def sherpa_recogniser(folder: Path, settings: RecogniserSettings) -> Recogniser:
    """A recogniser of sherpa-onnx.

    Args:
        folder: Of the model.
        settings: What else is set of it.

    Raises:
        VoiceError: If the directory does not hold what its kind needs.
    """
    from sherpa_onnx import OfflineRecognizer, OnlineRecognizer

    kind = settings.kind or kind_of(folder)
    shared = {
        "tokens": needed(folder, "tokens.txt"),
        "num_threads": settings.threads,
    }
    if kind == "streaming-transducer":
        parts = _transducer(folder)
        return StreamingRecogniser(OnlineRecognizer.from_transducer(**parts, **shared))
    if kind == "transducer":
        parts = _transducer(folder)
        return WholeRecogniser(OfflineRecognizer.from_transducer(**parts, **shared))
    if kind == "streaming-paraformer":
        parts = {
            "encoder": needed(folder, "encoder*.int8.onnx", "encoder*.onnx"),
            "decoder": needed(folder, "decoder*.int8.onnx", "decoder*.onnx"),
        }
        return StreamingRecogniser(OnlineRecognizer.from_paraformer(**parts, **shared))
    model = needed(folder, "model*.int8.onnx", "model*.onnx")
    if kind == "paraformer":
        return WholeRecogniser(OfflineRecognizer.from_paraformer(model, **shared))
    return WholeRecogniser(
        OfflineRecognizer.from_sense_voice(
            model, language=settings.language, use_itn=True, **shared
        )
    )


class StreamingRecogniser:
    """Understands with a model that hears sound as it comes.

    Args:
        engine: An `OnlineRecognizer`.
    """

    def __init__(self, engine: Any) -> None:
        self._engine = engine

    def recognise(self, speech: Audio) -> Transcript:
        """See `Recogniser`."""
        stream = self._engine.create_stream()
        stream.accept_waveform(RATE, speech.samples)
        stream.accept_waveform(RATE, _TAIL)
        stream.input_finished()
        while self._engine.is_ready(stream):
            self._engine.decode_stream(stream)
        found = self._engine.get_result_all(stream)
        return Transcript(tidy(found.text), _confidence(found.ys_probs))

    def listen(self) -> StreamListening:
        """See `StreamRecogniser`."""
        return StreamListening(self._engine)


class StreamListening:
    """One utterance, heard as it comes.

    Args:
        engine: An `OnlineRecognizer`.
    """

    def __init__(self, engine: Any) -> None:
        self._engine = engine
        self._stream = engine.create_stream()

    def hear(self, samples: Samples) -> str:
        """See `Listening`."""
        self._stream.accept_waveform(RATE, samples)
        while self._engine.is_ready(self._stream):
            self._engine.decode_stream(self._stream)
        return tidy(self._engine.get_result_all(self._stream).text)


class WholeRecogniser:
    """Understands with a model that wants all of the sound at once.

    Args:
        engine: An `OfflineRecognizer`.
    """

    def __init__(self, engine: Any) -> None:
        self._engine = engine

    def recognise(self, speech: Audio) -> Transcript:
        """See `Recogniser`."""
        stream = self._engine.create_stream()
        stream.accept_waveform(RATE, speech.samples)
        self._engine.decode_stream(stream)
        # Not every kind of model tells how sure it was.
        sure = getattr(stream.result, "ys_log_probs", ())
        return Transcript(tidy(stream.result.text), _confidence(sure))


def _transducer(folder: Path) -> dict[str, str]:
    # The decoder is small, and in int8 no faster.
    return {
        "encoder": needed(folder, "encoder*.int8.onnx", "encoder*.onnx"),
        "decoder": needed(folder, "decoder*[!8].onnx", "decoder*.onnx"),
        "joiner": needed(folder, "joiner*.int8.onnx", "joiner*.onnx"),
    }


def _confidence(log_probabilities: Sequence[float]) -> float | None:
    """The mean probability of the signs, as their geometric mean."""
    if not len(log_probabilities):
        return None
    mean = sum(log_probabilities) / len(log_probabilities)
    return round(min(1.0, math.exp(mean)), 3)
