"""The words of what is being said, while it is said: real engines, real speech."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from framework_plugin.voice.audio import Audio, Samples
from framework_plugin.voice.engines.choice import recogniser_of
from framework_plugin.voice.live import LiveHearing, StreamRecogniser
from framework_plugin.voice.recogniser import Transcript
from framework_plugin.voice.service import VoiceService
from framework_plugin.voice.settings import (
    RecogniserSettings,
    VoiceSettings,
    read_settings,
)
from framework_plugin.voice.trouble import NotHeard, Trouble
from tests.voice.recordings import WORDS, noise, silence, written
from tests.voice.small_models import transducer


@pytest.fixture
async def service(settings: Path) -> AsyncIterator[VoiceService]:
    made = VoiceService(settings)
    yield made
    await made.close()


class Counting:
    """A recogniser that hears sound as it comes; its words tell how much came."""

    def recognise(self, speech: Audio) -> Transcript:
        raise AssertionError("it is to hear what is new alone")

    def listen(self) -> Counting:
        made = Counting()
        made.came = []
        return made

    def hear(self, samples: Samples) -> str:
        self.came.append(len(samples))
        return "+".join(map(str, self.came))


def test_an_engine_that_hears_sound_as_it_comes_gets_only_what_is_new() -> None:
    live = LiveHearing(Counting())
    for utterance in ("one", "two"):
        for count, words in ((10, "10"), (25, "10+15"), (25, "10+15"), (30, "10+15+5")):
            assert live.words(utterance, Audio(silence(1)[:count])) == words
    assert live.words("one", Audio(silence(1)[:31])) == "10+15+5+1"


def test_a_streaming_transducer_tells_its_words_before_the_end(tmp_path: Path) -> None:
    pytest.importorskip("sherpa_onnx", reason="sherpa-onnx is not installed")
    folder = tmp_path / "sherpa-onnx-streaming-zipformer-zh"
    transducer(folder)
    own = RecogniserSettings("sherpa-onnx", folder.name)
    recogniser = recogniser_of(VoiceSettings(own, folder=tmp_path))
    assert isinstance(recogniser, StreamRecogniser)
    live = LiveHearing(recogniser)
    sound = noise(2, 0.1)
    told = [live.words("one", Audio(sound[:end])) for end in (100, 8_000, 32_000)]
    assert told == ["", told[1], "你好"]
    assert recogniser.recognise(Audio(sound)).text == "你好"


def test_any_other_engine_hears_what_was_said_so_far(
    settings: Path, speech: Audio
) -> None:
    live = LiveHearing(recogniser_of(read_settings(settings)))
    whole = np.concatenate((silence(0.5), speech.samples))
    assert live.words("one", Audio(whole[:7_000])) == ""
    assert live.words("one", Audio(whole)) == WORDS


@pytest.mark.slow
async def test_a_recording_that_grows_is_heard_from_its_parts(
    service: VoiceService, speech: Audio
) -> None:
    said = np.concatenate((silence(0.3), speech.samples, silence(0.5)))
    for name in ("WebM", "Ogg/Opus", "MP4, as Safari sends it"):
        whole = written(said, name)
        told = []
        # Wherever it is cut off: what is there is read, or waited for.
        for share in (0.01, 0.3, 0.61, 0.97, 1.0):
            data = whole[: round(share * len(whole))]
            heard = await service.hear_so_far(f"{name} {share}", data)
            told.append(heard.text if heard else None)
        assert told[0] is None
        assert told[-1] == WORDS
        assert None not in told[2:], (name, told)


@pytest.mark.slow
async def test_whole_recordings_go_first_and_limits_hold(
    service: VoiceService, speech: Audio
) -> None:
    data = written(speech.samples, "WebM")
    whole = asyncio.ensure_future(service.hear(data))
    await asyncio.sleep(0)
    assert await service.hear_so_far("one", data) is None
    assert (await whole).text == WORDS
    heard = await service.hear_so_far("one", data)
    assert heard is not None
    assert heard.text == WORDS
    long = written(silence(61), "FLAC")
    for too_much in (long, bytes(4_000_001)):
        with pytest.raises(NotHeard) as refused:
            await service.hear_so_far("two", too_much)
        assert refused.value.trouble is Trouble.TOO_LONG
