"""What speech costs: an utterance of five seconds but for its recognition; engines.

The utterance is made with espeak-ng, put into the containers that users send, and
posted to the chat page of a real server on loopback. Of each request the time of the
engine itself is taken off: what is left is the way through HTTP, the voice process,
decoding and voice activity. Then each engine at hand is timed on the same utterance,
and a reply is spoken. Run it from the project's root:

    python benchmarks/voice.py [--rounds 30] [--settings voice.yml]

`--settings` adds the engines of that file. Needs espeak-ng and personal-chat[voice].
"""

from __future__ import annotations

import argparse
import asyncio
import io
import socket
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from http.client import HTTPConnection
from pathlib import Path
from unittest import mock

import av
import numpy as np
from rasa.core.channels.channel import register
from sanic import Sanic

from framework_plugin.components.channels.web import WebChat
from framework_plugin.components.channels.web_visitor import VisitorCookies
from framework_plugin.voice.activity import spans_of, speech_of
from framework_plugin.voice.audio import RATE, Audio, decoded
from framework_plugin.voice.engines.choice import recogniser_of, speaker_of
from framework_plugin.voice.engines.sphinx import SphinxRecogniser
from framework_plugin.voice.recogniser import Recogniser
from framework_plugin.voice.service import Heard, VoiceService
from framework_plugin.voice.settings import SpeakerSettings, VoiceSettings

SECRET = "of this benchmark alone"
SAID = "how are you today. thank you very much. what time is it now. hello. good bye"
PHRASES = ("how are you today", "thank you very much", "what time is it now", "hello")
REPLY = "订单不满六十八元收八元运费，满六十八元就为您包邮。"
CONTAINERS = {
    "WebM/Opus, as Chromium sends it": ("webm", "libopus", 48_000),
    "AMR, as WeChat sends it": ("amr", "libopencore_amrnb", 8_000),
    "Ogg/Opus, as Feishu sends it": ("ogg", "libopus", 48_000),
    "WAV": ("wav", "pcm_s16le", RATE),
}
SETTINGS = """
recogniser: {engine: pocketsphinx, phrases: [how are you today]}
limits: {timeout: 120, waiting: 4}
"""


def utterance() -> Audio:
    """Five seconds of speech."""
    own = SpeakerSettings("espeak-ng", voice="en-us+klatt4")
    sound = speaker_of(VoiceSettings(speaker=own)).speak(SAID)
    whole = decoded(sound.as_wav(), 60).samples
    return Audio(np.resize(whole, 5 * RATE))


def packed(audio: Audio, container: str, codec: str, rate: int) -> bytes:
    """The utterance as a file."""
    whole = (np.clip(audio.samples, -1, 1) * 32_767).astype(np.int16)[np.newaxis]
    frame = av.AudioFrame.from_ndarray(whole, format="s16", layout="mono")
    frame.sample_rate, frame.pts, frame.time_base = RATE, 0, Fraction(1, RATE)
    file = io.BytesIO()
    with av.open(file, "w", format=container) as opened:
        stream = opened.add_stream(codec, rate=rate, layout="mono")
        if codec == "libopencore_amrnb":
            stream.bit_rate = 12_200
        size = stream.codec_context.frame_size or 0
        resampler = av.AudioResampler(stream.format, "mono", rate, size)
        for piece in (*resampler.resample(frame), *resampler.resample(None)):
            opened.mux(stream.encode(piece))
        opened.mux(stream.encode(None))
    return file.getvalue()


@contextmanager
def server(folder: Path) -> Iterator[int]:
    """The port of a chat page with a recogniser."""
    (folder / "voice.yml").write_text(SETTINGS, encoding="utf-8")
    where = "framework_plugin.components.channels.hearing.FILE"
    with mock.patch(where, str(folder / "voice.yml")):
        keys = {"secret": SECRET, "messages_per_minute": 1_000}
        channel = WebChat.from_credentials(keys)
    app = Sanic("voice_benchmark")
    register([channel], app, route="/webhooks/")
    started, loops = threading.Event(), []

    @app.after_server_start
    async def note(_: Sanic, loop: asyncio.AbstractEventLoop) -> None:
        loops.append(loop)
        started.set()

    listening = socket.create_server(("127.0.0.1", 0))

    def run() -> None:
        asyncio.set_event_loop(asyncio.new_event_loop())
        app.run(sock=listening, register_sys_signals=False, access_log=False)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    started.wait(20)
    yield listening.getsockname()[1]
    loops[0].call_soon_threadsafe(app.stop)
    thread.join(20)


def way(port: int, data: bytes, engine_took: list[float]) -> float:
    """Seconds of a request, without those of the engine."""
    # A new visitor each time: one alone may not speak as often.
    cookies = VisitorCookies(SECRET.encode())
    visitor = cookies.newcomer(framed=False)
    cookie = cookies.header(visitor, path="/chat", https=False).partition(";")[0]
    connection = HTTPConnection("127.0.0.1", port)
    headers = {
        "Content-Type": "audio/webm",
        "Cookie": cookie,
        "Origin": f"http://127.0.0.1:{port}",
    }
    engine_took.clear()
    began = time.perf_counter()
    connection.request("POST", "/chat/api/voice", data, headers)
    answer = connection.getresponse()
    answer.read()
    took = time.perf_counter() - began
    assert answer.status == 200, answer.status
    return took - engine_took[0]


def measure_way(audio: Audio, rounds: int) -> None:
    """Prints what an utterance costs beside its recognition."""
    engine_took: list[float] = []
    hear = VoiceService.hear

    async def noting(service: VoiceService, data: bytes) -> Heard:
        heard = await hear(service, data)
        engine_took.append(heard.took)
        return heard

    files = {name: packed(audio, *how) for name, how in CONTAINERS.items()}
    with (
        tempfile.TemporaryDirectory() as folder,
        mock.patch.object(VoiceService, "hear", noting),
        server(Path(folder)) as port,
    ):
        times: dict[str, list[float]] = {name: [] for name in files}
        for data in files.values():
            way(port, data, engine_took)
        for _ in range(rounds):
            for name, data in files.items():
                times[name].append(way(port, data, engine_took))
    print(
        f"{audio.seconds:g} s utterance over HTTP, without recognition, milliseconds:"
    )
    for name, found in times.items():
        found.sort()
        p95 = found[min(len(found) - 1, round(0.95 * len(found)))]
        size = len(files[name]) / 1000
        print(
            f"  {name} ({size:.0f} kB): median {1e3 * statistics.median(found):.1f}, "
            f"95 % {1e3 * p95:.1f}"
        )


def measure_recogniser(name: str, made: Callable[[], Recogniser], audio: Audio) -> None:
    """Prints how long an engine takes for a second of speech."""
    began = time.perf_counter()
    recogniser = made()
    load = time.perf_counter() - began
    times = []
    for _ in range(5):
        began = time.perf_counter()
        heard = recogniser.recognise(audio)
        times.append(time.perf_counter() - began)
    factor = statistics.median(times) / audio.seconds
    print(f"  {name}: {factor:.2f} (loaded in {load:.1f} s): {heard.text}")


def measure_speaker(name: str, settings: VoiceSettings) -> None:
    """Prints how long an engine takes to speak a reply."""
    speaker = speaker_of(settings)
    times, seconds = [], 0.0
    for _ in range(5):
        began = time.perf_counter()
        sound = speaker.speak(REPLY)
        times.append(time.perf_counter() - began)
        seconds = len(sound.samples) / sound.rate
    took = statistics.median(times)
    print(
        f"  {name}: {1e3 * took:.0f} ms for a reply of {len(REPLY)} signs, "
        f"{seconds:.1f} s long; real-time factor {took / seconds:.3f}"
    )


def measure_parts(audio: Audio) -> None:
    """Prints where the time goes, in this process."""
    data = packed(audio, *CONTAINERS["WebM/Opus, as Chromium sends it"])
    reading, finding = [], []
    for _ in range(20):
        began = time.perf_counter()
        found = decoded(data, 60)
        reading.append(time.perf_counter() - began)
        began = time.perf_counter()
        speech_of(found, spans_of(found))
        finding.append(time.perf_counter() - began)
    print(
        f"  of it decoding WebM {1e3 * statistics.median(reading):.1f}, "
        f"voice activity {1e3 * statistics.median(finding):.1f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--settings", type=Path)
    options = parser.parse_args()
    audio = utterance()
    measure_way(audio, options.rounds)
    measure_parts(audio)
    print("real-time factor of recognition, one thread:")
    measure_recogniser("pocketsphinx", lambda: SphinxRecogniser(None), audio)
    measure_recogniser(
        "pocketsphinx, four phrases", lambda: SphinxRecogniser(None, PHRASES), audio
    )
    espeak = SpeakerSettings("espeak-ng")
    own = VoiceService(options.settings).settings if options.settings else None
    if own and own.recogniser.engine:
        name = f"{own.recogniser.engine} {Path(own.recogniser.model).name}"
        measure_recogniser(name, lambda: recogniser_of(own), audio)
    print("speaking:")
    measure_speaker("espeak-ng", VoiceSettings(speaker=espeak))
    if own and own.speaker.engine:
        name = f"{own.speaker.engine} {Path(own.speaker.model).name}"
        measure_speaker(name, own)


if __name__ == "__main__":
    main()
