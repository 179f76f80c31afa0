"""Sound as engines want it, out of whatever file it comes in."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from framework_plugin.voice.containers import SILK, Container, container_of
from framework_plugin.voice.trouble import NotHeard, Trouble

RATE = 16_000
"""Samples a second that all engines get."""

_RATES = (4_000, 192_000)
_MOST_CHANNELS = 8
_SILK_RATE = 24_000
_FEWEST = RATE // 50
"""Samples below which a file holds nothing that could be a word."""

Samples = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Audio:
    """Sound.

    Args:
        samples: Between -1 and 1, one channel, `RATE` a second; shape (n,).
    """

    samples: Samples

    @property
    def seconds(self) -> float:
        """How long it is."""
        return len(self.samples) / RATE


def decoded(data: bytes, longest: float, *, goes_on: bool = False) -> Audio:
    """The sound of a file.

    It stops decoding where the sound is too long: few bytes can be many hours.

    Args:
        data: The file; WAV, Ogg (Opus, Vorbis, Speex), WebM, AMR, MP4, MP3, AAC or
            FLAC, and SILK where the package for it is installed.
        longest: Seconds that it may have.
        goes_on: Whether more of the file is to come: then it may end anywhere.

    Raises:
        NotHeard: If it is too long, damaged, empty or of another kind.
    """
    container = container_of(data)
    if container is SILK:
        parts = _of_frames(_silk_frames(data, longest), longest)
    else:
        parts = _of_frames(_frames(data, container, goes_on), longest)
    samples = np.concatenate(parts) if parts else np.zeros(0, np.float32)
    if len(samples) < _FEWEST:
        raise NotHeard(
            Trouble.UNREADABLE,
            f"The {container.name} file of {len(data)} bytes has no sound in it; it is "
            "cut off or damaged.",
        )
    return Audio(samples)


def _of_frames(frames: Iterator[Any], longest: float) -> list[Samples]:
    """The samples of frames, one channel at our rate."""
    import av

    resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE)
    parts: list[Samples] = []
    count = 0
    for frame in frames:
        for piece in resampler.resample(frame):
            samples = piece.to_ndarray()[0]
            count += len(samples)
            if count > longest * RATE:
                raise NotHeard(
                    Trouble.TOO_LONG,
                    f"The recording has more than the {longest:g} seconds allowed.",
                )
            parts.append(samples)
    if parts:
        parts += [piece.to_ndarray()[0] for piece in resampler.resample(None)]
    return parts


def _frames(data: bytes, container: Container, goes_on: bool) -> Iterator[Any]:
    """What FFmpeg decodes, a frame at a time."""
    import av

    found = False
    try:
        # A file that names other places is not followed there.
        options = {"protocol_whitelist": "none"}
        file = io.BytesIO(data)
        with av.open(file, format=container.format, options=options) as opened:
            if not opened.streams.audio:
                raise NotHeard(
                    Trouble.UNREADABLE, f"The {container.name} file has no sound track."
                )
            for frame in opened.decode(opened.streams.audio[0]):
                _check(frame, container)
                found = True
                yield frame
    except (av.FFmpegError, ValueError) as error:
        if goes_on and found:
            return
        raise NotHeard(
            Trouble.UNREADABLE,
            f"The {container.name} file of {len(data)} bytes is damaged or cut off: "
            f"{error}.",
        ) from error


def _check(frame: Any, container: Container) -> None:
    """Refuses what would fill the memory when it is brought to our rate."""
    low, high = _RATES
    channels = len(frame.layout.channels)
    if not low <= frame.sample_rate <= high or channels > _MOST_CHANNELS:
        raise NotHeard(
            Trouble.UNREADABLE,
            f"The {container.name} file has {channels} channels at "
            f"{frame.sample_rate} Hz; expected at most {_MOST_CHANNELS}, at {low} to "
            f"{high} Hz.",
        )


def _silk_frames(data: bytes, longest: float) -> Iterator[Any]:
    """What the package for SILK decodes, which FFmpeg cannot."""
    import av

    try:
        import pysilk
    except ImportError as error:
        raise NotHeard(
            Trouble.UNREADABLE,
            "The recording is SILK, which is not read without the package for it; "
            "pip install 'personal-chat[silk]' brings it.",
        ) from error
    # A packet has a length of two bytes and stands for at least 20 milliseconds.
    if len(data) < 12 or _silk_packets(data) * 0.02 > longest:
        raise NotHeard(
            Trouble.TOO_LONG if len(data) >= 12 else Trouble.UNREADABLE,
            "The SILK file has no packets, or more seconds than are allowed.",
        )
    plain = io.BytesIO()
    try:
        pysilk.decode(io.BytesIO(data), plain, _SILK_RATE)
    except Exception as error:
        raise NotHeard(
            Trouble.UNREADABLE, f"The SILK file is damaged or cut off: {error}."
        ) from error
    samples = np.frombuffer(plain.getbuffer(), np.int16)[np.newaxis]
    frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
    frame.sample_rate = _SILK_RATE
    yield frame


def _silk_packets(data: bytes) -> int:
    place = data.index(b"#!SILK_V3") + 9
    count = 0
    while place + 2 <= len(data):
        length = int.from_bytes(data[place : place + 2], "little")
        if length == 0xFFFF:
            break
        place += 2 + length
        count += 1
    return count
