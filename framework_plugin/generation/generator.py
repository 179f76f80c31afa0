"""The response generator as it serves: a dialogue and a user in, a reply out."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from pathlib import Path

from framework_plugin.corpus.cleaning import clean_utterance
from framework_plugin.corpus.codec import UtteranceCodec
from framework_plugin.corpus.dialogue import Dialogue, Speaker, Turn
from framework_plugin.corpus.placeholders import (
    PersonalWords,
    delexicalise,
    fill_in,
    personal_words,
)
from framework_plugin.corpus.user_context import UserContext
from framework_plugin.generation import artefact
from framework_plugin.generation.candidates import Candidate, CandidateFinder
from framework_plugin.generation.confidence import ConfidenceModel
from framework_plugin.generation.reply import Reply
from framework_plugin.generation.settings import DecodingSettings
from framework_plugin.text.segment import create_segmenter

INT8_AGREEMENT = 0.97
"""Share of replies that rounding must leave unchanged for `auto` to choose int8."""

NO_REPLY = Reply("", 0.0, False)
DEFAULT_DECODING = DecodingSettings()


class ResponseGenerator:
    """Answers from a trained network.

    Args:
        folder: The artefact that `train_generator` wrote.
        settings: How replies are searched for.

    Raises:
        ArtefactError: If the artefact is incomplete or damaged.
    """

    def __init__(
        self, folder: Path, settings: DecodingSettings = DEFAULT_DECODING
    ) -> None:
        self.precision = _precision(folder, settings)
        self._settings = settings
        self._codec = UtteranceCodec(create_segmenter())
        self._finder = CandidateFinder(folder, self.precision, self._codec, settings)
        self._confidence = ConfidenceModel.load(folder / artefact.CONFIDENCE)

    @property
    def min_confidence(self) -> float:
        """The confidence from which a reply counts as sure."""
        if self._settings.min_confidence is not None:
            return self._settings.min_confidence
        return self._confidence.threshold

    def reply(self, dialogue: Dialogue, user: UserContext) -> Reply:
        """Answers the user's last message.

        What was said before in this dialogue is not said again.

        Args:
            dialogue: This session; the user's message last.
            user: What is known of the user. Facts told in this very message belong
                in it as well.

        Returns:
            The reply, or `NO_REPLY` if the user has not said a thing or there is
            nothing left to say.
        """
        started = time.perf_counter()
        words = personal_words(dialogue, user)
        turns = [
            (turn.speaker, self._read(turn.text, words))
            for turn in dialogue.turns[-self._finder.context_turns :]
        ]
        if not turns or turns[-1][0] is not Speaker.USER or not turns[-1][1]:
            return NO_REPLY
        found = self._finder.find(turns, words.keys())
        said = {"", *dialogue.said_by_bot()}
        fresh = [c for c in found.candidates if fill_in(c.text, words) not in said]
        if not fresh:
            return NO_REPLY
        return self._judged(fresh, found.source, words, started)

    def _read(self, text: str, words: PersonalWords) -> tuple[str, ...]:
        return self._codec.read(delexicalise(clean_utterance(text), words))

    def _judged(
        self,
        candidates: Sequence[Candidate],
        source: tuple[str, ...],
        words: PersonalWords,
        started: float,
    ) -> Reply:
        verdict = self._confidence.judge([c.evidence for c in candidates])
        best = candidates[verdict.index]
        return Reply(
            text=fill_in(best.text, words),
            confidence=verdict.probability,
            sure=verdict.probability >= self.min_confidence,
            tokens=best.tokens,
            probabilities=tuple(math.exp(p) for p in best.log_probs),
            origin=best.origin,
            source=source,
            attention=best.attention,
            milliseconds=(time.perf_counter() - started) * 1000,
        )

    def warm_up(self) -> None:
        """Answers once, so that the first user does not pay for it."""
        hello = Dialogue((Turn(Speaker.USER, "你好"),))
        self.reply(hello, UserContext(user_id=""))


def _precision(folder: Path, settings: DecodingSettings) -> str:
    if settings.precision != "auto":
        return settings.precision
    metrics = artefact.read_json(folder / artefact.METRICS)
    agreement = float(metrics.get("int8_agreement", 0.0))
    return "int8" if agreement >= INT8_AGREEMENT else "fp32"
