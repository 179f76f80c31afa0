"""The engines themselves, with tiny models in their own formats."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from framework_plugin.errors import VoiceError
from framework_plugin.voice.activity import spans_of, speech_of
from framework_plugin.voice.audio import Audio, decoded
from framework_plugin.voice.engines.choice import recogniser_of, speaker_of
from framework_plugin.voice.engines.sherpa_model import kind_of
from framework_plugin.voice.engines.sphinx import SphinxRecogniser
from framework_plugin.voice.recogniser import tidy
from framework_plugin.voice.settings import (
    RecogniserSettings,
    SpeakerSettings,
    VoiceSettings,
)
from tests.voice.recordings import WORDS, noise, written
from tests.voice.small_models import sense_voice, transducer, vits

SOMETHING = Audio(noise(2, 0.1))


def settings_of(folder: Path, language: str = "") -> VoiceSettings:
    own = RecogniserSettings("sherpa-onnx", folder.name, language=language)
    return VoiceSettings(own, folder=folder.parent)


@pytest.fixture(autouse=True)
def sherpa() -> None:
    pytest.importorskip("sherpa_onnx", reason="sherpa-onnx is not installed")


def test_a_streaming_transducer_is_heard_to_its_end(tmp_path: Path) -> None:
    folder = tmp_path / "sherpa-onnx-streaming-zipformer-zh"
    transducer(folder)
    recogniser = recogniser_of(settings_of(folder))
    for _ in range(2):
        heard = recogniser.recognise(SOMETHING)
        assert heard.text == "你好"
        assert heard.confidence is not None
        assert 0.9 < heard.confidence <= 1


def test_a_sense_voice_model_is_told_the_language(tmp_path: Path) -> None:
    folder = tmp_path / "sherpa-onnx-sense-voice-zh-en"
    sense_voice(folder)
    for language, said in (("zh", "你好"), ("en", "hi")):
        recogniser = recogniser_of(settings_of(folder, language))
        assert recogniser.recognise(SOMETHING).text == said


def test_a_vits_model_speaks(tmp_path: Path) -> None:
    folder = tmp_path / "vits-zh"
    vits(folder)
    own = SpeakerSettings("sherpa-onnx", folder.name)
    sound = speaker_of(VoiceSettings(speaker=own, folder=tmp_path)).speak("你好。")
    assert (sound.rate, len(sound.samples)) == (16_000, 16_000)
    assert 10_000 < np.abs(sound.samples).max() < 20_000


def test_the_kind_of_a_model_is_told_by_its_files_and_name(tmp_path: Path) -> None:
    for name, files, kind in (
        ("a-streaming-zipformer", "encoder-1.onnx joiner-1.onnx", "transducer"),
        ("a-zipformer", "encoder-1.onnx joiner-1.onnx", "transducer"),
        ("a-streaming-paraformer", "encoder.onnx decoder.onnx", "paraformer"),
        ("a-paraformer-zh", "model.int8.onnx", "paraformer"),
        ("a-sense-voice", "model.onnx", "sense-voice"),
    ):
        folder = tmp_path / name
        folder.mkdir()
        for file in files.split():
            (folder / file).touch()
        streaming = "streaming-" if "streaming" in name else ""
        assert kind_of(folder) == streaming + kind
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "model.onnx").touch()
    with pytest.raises(VoiceError, match="say 'kind' in"):
        kind_of(tmp_path / "mine")


def test_a_whisper_directory_is_never_fetched(tmp_path: Path) -> None:
    pytest.importorskip("faster_whisper", reason="faster-whisper is not installed")
    own = RecogniserSettings("faster-whisper", "tiny")
    (tmp_path / "tiny").mkdir()
    with pytest.raises(VoiceError, match=r"lacks model\.bin, config\.json"):
        recogniser_of(VoiceSettings(own, folder=tmp_path))


def test_a_whisper_model_is_understood_without_any_download(tmp_path: Path) -> None:
    pytest.importorskip("faster_whisper", reason="faster-whisper is not installed")
    from tests.voice.small_whisper import whisper

    whisper(tmp_path / "tiny")
    own = RecogniserSettings("faster-whisper", "tiny")
    recogniser = recogniser_of(VoiceSettings(own, folder=tmp_path))
    for _ in range(2):
        heard = recogniser.recognise(SOMETHING)
        assert heard.text == "hi"
        assert heard.confidence is not None
        assert 0.9 < heard.confidence <= 1


def test_pocketsphinx_understands_and_hears_everybody_afresh(speech: Audio) -> None:
    pytest.importorskip("pocketsphinx", reason="pocketsphinx is not installed")
    recogniser = SphinxRecogniser(None)
    first = recogniser.recognise(speech)
    assert first.text == WORDS
    recogniser.recognise(SOMETHING)
    assert recogniser.recognise(speech) == first


@pytest.mark.parametrize("name", ["WebM", "AMR"])
def test_pocketsphinx_understands_what_users_send(speech: Audio, name: str) -> None:
    pytest.importorskip("pocketsphinx", reason="pocketsphinx is not installed")
    sent = decoded(written(speech.samples, name), 60)
    said = SphinxRecogniser(None).recognise(speech_of(sent, spans_of(sent)))
    assert said.text == WORDS


def test_pocketsphinx_keeps_to_the_phrases_that_may_be_said(speech: Audio) -> None:
    pytest.importorskip("pocketsphinx", reason="pocketsphinx is not installed")
    recogniser = SphinxRecogniser(None, ("hello there", WORDS, "good bye"))
    assert recogniser.recognise(speech).text == WORDS


@pytest.mark.parametrize("phrases", [("你好",), ("good | bye",), ("qwrtzpsdf",)])
def test_phrases_that_it_cannot_know_are_refused(phrases: tuple[str, ...]) -> None:
    pytest.importorskip("pocketsphinx", reason="pocketsphinx is not installed")
    with pytest.raises(VoiceError, match="must be in its dictionary"):
        SphinxRecogniser(None, phrases)


def test_words_are_written_as_people_write_them() -> None:
    assert tidy(" 我 想 买 iPhone 手机 ") == "我想买iPhone手机"
    assert tidy("<|zh|><|NEUTRAL|> 你 好 ， world") == "你好，world"
    assert tidy("where  is it </s>") == "where is it"
