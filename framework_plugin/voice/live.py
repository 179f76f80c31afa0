"""What was said so far, while somebody still speaks.

A recogniser that hears sound as it comes gets only what is new. Any other one hears all
of it anew each time, so that is asked for less often the longer it takes.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from framework_plugin.voice.activity import spans_of, speech_of
from framework_plugin.voice.audio import Audio, Samples
from framework_plugin.voice.recogniser import Recogniser

_UTTERANCES = 16
"""Of several speakers at once; whoever was silent for longest is heard anew."""


class Listening(Protocol):
    """One utterance, heard as it comes."""

    def hear(self, samples: Samples) -> str:
        """Takes what is new, and tells the words so far; they may change yet."""


@runtime_checkable
class StreamRecogniser(Protocol):
    """A recogniser that hears sound as it comes."""

    def listen(self) -> Listening:
        """Begins with an utterance."""


@dataclass
class _Begun:
    """An utterance of which so many samples were heard."""

    listening: Listening
    samples: int = 0
    words: str = ""


class LiveHearing:
    """Tells the words so far of utterances that go on.

    Args:
        recogniser: Makes words of them.
    """

    def __init__(self, recogniser: Recogniser) -> None:
        self._recogniser = recogniser
        self._begun: OrderedDict[str, _Begun] = OrderedDict()

    def words(self, utterance: str, audio: Audio) -> str:
        """The words so far; empty while there are none.

        Args:
            utterance: The same for all of one, and no other.
            audio: All of it, from the beginning.
        """
        if isinstance(self._recogniser, StreamRecogniser):
            return self._streamed(self._recogniser, utterance, audio)
        spans = spans_of(audio)
        if not spans:
            return ""
        return self._recogniser.recognise(speech_of(audio, spans)).text

    def _streamed(
        self, recogniser: StreamRecogniser, utterance: str, audio: Audio
    ) -> str:
        begun = self._begun.pop(utterance, None) or _Begun(recogniser.listen())
        self._begun[utterance] = begun
        if len(self._begun) > _UTTERANCES:
            self._begun.popitem(last=False)
        new = audio.samples[begun.samples :]
        if len(new):
            begun.words = begun.listening.hear(new)
            begun.samples = len(audio.samples)
        return begun.words
