"""The engine that the settings name, or what is missing for it."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from shutil import which

from framework_plugin.errors import VoiceError
from framework_plugin.voice.recogniser import Recogniser
from framework_plugin.voice.settings import VoiceSettings
from framework_plugin.voice.speaker import Speaker

_PACKAGES = {
    "sherpa-onnx": ("sherpa_onnx", "voice"),
    "faster-whisper": ("faster_whisper", "whisper"),
    "pocketsphinx": ("pocketsphinx", "voice"),
}
"""By engine: the module, and the extra of this project that brings it."""


def check(settings: VoiceSettings) -> None:
    """Makes sure that everything that the settings name is there; loads nothing.

    Raises:
        VoiceError: If something is missing; the message says what to install.
    """
    listener, speaker = settings.recogniser, settings.speaker
    if listener.engine:
        _require("av", "voice", "to read recordings")
        _require(*_PACKAGES[listener.engine], f"for the recogniser {listener.engine}")
        if listener.engine != "pocketsphinx" or listener.model:
            _require_folder("recogniser", listener.model, settings.folder)
    if speaker.engine == "espeak-ng":
        _require_program("espeak-ng")
    elif speaker.engine:
        _require(*_PACKAGES[speaker.engine], f"for the speaker {speaker.engine}")
        _require_folder("speaker", speaker.model, settings.folder)


def recogniser_of(settings: VoiceSettings) -> Recogniser:
    """The recogniser, its model loaded.

    Raises:
        VoiceError: If it cannot be made.
    """
    own, folder = settings.recogniser, settings.folder / settings.recogniser.model
    if own.engine == "pocketsphinx":
        from framework_plugin.voice.engines.sphinx import SphinxRecogniser

        return SphinxRecogniser(folder if own.model else None, own.phrases)
    if own.engine == "faster-whisper":
        from framework_plugin.voice.engines.whisper import WhisperRecogniser

        return WhisperRecogniser(folder, own.language, own.threads)
    from framework_plugin.voice.engines.sherpa_recogniser import sherpa_recogniser

    return sherpa_recogniser(folder, own)


def speaker_of(settings: VoiceSettings) -> Speaker:
    """The speaker, its model loaded.

    Raises:
        VoiceError: If it cannot be made.
    """
    own = settings.speaker
    if own.engine == "espeak-ng":
        from framework_plugin.voice.engines.espeak import EspeakSpeaker

        program = _require_program("espeak-ng")
        return EspeakSpeaker(program, own.voice, own.speed, settings.limits.timeout)
    from framework_plugin.voice.engines.sherpa_speaker import SherpaSpeaker

    return SherpaSpeaker(settings.folder / own.model, own)


def _require(module: str, extra: str, why: str) -> None:
    if find_spec(module) is None:
        raise VoiceError(
            f"The package '{module}' is missing, {why}. Install it with: pip install "
            f"'personal-chat[{extra}]'; or take the engine out of voice.yml."
        )


def _require_folder(part: str, name: str, root: Path) -> None:
    if not name:
        raise VoiceError(
            f"'{part}' names no 'model'. Expected the directory of one; docs/voice.md "
            "says which there are and where they are downloaded."
        )
    if not (root / name).is_dir():
        raise VoiceError(
            f"There is no directory {root / name}, which '{part}' names as its model. "
            "docs/voice.md says how models are downloaded."
        )


def _require_program(name: str) -> str:
    found = which(name)
    if found is None:
        raise VoiceError(
            f"The program {name} is missing. Install it (apt-get install {name}), or "
            "take the engine out of voice.yml."
        )
    return found
