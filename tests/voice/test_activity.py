"""Where somebody speaks is found, and where nobody does too."""

from __future__ import annotations

import numpy as np
import pytest

from framework_plugin.voice.activity import Span, spans_of, speech_of
from framework_plugin.voice.audio import RATE, Audio, Samples
from tests.voice.recordings import noise, silence


def tone(hertz: float, seconds: float = 3.0) -> Samples:
    at = np.arange(round(seconds * RATE)) / RATE
    return (0.2 * np.sin(2 * np.pi * hertz * at)).astype(np.float32)


@pytest.mark.parametrize("loudness", [1.0, 0.3, 0.05])
@pytest.mark.parametrize("behind", [0.0, 0.0005, 0.002])
def test_speech_is_found_between_pauses(
    speech: Audio, loudness: float, behind: float
) -> None:
    said = speech.samples * loudness
    sound = np.concatenate((silence(1), said, silence(2), said, silence(0.5)))
    spans = spans_of(Audio(sound + noise(len(sound) / RATE, behind)[: len(sound)]))
    assert len(spans) == 2
    starts = (1.0, 3.0 + speech.seconds)
    for span, start in zip(spans, starts, strict=True):
        assert start - 0.1 < span.start < start + 0.25
        assert start + 0.6 < span.end < start + speech.seconds + 0.1


def test_speech_without_any_pause_is_speech(speech: Audio) -> None:
    middle = Audio(speech.samples[RATE // 5 : RATE * 4 // 5])
    (span,) = spans_of(middle)
    assert span.end - span.start > 0.4


@pytest.mark.parametrize(
    "sound",
    [
        silence(3),
        silence(0.01),
        noise(3, 0.0001),
        noise(3, 0.01),
        noise(3, 0.2),
        tone(50),
        tone(1_000),
        np.cumsum(noise(3, 0.001)) * 0.1,
        np.concatenate((silence(1), [0.9, -0.9], silence(1))).astype(np.float32),
    ],
    ids=[
        *("silence", "almost nothing", "hiss", "noise", "loud noise"),
        *("hum", "beep", "rumble", "click"),
    ],
)
def test_what_is_no_voice_is_none(sound: Samples) -> None:
    assert spans_of(Audio(sound)) == ()


def test_a_recogniser_gets_the_speech_with_a_little_around_it() -> None:
    audio = Audio(silence(10))
    assert speech_of(audio, (Span(2, 3), Span(4, 5))).seconds == pytest.approx(3.5)
    assert speech_of(audio, (Span(0.1, 9.9),)).seconds == 10
