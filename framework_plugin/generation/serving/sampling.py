"""Replies made by picking one token after the other: the likeliest, or drawn.

Which token is picked is a `Sampler`'s business; it knows nothing of replies.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np

from framework_plugin.generation.serving.frontier import (
    DoubleArray,
    Frontier,
    Options,
)
from framework_plugin.generation.serving.hypothesis import Hypothesis, NBest, TextOf
from framework_plugin.generation.serving.stepping import BoolArray, IntArray, State
from framework_plugin.generation.settings import DecodingSettings
from framework_plugin.text.vocabulary import END_ID

MOST_CANDIDATES = 1024
"""Tokens that `top_p` draws from at most; of a flat distribution the nucleus may hold
the whole vocabulary."""

_ROUNDING = 1e-6


class Sampler(Protocol):
    """Picks one candidate for each row.

    Log-probabilities are natural ones of what may follow, falling, and -inf where a
    token may not; shape (rows, candidates).
    """

    @property
    def candidates(self) -> int:
        """How many of the likeliest tokens it mostly needs to see."""
        ...

    def enough(self, log_probs: DoubleArray) -> BoolArray:
        """Whether it sees all that it may pick, shape (rows,)."""
        ...

    def pick(self, log_probs: DoubleArray, luck: DoubleArray) -> IntArray:
        """The column it picks for each row, shape (rows,).

        Args:
            log_probs: Each row with at least one token that may follow; what is
                picked for others means nothing.
            luck: Numbers drawn evenly from 0 to 1, shape (rows,).
        """
        ...


class Greedy:
    """Picks the likeliest token."""

    candidates = 1

    def enough(self, log_probs: DoubleArray) -> BoolArray:
        """One is enough."""
        seen: BoolArray = (log_probs > -np.inf).any(axis=1)
        return seen

    def pick(self, log_probs: DoubleArray, luck: DoubleArray) -> IntArray:
        """The first that may follow."""
        first: IntArray = log_probs.argmax(axis=1)
        return first


class TopK:
    """Draws among the `k` likeliest tokens (Fan et al. 2018, §5.4).

    Args:
        k: How many.
        temperature: Divides the log-probabilities.
    """

    def __init__(self, k: int, temperature: float) -> None:
        self.candidates = k
        self._temperature = temperature

    def enough(self, log_probs: DoubleArray) -> BoolArray:
        """`k` are."""
        seen: BoolArray = (log_probs > -np.inf).sum(axis=1) >= self.candidates
        return seen

    def pick(self, log_probs: DoubleArray, luck: DoubleArray) -> IntArray:
        """One of the first `k` that may follow."""
        place = np.cumsum(log_probs > -np.inf, axis=1)
        top = np.where(place <= self.candidates, log_probs, -np.inf)
        return _drawn(top, self._temperature, luck)


class TopP:
    """Draws from the nucleus: the fewest tokens whose probability reaches `p`.

    Args:
        p: The probability (Holtzman et al. 2020, §3.1).
        temperature: Divides the log-probabilities within the nucleus. Which tokens
            belong to it does not depend on the temperature.
    """

    candidates = 64

    def __init__(self, p: float, temperature: float) -> None:
        self._p = p
        self._temperature = temperature

    def enough(self, log_probs: DoubleArray) -> BoolArray:
        """Their probability reaches `p`, or there are `MOST_CANDIDATES`."""
        probability = np.exp(log_probs).sum(axis=1)
        wanted = self._p - _ROUNDING if log_probs.shape[1] < MOST_CANDIDATES else 0.0
        reached: BoolArray = probability > wanted
        return reached

    def pick(self, log_probs: DoubleArray, luck: DoubleArray) -> IntArray:
        """One of the nucleus."""
        probabilities = np.exp(log_probs)
        # A token belongs to it while the probability before it is short of p.
        before = np.cumsum(probabilities, axis=1) - probabilities
        nucleus = np.where(before < self._p, log_probs, -np.inf)
        return _drawn(nucleus, self._temperature, luck)


def _drawn(log_probs: DoubleArray, temperature: float, luck: DoubleArray) -> IntArray:
    """Draws a column for each row, of those that are not -inf."""
    best = np.maximum(log_probs.max(axis=1, keepdims=True), np.finfo(float).min)
    upto = np.cumsum(np.exp((log_probs - best) / temperature), axis=1)
    total = upto[:, -1]
    # Rounding must not carry a number just short of 1 past the last column.
    aim = np.minimum(luck * total, np.nextafter(total, 0))
    column: IntArray = (upto > aim[:, None]).argmax(axis=1)
    return column


def sampler_for(settings: DecodingSettings) -> Sampler:
    """The sampler of a strategy other than `beam`."""
    if settings.strategy == "top_k":
        return TopK(settings.top_k, settings.temperature)
    if settings.strategy == "top_p":
        return TopP(settings.top_p, settings.temperature)
    return Greedy()


class Sampling:
    """Makes replies to one or many sources by picking token after token.

    The same source gets the same reply, whatever is beside it: all sources are drawn
    for with the same numbers.

    Args:
        settings: Strategy, samples and limits.
        texts_of: What a reply to each source reads as.
        out_of_time: Whether the time budget is spent.
    """

    def __init__(
        self,
        settings: DecodingSettings,
        texts_of: Sequence[TextOf],
        out_of_time: Callable[[], bool],
    ) -> None:
        self._settings = settings
        self._sampler = sampler_for(settings)
        self._texts_of = texts_of
        self._out_of_time = out_of_time

    def run(self, frontier: Frontier[State]) -> list[list[Hypothesis]]:
        """Picks until all replies have ended, or a limit is reached.

        Returns:
            For each source at least one and at most `samples` replies that differ,
            best first.
        """
        copies, steps = self._settings.most_found, self._settings.max_reply_tokens
        found = [NBest(copies, self._settings, text_of) for text_of in self._texts_of]
        draws = np.tile(np.arange(copies), len(frontier.sources))
        if copies > 1:
            frontier.repeat(copies)
        luck = np.random.default_rng(self._settings.sampling_seed)
        lucks = luck.random((steps, copies))
        candidates = self._sampler.candidates + frontier.spare
        for step in range(steps):
            options = self._options(frontier, candidates)
            candidates = max(candidates, options.tokens.shape[1])
            columns = self._sampler.pick(_renormalised(options), lucks[step, draws])
            stays = _settle(frontier, options, columns, found)
            draws = draws[stays]
            if not len(draws):
                return [nbest.best() for nbest in found]
            _advance(frontier, options, columns, stays)
            if self._out_of_time():
                break
        for row, source in enumerate(frontier.sources.tolist()):
            found[source].add(frontier.reply(row))
        return [nbest.best() for nbest in found]

    def _options(self, frontier: Frontier[State], candidates: int) -> Options[State]:
        """What may follow, enough of it for the sampler."""
        while True:
            options = frontier.options(candidates)
            seen = self._sampler.enough(_renormalised(options))
            if seen.all() or (seen | (options.limits == -np.inf)).all():
                return options
            candidates *= 4


def _renormalised(options: Options[State]) -> DoubleArray:
    """Log-probabilities given that no forbidden token follows."""
    if not options.constrained:
        return options.log_probs
    given = np.exp(options.output.log_probs.astype(np.float64)).sum(axis=1)
    banned = given - np.exp(options.log_probs).sum(axis=1)
    rest: DoubleArray = np.log(np.maximum(1 - banned, 1e-12))
    return options.log_probs - rest[:, None]


def _settle(
    frontier: Frontier[State],
    options: Options[State],
    columns: IntArray,
    found: list[NBest],
) -> BoolArray:
    """Keeps the replies that ended, or to which nothing can be added.

    Returns:
        Which rows go on, shape (rows,).
    """
    rows = np.arange(len(columns))
    picked = options.log_probs[rows, columns]
    stuck = picked == -np.inf
    goes_on: BoolArray = (options.tokens[rows, columns] != END_ID) & ~stuck
    for row in (~goes_on).nonzero()[0].tolist():
        end = None if stuck[row] else picked[row]
        found[frontier.sources[row]].add(frontier.reply(row, end))
    return goes_on


def _advance(
    frontier: Frontier[State],
    options: Options[State],
    columns: IntArray,
    stays: BoolArray,
) -> None:
    rows = stays.nonzero()[0]
    if len(rows) == len(stays):
        totals = frontier.totals + options.log_probs[rows, columns]
        frontier.advance(options, None, columns, totals)
        return
    columns = columns[rows]
    totals = frontier.totals[rows] + options.log_probs[rows, columns]
    frontier.advance(options, rows, columns, totals, frontier.sources[rows])
