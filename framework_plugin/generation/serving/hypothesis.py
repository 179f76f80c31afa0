"""Replies that a search found, what they score, and the best of them."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace

import numpy as np

from framework_plugin.generation.serving.stepping import FloatArray
from framework_plugin.generation.settings import DecodingSettings

TextOf = Callable[[tuple[int, ...]], Hashable]
"""What a reply reads as. Two replies of the same text count as one."""


@dataclass(frozen=True)
class Hypothesis:
    """A reply that a search found.

    Args:
        tokens: Token ids, without the marks of begin and end.
        log_probs: Natural log-probability of each token, and of the end mark if
            finished.
        attention: Weights over the dialogue, shape (tokens, dialogue length); None of
            a network without attention, or if there are no tokens.
        finished: Whether the end mark was reached.
        score: What it was ranked by; higher is better.
        memory_attention: Weights over the user's memory, shape (tokens, memory
            length); None if none was read.
        ways: How each token may have come about, shape (tokens, ways); see
            `stepping.StepOutput`.
    """

    tokens: tuple[int, ...] = ()
    log_probs: tuple[float, ...] = ()
    attention: FloatArray | None = field(default=None, repr=False, compare=False)
    finished: bool = False
    score: float = 0.0
    memory_attention: FloatArray | None = field(default=None, repr=False, compare=False)
    ways: FloatArray | None = field(default=None, repr=False, compare=False)

    @property
    def log_prob(self) -> float:
        """Natural log-probability of the whole."""
        return sum(self.log_probs)


def length_normaliser(tokens: int, length_penalty: float) -> float:
    """What a log-probability is divided by: lp of Wu et al. 2016, eq. 14.

    Args:
        tokens: Length, the end mark not counted.
        length_penalty: Their α.
    """
    return float(((5 + tokens) / 6) ** length_penalty)


def coverage_cost(attention: FloatArray) -> float:
    """What a reply loses for parts of the dialogue it left out, at most 0.

    The sum over the dialogue of the logarithm of the attention that a token got, at
    most 1 (cp of Wu et al. 2016, eq. 14, without its weight). The memory does not
    count: no reply need speak of all that is known of a user.

    Args:
        attention: Shape (tokens, dialogue length). Columns without any weight lie
            beyond the dialogue and do not count.
    """
    covered = attention.sum(axis=0, dtype=np.float64)
    return float(np.log(np.minimum(covered[covered > 0], 1.0)).sum())


def with_score(reply: Hypothesis, settings: DecodingSettings) -> Hypothesis:
    """The reply, scored by length and coverage (Wu et al. 2016, eq. 14)."""
    length = length_normaliser(len(reply.tokens), settings.length_penalty)
    score = reply.log_prob / length
    if settings.coverage_penalty and reply.attention is not None:
        score += settings.coverage_penalty * coverage_cost(reply.attention)
    return replace(reply, score=score)


def ranked(replies: list[Hypothesis]) -> list[Hypothesis]:
    """Finished ones first, then by score."""
    return sorted(replies, key=lambda reply: (not reply.finished, -reply.score))


class NBest:
    """The best replies to one source; no two of them read the same.

    Args:
        size: How many are kept.
        settings: How they are scored.
        text_of: What a reply reads as.
    """

    def __init__(self, size: int, settings: DecodingSettings, text_of: TextOf) -> None:
        self._size = size
        self._settings = settings
        self._text_of = text_of
        self._by_text: dict[Hashable, Hypothesis] = {}

    def __bool__(self) -> bool:
        return bool(self._by_text)

    def add(self, reply: Hypothesis) -> None:
        """Scores a reply and keeps it, unless a better one reads the same."""
        scored = with_score(reply, self._settings)
        text = self._text_of(scored.tokens)
        other = self._by_text.get(text)
        if other is None or ranked([other, scored])[0] is scored:
            self._by_text[text] = scored

    @property
    def bar(self) -> float:
        """The score that another reply must beat to be among the best."""
        if len(self._by_text) < self._size:
            return -np.inf
        scores = sorted((r.score for r in self._by_text.values()), reverse=True)
        return scores[self._size - 1]

    def best(self) -> list[Hypothesis]:
        """At most `size`, best first."""
        return ranked(list(self._by_text.values()))[: self._size]
