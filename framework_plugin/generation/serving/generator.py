"""The response generator as it serves: a dialogue and a user in, a reply out."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from pathlib import Path

from framework_plugin.corpus.cleaning import clean_utterance
from framework_plugin.corpus.codec import TokenizedTurn, fact_text, memory_tokens
from framework_plugin.corpus.dialogue import Dialogue, Speaker, Turn
from framework_plugin.corpus.placeholders import (
    PersonalWords,
    delexicalise,
    fill_in,
    personal_words,
)
from framework_plugin.corpus.user_context import UserContext
from framework_plugin.generation import artefact
from framework_plugin.generation.encoding import codec_of
from framework_plugin.generation.serving.candidates import Candidate, CandidateFinder
from framework_plugin.generation.serving.confidence import ConfidenceModel
from framework_plugin.generation.serving.reply import Reply
from framework_plugin.generation.settings import DecodingSettings

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
        self._network = artefact.read_settings(folder)
        self._codec = codec_of(self._network)
        self._finder = CandidateFinder(folder, self.precision, self._codec, settings)
        self._confidence = ConfidenceModel.load(folder / artefact.CONFIDENCE)

    @property
    def reads_memory(self) -> bool:
        """Whether the network reads what the user said in earlier sessions."""
        return self._network.memory

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
        turns = self._turns(dialogue, words)
        if not turns or turns[-1][0] is not Speaker.USER or not turns[-1][1]:
            return NO_REPLY
        found = self._finder.find(turns, words.keys(), self._memory(user))
        said = {"", *dialogue.said_by_bot()}
        fresh = [c for c in found.candidates if fill_in(c.text, words) not in said]
        if not fresh:
            return NO_REPLY
        return self._judged(fresh, found.source, words, started)

    def log_probs(
        self, dialogue: Dialogue, user: UserContext, replies: Sequence[str]
    ) -> list[tuple[float, ...]]:
        """How likely the network holds given replies to the user's last message.

        Args:
            dialogue: See `reply`.
            user: See `reply`.
            replies: As they would be said.

        Returns:
            Natural log-probabilities of each reply's tokens and of its end.
        """
        words = personal_words(dialogue, user)
        turns = self._turns(dialogue, words)
        texts = [delexicalise(reply, words) for reply in replies]
        return self._finder.score(turns, words.keys(), texts, self._memory(user))

    def _memory(self, user: UserContext) -> tuple[str, ...]:
        """What a network with a memory reads of the user."""
        if not self._network.memory:
            return ()
        return memory_tokens(
            [fact_text(fact) for fact in user.facts],
            [turn.text for turn in user.earlier_turns],
            self._codec.read,
            self._network.max_memory_tokens,
        )

    def _turns(self, dialogue: Dialogue, words: PersonalWords) -> list[TokenizedTurn]:
        latest = dialogue.turns[-self._finder.context_turns :]
        return [(turn.speaker, self._read(turn.text, words)) for turn in latest]

    def _read(self, text: str, words: PersonalWords) -> tuple[str, ...]:
        return self._codec.read(delexicalise(clean_utterance(text), words))

    def _judged(
        self,
        candidates: Sequence[Candidate],
        source: tuple[str, ...],
        words: PersonalWords,
        started: float,
    ) -> Reply:
        offered = self._finder.offered(candidates)
        verdict = self._confidence.judge([c.evidence for c in offered])
        best = offered[verdict.index]
        return Reply(
            text=fill_in(best.text, words),
            confidence=verdict.probability,
            sure=verdict.probability >= self.min_confidence,
            tokens=best.tokens,
            probabilities=tuple(math.exp(p) for p in best.log_probs),
            origin=best.origin,
            source=source,
            attention=best.attention,
            copied=best.copied,
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
