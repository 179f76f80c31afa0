"""The response generator as it serves: a dialogue and a user in, a reply out."""

from __future__ import annotations

import math
import time
from collections.abc import Collection, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

from framework_plugin.corpus.codec import (
    PLACEHOLDERS,
    RESERVED,
    UtteranceCodec,
    join,
    source_tokens,
)
from framework_plugin.corpus.dialogue import Dialogue, Speaker, Turn
from framework_plugin.corpus.placeholders import (
    PersonalWords,
    delexicalise,
    fill_in,
    personal_words,
)
from framework_plugin.corpus.user_context import FactKind, UserContext
from framework_plugin.generation import artefact
from framework_plugin.generation.confidence import (
    ConfidenceModel,
    Evidence,
    Experience,
)
from framework_plugin.generation.reply import Reply
from framework_plugin.generation.runtime import OnnxRuntime, ban
from framework_plugin.generation.search import FloatArray, Hypothesis, search
from framework_plugin.generation.settings import DecodingSettings
from framework_plugin.text.segment import create_segmenter
from framework_plugin.text.vocabulary import BEGIN_ID, PAD_ID, UNKNOWN_ID, Vocabulary

INT8_AGREEMENT = 0.97
"""Share of replies that rounding must leave unchanged for `auto` to choose int8."""

NO_REPLY = Reply("", 0.0, False)


class ResponseGenerator:
    """Answers from a trained network.

    Args:
        folder: The artefact that `train_generator` wrote.
        settings: How replies are searched for.

    Raises:
        ArtefactError: If the artefact is incomplete or damaged.
    """

    def __init__(
        self, folder: Path, settings: DecodingSettings = DecodingSettings()
    ) -> None:
        self._settings = settings
        self._trained = artefact.read_settings(folder)
        self._vocabulary = Vocabulary.load(folder / artefact.VOCABULARY)
        self._codec = UtteranceCodec(create_segmenter())
        self.precision = _precision(folder, settings)
        self._runtime = OnnxRuntime(folder, self.precision)
        self._experience = Experience(*zip(*artefact.read_experience(folder)))
        self._confidence = ConfidenceModel.load(folder / artefact.CONFIDENCE)
        self._bias = lru_cache(maxsize=128)(self._make_bias)

    @property
    def min_confidence(self) -> float:
        """The confidence from which a reply counts as sure."""
        if self._settings.min_confidence is not None:
            return self._settings.min_confidence
        return self._confidence.threshold

    def reply(self, dialogue: Dialogue, user: UserContext) -> Reply:
        """Answers the user's last message.

        Replies said before in this dialogue are not said again while there is
        another; where there is none, the reply is not sure.

        Args:
            dialogue: This session; the user's message last.
            user: What is known of the user. Facts told in this very message belong
                in it as well.

        Returns:
            The reply, or `NO_REPLY` if the user has not said a thing.
        """
        started = time.perf_counter()
        words = personal_words(dialogue, user)
        turns = [
            (turn.speaker, self._codec.read(delexicalise(turn.text, words)))
            for turn in dialogue.turns[-self._trained.context_turns :]
        ]
        if not turns or turns[-1][0] is not Speaker.USER or not turns[-1][1]:
            return NO_REPLY
        source = source_tokens(
            turns,
            words,
            context_turns=self._trained.context_turns,
            max_turn_tokens=self._trained.max_turn_tokens,
        )
        found = self.hypotheses(source, words)
        said = set(dialogue.said_by_bot())
        fresh = [h for h in found if self._say(h, words) not in said]
        return self._explained(
            (fresh or found)[0], turns[-1][1], source, words, bool(fresh), started
        )

    def hypotheses(
        self, source: Sequence[str], known: Collection[FactKind]
    ) -> list[Hypothesis]:
        """Searches for replies to a source; see `search`.

        Args:
            source: What the encoder reads; see `source_tokens`.
            known: The kinds of fact that may be filled in.
        """
        ids = self._vocabulary.encode(source)
        bias = self._bias(frozenset(known))
        return search(self._runtime.read(ids, bias), self._settings)

    def evidence(self, hypothesis: Hypothesis, message: Sequence[str]) -> Evidence:
        """What speaks for a reply to a message."""
        text = join(self._vocabulary.decode(hypothesis.tokens))
        familiarity, support = self._experience.compare("".join(message), text)
        log_probs = hypothesis.log_probs or (-20.0,)
        return Evidence(
            sum(log_probs) / len(log_probs), min(log_probs), familiarity, support
        )

    def text(self, hypothesis: Hypothesis) -> str:
        """A hypothesis as written, placeholders unfilled."""
        return join(self._vocabulary.decode(hypothesis.tokens))

    def warm_up(self) -> None:
        """Answers once, so that the first user does not pay for it."""
        hello = Dialogue((Turn(Speaker.USER, "你好"),))
        self.reply(hello, UserContext(user_id=""))

    def _say(self, hypothesis: Hypothesis, words: PersonalWords) -> str:
        return fill_in(self.text(hypothesis), words)

    def _explained(
        self,
        hypothesis: Hypothesis,
        message: Sequence[str],
        source: tuple[str, ...],
        words: PersonalWords,
        fresh: bool,
        started: float,
    ) -> Reply:
        probability = self._confidence.probability(self.evidence(hypothesis, message))
        attention = np.array(hypothesis.attention) if hypothesis.attention else None
        sure = fresh and hypothesis.finished and bool(hypothesis.tokens)
        return Reply(
            text=self._say(hypothesis, words),
            confidence=probability,
            sure=sure and probability >= self.min_confidence,
            tokens=tuple(self._vocabulary.decode(hypothesis.tokens)),
            probabilities=tuple(math.exp(p) for p in hypothesis.log_probs),
            source=tuple(self._vocabulary.spell(source)),
            attention=attention,
            milliseconds=(time.perf_counter() - started) * 1000,
        )

    def _make_bias(self, known: frozenset[FactKind]) -> FloatArray:
        sayable = {PLACEHOLDERS[kind] for kind in known}
        banned = [self._vocabulary.id(mark) for mark in RESERVED if mark not in sayable]
        return ban(
            [PAD_ID, UNKNOWN_ID, BEGIN_ID, *banned], len(self._vocabulary)
        )


def _precision(folder: Path, settings: DecodingSettings) -> str:
    if settings.precision != "auto":
        return settings.precision
    metrics = artefact.read_json(folder / artefact.METRICS)
    agreement = float(metrics.get("int8_agreement", 0.0))
    return "int8" if agreement >= INT8_AGREEMENT else "fp32"
