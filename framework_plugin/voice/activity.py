"""Where somebody speaks in a recording.

Voices are louder than what else is heard and their energy comes and goes, in the band
in which telephones carry them. A small detector is enough: who holds a button speaks
from near, and the recogniser hears all that is doubtful.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from framework_plugin.voice.audio import RATE, Audio, Samples

_FRAME = RATE * 32 // 1000
_HOP = RATE * 16 // 1000
_LOWEST, _HIGHEST = 200.0, 3_800.0
"""Hertz."""

_QUIETEST = -55.0
"""Decibels of full scale below which nothing is a voice."""
_ABOVE_FLOOR = 8.0
"""Decibels by which a voice is louder than the quiet parts."""
_BELOW_PEAK = 35.0
"""Decibels below the loudest part at which a voice is none any more."""
_TONAL = 0.35
"""Spectral flatness below which a sound is no noise (1 is white noise, 0 a tone)."""
_RANGE = 10.0
"""Decibels between the quiet and the loud parts of speech; rumbling has fewer."""
_SHORTEST = 0.08
"""Seconds; a click is shorter."""
_PAUSE = 0.6
"""Seconds; a shorter pause belongs to the speech around it."""
_MARGIN = 0.25
"""Seconds of the sound around speech that recognisers get with it."""

Frames = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Span:
    """From when to when somebody speaks, in seconds."""

    start: float
    end: float


def spans_of(audio: Audio) -> tuple[Span, ...]:
    """Where somebody speaks.

    Args:
        audio: Of any length.

    Returns:
        In order, without overlap; none if nobody speaks.
    """
    if len(audio.samples) < _FRAME:
        return ()
    voiced = _voiced(audio.samples)
    runs = _joined(_runs(voiced))
    return tuple(
        Span(first * _HOP / RATE, min(audio.seconds, (last * _HOP + _FRAME) / RATE))
        for first, last in runs
        if voiced[first : last + 1].sum() * _HOP >= _SHORTEST * RATE
    )


def speech_of(audio: Audio, spans: tuple[Span, ...]) -> Audio:
    """The part from the first word to the last, with a little around it.

    Args:
        audio: What was recorded.
        spans: From `spans_of`; at least one.
    """
    start = max(0.0, spans[0].start - _MARGIN)
    end = min(audio.seconds, spans[-1].end + _MARGIN)
    return Audio(audio.samples[round(start * RATE) : round(end * RATE)])


def _voiced(samples: Samples) -> Frames:
    """Which frames may hold a voice; shape (frames,)."""
    # frames x samples -> frames x frequencies
    frames = sliding_window_view(samples, _FRAME)[::_HOP]
    spectrum = np.abs(np.fft.rfft(frames * _WINDOW, axis=1)[:, _IN_BAND]) ** 2
    power = spectrum.mean(axis=1) + 1e-14
    loud = 10 * np.log10(power) + _FULL_SCALE
    flat = np.exp(np.log(spectrum + 1e-14).mean(axis=1)) / power
    threshold = max(_QUIETEST, float(loud.max()) - _BELOW_PEAK)
    floor, top = np.quantile(loud, (0.1, 0.95))
    if top - floor < _RANGE:
        return np.zeros(len(loud), np.bool_)
    # Where nobody pauses, the quiet parts are voices too; they are no noise then.
    voiced: Frames = (loud > threshold) & (
        (loud > floor + _ABOVE_FLOOR) | (flat < _TONAL)
    )
    return voiced


def _runs(voiced: Frames) -> list[tuple[int, int]]:
    """The first and last frame of each run."""
    edges = np.diff(np.concatenate(([False], voiced, [False])).astype(np.int8))
    starts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1) - 1
    return list(zip(starts.tolist(), ends.tolist(), strict=True))


def _joined(runs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for first, last in runs:
        if joined and (first - joined[-1][1]) * _HOP < _PAUSE * RATE:
            joined[-1] = (joined[-1][0], last)
        else:
            joined.append((first, last))
    return joined


_WINDOW = np.hanning(_FRAME).astype(np.float32)
_FREQUENCIES = np.fft.rfftfreq(_FRAME, 1 / RATE)
_IN_BAND = (_LOWEST <= _FREQUENCIES) & (_FREQUENCIES <= _HIGHEST)
# So that a tone of full scale within the band has about zero decibels.
_FULL_SCALE = float(10 * np.log10(4 * _IN_BAND.sum() / _WINDOW.sum() ** 2))
