"""The file `voice.yml`: who understands speech, who speaks, and how much of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

from framework_plugin.errors import SettingsError
from framework_plugin.settings import require_range, settings_from
from framework_plugin.settings_file import read_settings_file

FILE = "voice.yml"

_KEYS = ("recogniser", "speaker", "limits", "show_words")
_MEGABYTE = 1_000_000

Kind = Literal[
    "",
    "streaming-transducer",
    "streaming-paraformer",
    "transducer",
    "paraformer",
    "sense-voice",
]


@dataclass(frozen=True)
class RecogniserSettings:
    """The key `recogniser`.

    Args:
        engine: Who understands speech; empty for nobody.
        model: The directory of its model; pocketsphinx brings an English one.
        kind: What the model is, for sherpa-onnx; empty to tell it by its files.
        language: Such as `zh`; empty to let the model find out. For
            faster-whisper and SenseVoice models.
        threads: Of the processor, for one utterance.
        phrases: What may be said, for pocketsphinx; everything if there are none.

    Raises:
        SettingsError: If a value is impossible.
    """

    engine: Literal["", "sherpa-onnx", "faster-whisper", "pocketsphinx"] = ""
    model: str = ""
    kind: Kind = ""
    language: str = ""
    threads: int = 1
    phrases: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        require_range("threads", self.threads, 1, 64)


@dataclass(frozen=True)
class SpeakerSettings:
    """The key `speaker`.

    Args:
        engine: Who speaks; empty for nobody.
        model: The directory of the model of sherpa-onnx.
        voice: A voice of espeak-ng, such as `cmn`.
        number: Of the voice in a model of several.
        speed: 1 is as the voice was made; 2 is twice as fast.
        threads: Of the processor.

    Raises:
        SettingsError: If a value is impossible.
    """

    engine: Literal["", "sherpa-onnx", "espeak-ng"] = ""
    model: str = ""
    voice: str = "cmn"
    number: int = 0
    speed: float = 1.0
    threads: int = 1

    def __post_init__(self) -> None:
        require_range("speed", self.speed, 0.25, 4.0)
        require_range("number", self.number, 0)
        require_range("threads", self.threads, 1, 64)
        if not re.fullmatch(r"[A-Za-z][\w+-]{0,40}", self.voice):
            raise SettingsError(
                f"'voice' is '{self.voice}'; expected a voice that `espeak-ng "
                "--voices` lists, such as cmn or en-us."
            )


@dataclass(frozen=True)
class LimitSettings:
    """The key `limits`.

    Args:
        seconds: That an utterance may have.
        megabytes: That its file may have.
        waiting: Utterances that may wait while another one is understood.
        timeout: Seconds that understanding or speaking one may take.
        characters: Of a reply that are spoken.

    Raises:
        SettingsError: If a value is impossible.
    """

    seconds: float = 60.0
    megabytes: float = 4.0
    waiting: int = 8
    timeout: float = 30.0
    characters: int = 300

    def __post_init__(self) -> None:
        require_range("seconds", self.seconds, 1.0, 600.0)
        require_range("megabytes", self.megabytes, 0.05, 15.0)
        require_range("waiting", self.waiting, 0, 1_000)
        require_range("timeout", self.timeout, 1.0, 600.0)
        require_range("characters", self.characters, 1, 2_000)

    @property
    def bytes(self) -> int:
        """That a file may have."""
        return round(self.megabytes * _MEGABYTE)


@dataclass(frozen=True)
class VoiceSettings:
    """What `voice.yml` says.

    Args:
        recogniser: Who understands speech.
        speaker: Who speaks.
        limits: How much of it.
        show_words: Whether messengers tell the user what was understood.
        folder: That relative paths are seen from.
    """

    recogniser: RecogniserSettings = RecogniserSettings()
    speaker: SpeakerSettings = SpeakerSettings()
    limits: LimitSettings = LimitSettings()
    show_words: bool = True
    folder: Path = field(default=Path(), compare=False)


def read_settings(path: Path) -> VoiceSettings:
    """The settings of a file; those of no engine if there is no file.

    Raises:
        SettingsError: If it cannot be used; the message says why.
    """
    if not path.is_file():
        return VoiceSettings()
    return read_settings_file(
        path, _KEYS, "docs/voice.md", partial(_settings, path.parent)
    )


def _settings(folder: Path, content: Mapping[str, Any]) -> VoiceSettings:
    show_words = content.get("show_words", True)
    if not isinstance(show_words, bool):
        raise SettingsError(f"'show_words' is {show_words!r}; expected true or false.")
    recogniser = _part(content, "recogniser")
    phrases = _phrases(recogniser.pop("phrases", []))
    return VoiceSettings(
        replace(settings_from(RecogniserSettings, recogniser), phrases=phrases),
        settings_from(SpeakerSettings, _part(content, "speaker")),
        settings_from(LimitSettings, _part(content, "limits")),
        show_words,
        folder,
    )


def _part(content: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A part; what is empty in it takes its default."""
    part = content.get(name)
    if part is None:
        return {}
    if not isinstance(part, Mapping):
        raise SettingsError(f"'{name}' is {part!r}; expected keys below it.")
    return {str(k): v for k, v in part.items() if v is not None}


def _phrases(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise SettingsError("'phrases' must be a list of what may be said.")
    return tuple(value)
