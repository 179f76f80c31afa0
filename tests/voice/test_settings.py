"""What `voice.yml` says, and what is missing for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from framework_plugin.errors import SettingsError, VoiceError
from framework_plugin.voice.engines import choice
from framework_plugin.voice.service import VoiceService
from framework_plugin.voice.settings import LimitSettings, VoiceSettings, read_settings


def settings_of(folder: Path, text: str) -> VoiceSettings:
    path = folder / "voice.yml"
    path.write_text(text, encoding="utf-8")
    return read_settings(path)


def test_without_a_file_or_an_engine_there_is_no_voice(tmp_path: Path) -> None:
    service = VoiceService(tmp_path / "voice.yml")
    assert (service.hears, service.speaks) == (False, False)
    for text in ("", "recogniser:\nspeaker:\n", "recogniser: {engine: }"):
        found = settings_of(tmp_path, text)
        assert (found.recogniser.engine, found.speaker.engine) == ("", "")
    bundled = read_settings(Path(__file__).parents[2] / "voice.yml")
    assert bundled == VoiceSettings()


def test_all_that_may_be_set_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VOICE_MODEL", "models/zh")
    found = settings_of(
        tmp_path,
        """
        recogniser: {engine: sherpa-onnx, model: "${VOICE_MODEL}", threads: 2,
          kind: sense-voice, language: zh, phrases: [yes please]}
        speaker: {engine: espeak-ng, voice: cmn, speed: 1.2}
        limits: {seconds: 30, megabytes: 1, waiting: 2, timeout: 5, characters: 100}
        show_words: false
        """,
    )
    assert found.recogniser.model == "models/zh"
    assert found.recogniser.phrases == ("yes please",)
    assert found.speaker.speed == 1.2
    assert found.limits == LimitSettings(30, 1, 2, 5, 100)
    assert found.limits.bytes == 1_000_000
    assert not found.show_words


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[]", "valid ones are recogniser"),
        ("speech: {}", "Unknown key 'speech'"),
        ("recogniser: yes", "'recogniser' is True"),
        ("recogniser: {engine: kaldi}", "'engine' cannot be 'kaldi'"),
        ("recogniser: {motor: x}", "'motor'"),
        ("recogniser: {threads: 0}", "'threads' must be between 1 and 64"),
        ("recogniser: {phrases: hello}", "'phrases' must be a list"),
        ("speaker: {speed: 9}", "'speed' must be between 0.25 and 4.0"),
        ("speaker: {voice: '-w /etc/passwd'}", "espeak-ng --voices"),
        ("limits: {seconds: 0}", "'seconds' must be between"),
        ("limits: {megabytes: 16}", "'megabytes' must be between"),
        ("show_words: maybe", "'show_words' is 'maybe'"),
        ("limits: {seconds: [}", "cannot be read"),
    ],
)
def test_what_is_wrong_is_said_with_the_file(
    tmp_path: Path, text: str, said: str
) -> None:
    with pytest.raises(SettingsError) as refused:
        settings_of(tmp_path, text)
    assert said in str(refused.value)
    assert "voice.yml" in str(refused.value)


@pytest.mark.parametrize(
    ("text", "missing", "said"),
    [
        ("recogniser: {engine: pocketsphinx}", "pocketsphinx", "personal-chat[voice]"),
        ("recogniser: {engine: pocketsphinx}", "av", "personal-chat[voice]"),
        (
            "recogniser: {engine: faster-whisper, model: .}",
            "faster_whisper",
            "personal-chat[whisper]",
        ),
        ("speaker: {engine: sherpa-onnx}", "sherpa_onnx", "personal-chat[voice]"),
    ],
)
def test_a_missing_package_is_said_with_what_brings_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, missing: str, said: str
) -> None:
    there = choice.find_spec
    monkeypatch.setattr(
        choice, "find_spec", lambda name: None if name == missing else there(name)
    )
    with pytest.raises(VoiceError, match="pip install") as refused:
        choice.check(settings_of(tmp_path, text))
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("recogniser: {engine: sherpa-onnx}", "names no 'model'"),
        ("recogniser: {engine: sherpa-onnx, model: none}", "There is no directory"),
        ("speaker: {engine: sherpa-onnx, model: none}", "There is no directory"),
    ],
)
def test_a_missing_model_is_said_with_where_to_read_on(
    tmp_path: Path, text: str, said: str
) -> None:
    pytest.importorskip("sherpa_onnx", reason="sherpa-onnx is not installed")
    with pytest.raises(VoiceError, match=r"docs/voice\.md") as refused:
        choice.check(settings_of(tmp_path, text))
    assert said in str(refused.value)


def test_a_missing_program_is_said_with_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(VoiceError, match="apt-get install espeak-ng"):
        choice.check(settings_of(tmp_path, "speaker: {engine: espeak-ng}"))
