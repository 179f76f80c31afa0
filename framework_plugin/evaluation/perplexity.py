"""Perplexity: how unexpected the true replies are to the network.

Per token it can be compared only between models that cut text the same way: a model of
characters guesses more, but easier, tokens than one of words. Per character it can be
compared between all.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

UNSAYABLE = -1e6
"""Log-probability at or below which a token cannot be said at all: it stands in no
vocabulary, or was banned."""


@dataclass(frozen=True)
class Likelihood:
    """How likely a network holds some texts; of several the sum.

    Args:
        log_prob: Natural log-probability of all tokens and of each text's end.
        tokens: How many tokens, the ends included.
        characters: How many characters, each end counted as one.
    """

    log_prob: float
    tokens: int
    characters: int

    @property
    def per_token(self) -> float:
        """Perplexity per token."""
        return perplexity(self.log_prob, self.tokens)

    @property
    def per_character(self) -> float:
        """Perplexity per character."""
        return perplexity(self.log_prob, self.characters)


def likelihood(text: str, log_probs: Sequence[float]) -> Likelihood | None:
    """The likelihood of one text.

    Args:
        text: As it was to be said.
        log_probs: Natural log-probabilities of its tokens and of its end.

    Returns:
        Its likelihood, or None if one of its tokens cannot be said at all. Such texts
        are counted apart: one of them would make any mean infinite.
    """
    if not log_probs or any(not p > UNSAYABLE for p in log_probs):
        return None
    return Likelihood(math.fsum(log_probs), len(log_probs), len(text) + 1)


def total(likelihoods: Sequence[Likelihood]) -> Likelihood:
    """The likelihood of several texts together."""
    return Likelihood(
        math.fsum(each.log_prob for each in likelihoods),
        sum(each.tokens for each in likelihoods),
        sum(each.characters for each in likelihoods),
    )


def perplexity(log_prob: float, symbols: float) -> float:
    """The exponential of the mean negative log-probability; NaN without symbols."""
    return math.exp(-log_prob / symbols) if symbols else math.nan
