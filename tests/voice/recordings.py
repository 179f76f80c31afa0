"""Speech made with espeak-ng, in every container that users send."""

from __future__ import annotations

import io
import shutil
import subprocess
from fractions import Fraction

import numpy as np
import pytest

from framework_plugin.voice.audio import RATE, Samples

WORDS = "how are you today"
"""What pocketsphinx understands of this voice, without being told what may be said."""
VOICE, SPEED = "en-us+klatt4", 0.914

FILES = {
    "WAV": ("wav", "pcm_s16le", 22_050),
    "Ogg/Opus": ("ogg", "libopus", 48_000),
    "WebM": ("webm", "libopus", 48_000),
    "AMR": ("amr", "libopencore_amrnb", 8_000),
    "MP4": ("mp4", "aac", 44_100),
    "MP4, as Safari sends it": ("mp4", "aac", 44_100),
    "MP3": ("mp3", "libmp3lame", 44_100),
    "AAC": ("adts", "aac", 44_100),
    "FLAC": ("flac", "flac", 44_100),
}
"""By name: FFmpeg's container and codec, and the samples a second."""


def espeak(text: str, voice: str = VOICE) -> bytes:
    """A WAV file of somebody saying a text; skips where there is no espeak-ng."""
    program = shutil.which("espeak-ng")
    if not program:
        pytest.skip("there is no espeak-ng; `apt-get install espeak-ng` brings it")
    command = [program, "-v", voice, "-s", "160", "--stdout", text]
    return subprocess.run(command, capture_output=True, check=True).stdout


def written(samples: Samples, name: str, channels: int = 1) -> bytes:
    """Samples at our rate as a file of one of `FILES`."""
    av = pytest.importorskip("av", reason="the package av is not installed")
    container, codec, rate = FILES[name]
    layout = "mono" if channels == 1 else "stereo"
    whole = (np.clip(samples, -1, 1) * 32_767).astype(np.int16)
    frame = av.AudioFrame.from_ndarray(
        np.repeat(whole, channels)[np.newaxis], format="s16", layout=layout
    )
    frame.sample_rate, frame.pts = RATE, 0
    frame.time_base = Fraction(1, RATE)
    file = io.BytesIO()
    # A recorder cannot go back to where the length stands.
    live = {"movflags": "frag_keyframe+empty_moov"} if "Safari" in name else {}
    with av.open(file, "w", format=container, options=live) as opened:
        stream = opened.add_stream(codec, rate=rate, layout=layout)
        if name == "AMR":
            stream.bit_rate = 12_200
        resampler = av.AudioResampler(
            format=stream.format,
            layout=layout,
            rate=rate,
            frame_size=stream.codec_context.frame_size or 0,
        )
        for piece in (*resampler.resample(frame), *resampler.resample(None)):
            opened.mux(stream.encode(piece))
        opened.mux(stream.encode(None))
    return file.getvalue()


def silence(seconds: float) -> Samples:
    return np.zeros(round(seconds * RATE), np.float32)


def noise(seconds: float, loudness: float) -> Samples:
    made = np.random.default_rng(5).normal(0, loudness, round(seconds * RATE))
    return made.astype(np.float32)
