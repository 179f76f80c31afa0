"""sherpa-onnx as a speaker: VITS, Matcha and Kokoro models."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from framework_plugin.errors import VoiceError
from framework_plugin.voice.engines.sherpa_model import needed, one_of
from framework_plugin.voice.settings import SpeakerSettings
from framework_plugin.voice.speaker import Sound


class SherpaSpeaker:
    """Speaks with a model of sherpa-onnx.

    Args:
        folder: Of the model, as it was unpacked; the vocoder of a Matcha model is put
            into it.
        settings: What else is set of it.

    Raises:
        VoiceError: If the directory does not hold what a model needs.
    """

    def __init__(self, folder: Path, settings: SpeakerSettings) -> None:
        from sherpa_onnx import OfflineTts, OfflineTtsConfig, OfflineTtsModelConfig

        model = OfflineTtsModelConfig(**_model_of(folder), num_threads=settings.threads)
        rules = ",".join(str(path) for path in sorted(folder.glob("*.fst"), key=_turn))
        config = OfflineTtsConfig(model=model, rule_fsts=rules)
        if not config.validate():
            raise VoiceError(
                f"sherpa-onnx does not take the model in {folder}. Expected a "
                "directory as it is unpacked; see docs/voice.md."
            )
        self._engine = OfflineTts(config)
        self._number, self._speed = settings.number, settings.speed

    def speak(self, text: str) -> Sound:
        """See `Speaker`."""
        made = self._engine.generate(text, sid=self._number, speed=self._speed)
        samples = np.clip(np.asarray(made.samples, np.float32), -1, 1)
        return Sound((samples * 32_767).astype(np.int16), int(made.sample_rate))


def _turn(rule: Path) -> int:
    """When a rule has its turn: what is a phone number or a day is no other number."""
    order = ("phone", "date", "number")
    return order.index(rule.stem) if rule.stem in order else len(order)


def _model_of(folder: Path) -> dict[str, Any]:
    """The part of the configuration that is of the model's kind."""
    import sherpa_onnx as sherpa

    data = folder / "espeak-ng-data"
    shared = {
        "tokens": needed(folder, "tokens.txt"),
        "lexicon": ",".join(str(path) for path in sorted(folder.glob("lexicon*.txt"))),
        "data_dir": str(data) if data.is_dir() else "",
    }
    if voices := one_of(folder, "voices.bin"):
        model = needed(folder, "model*.onnx")
        return {"kokoro": sherpa.OfflineTtsKokoroModelConfig(model, voices, **shared)}
    if acoustic := one_of(folder, "model-steps-*.onnx"):
        vocoder = needed(folder, "vocos*.onnx", "hifigan*.onnx")
        return {
            "matcha": sherpa.OfflineTtsMatchaModelConfig(acoustic, vocoder, **shared)
        }
    model = needed(folder, "model.onnx", "*.onnx")
    return {"vits": sherpa.OfflineTtsVitsModelConfig(model, **shared)}
