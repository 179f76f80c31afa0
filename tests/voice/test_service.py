"""Hearing and speaking in processes of their own: real engines, real speech."""

from __future__ import annotations

import asyncio
import os
import signal
import time
import wave
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path

import pytest

from framework_plugin.voice.audio import Audio
from framework_plugin.voice.process import VoiceProcess
from framework_plugin.voice.service import VoiceService
from framework_plugin.voice.speaker import said_aloud
from framework_plugin.voice.trouble import NotHeard, Trouble
from tests.voice.conftest import FREE
from tests.voice.recordings import WORDS, noise, silence, written

pytestmark = pytest.mark.slow


@pytest.fixture
async def service(settings: Path) -> AsyncIterator[VoiceService]:
    made = VoiceService(settings)
    yield made
    await made.close()


def limited(settings: Path, limits: str) -> VoiceService:
    settings.write_text(f"{settings.read_text()}\nlimits: {limits}\n")
    return VoiceService(settings)


async def trouble_of(service: VoiceService, data: bytes) -> Trouble:
    with pytest.raises(NotHeard) as refused:
        await service.hear(data)
    return refused.value.trouble


def process_of(service: VoiceService) -> VoiceProcess:
    return service._hearing._process


async def test_speech_becomes_words_in_any_container(
    service: VoiceService, speech: Audio
) -> None:
    for name in ("WAV", "WebM", "Ogg/Opus", "MP4"):
        heard = await service.hear(written(speech.samples, name))
        assert heard.text == WORDS
        assert heard.confidence is not None
        assert 0 < heard.confidence <= 1
        assert heard.seconds == pytest.approx(speech.seconds, abs=0.15)
    for data, trouble in (
        (written(silence(2), "WAV"), Trouble.SILENT),
        (written(noise(2, 0.05), "WAV"), Trouble.SILENT),
        (b"nothing of the kind", Trouble.UNREADABLE),
        (written(silence(61), "FLAC"), Trouble.TOO_LONG),
        (bytes(4_000_001), Trouble.TOO_LONG),
    ):
        assert await trouble_of(service, data) is trouble
    assert (await service.hear(written(speech.samples, "FLAC"))).text == WORDS


async def test_a_reply_is_spoken_and_understood_again(service: VoiceService) -> None:
    sound = await service.speak(f"**{WORDS}** https://shop.example/a 🍵")
    with wave.open(BytesIO(sound)) as opened:
        assert opened.getnchannels() == 1
        assert 0.8 < opened.getnframes() / opened.getframerate() < 3
    assert (await service.hear(sound)).text == WORDS
    # No text is an option of the program, or a command.
    for text in ("-w /tmp/x", "; rm x", "$(rm x)", "--version"):
        assert (await service.speak(text))[:4] == b"RIFF"
    with pytest.raises(NotHeard) as refused:
        await service.speak(" ** 🍵 ")
    assert refused.value.trouble is Trouble.SILENT


async def test_who_begins_to_speak_has_the_engine_loaded(
    settings: Path, recording: bytes
) -> None:
    service = limited(settings, "{waiting: 0}")
    service.wake()
    service.wake()
    # It takes no place in the queue.
    hearing = asyncio.ensure_future(service.hear(recording))
    await asyncio.sleep(0.2)
    first = process_of(service).id
    assert first
    assert (await hearing).text == WORDS
    assert process_of(service).id == first
    await service.close()
    service.wake()
    assert process_of(service).id is None


async def test_others_go_on_while_somebody_is_heard(
    settings: Path, recording: bytes
) -> None:
    settings.write_text(FREE)
    service = VoiceService(settings)
    await service.hear(recording)
    ticks, hearing = 0, asyncio.ensure_future(service.hear(recording))
    began = time.monotonic()
    while not hearing.done():
        await asyncio.sleep(0.01)
        ticks += 1
    # A loop that waits for the engine would tick once.
    assert ticks > 0.2 * (time.monotonic() - began) / 0.01
    assert process_of(service).id != os.getpid()
    await service.close()


async def test_a_process_that_dies_is_replaced(
    settings: Path, recording: bytes
) -> None:
    settings.write_text(FREE)
    service = VoiceService(settings)
    assert (await service.hear(recording)).text == WORDS
    first = process_of(service).id
    assert first
    os.kill(first, signal.SIGKILL)
    await asyncio.sleep(0.2)
    assert (await service.hear(recording)).text == WORDS
    second = process_of(service).id
    assert second not in (None, first)
    # One that dies in the middle loses that utterance, and says so.
    hearing = asyncio.ensure_future(service.hear(recording))
    await asyncio.sleep(0.1)
    os.kill(second, signal.SIGKILL)
    with pytest.raises(NotHeard) as refused:
        await hearing
    assert refused.value.trouble is Trouble.BROKEN
    assert (await service.hear(recording)).text == WORDS
    await service.close()


async def test_what_takes_too_long_is_ended(settings: Path, recording: bytes) -> None:
    service = limited(settings, "{timeout: 5}")
    await service.hear(recording)
    stuck = process_of(service).id
    assert stuck
    os.kill(stuck, signal.SIGSTOP)
    assert await trouble_of(service, recording) is Trouble.SLOW
    assert (await service.hear(recording)).text == WORDS
    with pytest.raises(ProcessLookupError):
        os.kill(stuck, 0)
    await service.close()


async def test_who_comes_when_the_queue_is_full_is_told_at_once(
    settings: Path, recording: bytes
) -> None:
    service = limited(settings, "{waiting: 1}")
    heard = [asyncio.ensure_future(service.hear(recording)) for _ in range(2)]
    await asyncio.sleep(0)
    began = time.monotonic()
    assert await trouble_of(service, recording) is Trouble.BUSY
    assert time.monotonic() - began < 0.2
    assert [one.text for one in await asyncio.gather(*heard)] == [WORDS, WORDS]
    assert (await service.hear(recording)).text == WORDS
    await service.close()


async def test_who_does_not_wait_gives_the_place_back(
    settings: Path, recording: bytes
) -> None:
    service = limited(settings, "{waiting: 0}")
    leaving = asyncio.ensure_future(service.hear(recording))
    await asyncio.sleep(0.05)
    leaving.cancel()
    deadline = time.monotonic() + 60
    while service._hearing._inside:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)
    assert (await service.hear(recording)).text == WORDS
    await service.close()


async def test_an_engine_that_cannot_start_is_named(
    tmp_path: Path, recording: bytes
) -> None:
    pytest.importorskip("sherpa_onnx", reason="sherpa-onnx is not installed")
    model = tmp_path / "sherpa-onnx-streaming-zipformer"
    model.mkdir()
    path = tmp_path / "voice.yml"
    path.write_text(f"recogniser: {{engine: sherpa-onnx, model: {model.name}}}")
    service = VoiceService(path)
    for files, said in (
        ((), "do not tell what kind"),
        (("joiner.onnx",), "no file tokens.txt"),
        (("tokens.txt", "encoder.onnx", "decoder.onnx"), "cannot be started"),
    ):
        for name in files:
            (model / name).write_bytes(b"nonsense")
        with pytest.raises(NotHeard, match=said) as refused:
            await service.hear(recording)
        assert refused.value.trouble is Trouble.BROKEN
    await service.close()


async def test_the_process_ends_with_its_server(settings: Path, speech: Audio) -> None:
    service = VoiceService(settings)
    await service.hear(written(speech.samples, "WAV"))
    running = process_of(service).id
    assert running
    await service.close()
    with pytest.raises(ProcessLookupError):
        os.kill(running, 0)
    assert await trouble_of(service, written(speech.samples, "WAV")) is Trouble.BROKEN


def test_of_a_reply_only_words_are_spoken() -> None:
    said = "**满68元**包邮，看[运费](https://shop.example/y)。\n- 一 🍵\n- `二`"
    assert said_aloud(said, 300) == "满68元包邮，看运费。\n一 \n二"
    assert said_aloud("第一句。第二句！第三句很长很长", 10) == "第一句。第二句！"
    assert said_aloud("没有句号的一长串话", 4) == "没有句号"


async def test_a_server_that_stops_waits_for_no_engine(
    settings: Path, recording: bytes
) -> None:
    settings.write_text(FREE)
    service = VoiceService(settings)
    await service.hear(recording)
    running = process_of(service).id
    assert running
    os.kill(running, signal.SIGSTOP)
    hearing = asyncio.ensure_future(service.hear(recording))
    await asyncio.sleep(0.1)
    began = time.monotonic()
    await service.close()
    assert time.monotonic() - began < 5
    with pytest.raises(NotHeard) as refused:
        await hearing
    assert refused.value.trouble is Trouble.BROKEN
    with pytest.raises(ProcessLookupError):
        os.kill(running, 0)


async def test_the_process_learns_no_secret_of_the_server(
    settings: Path, speech: Audio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_PASSWORD", "secret")
    monkeypatch.setenv("VOICE_ENGINE", "pocketsphinx")
    settings.write_text('recogniser: {engine: "${VOICE_ENGINE}"}')
    service = VoiceService(settings)
    assert (await service.hear(written(speech.samples, "WAV"))).text == WORDS
    environment = Path(f"/proc/{process_of(service).id}/environ").read_bytes()
    assert b"VOICE_ENGINE" in environment
    assert b"secret" not in environment
    await service.close()
