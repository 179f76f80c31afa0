"""Beam search: the likeliest unfinished replies are followed side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from framework_plugin.generation.serving.frontier import (
    DoubleArray,
    Frontier,
    Options,
)
from framework_plugin.generation.serving.hypothesis import (
    Hypothesis,
    NBest,
    TextOf,
    length_normaliser,
)
from framework_plugin.generation.serving.stepping import BoolArray, IntArray, State
from framework_plugin.generation.settings import DecodingSettings
from framework_plugin.text.vocabulary import END_ID


@dataclass(frozen=True)
class _Picks:
    """Continuations of the replies to each source, all of shape (sources, picks).

    Args:
        places: Row and candidate as one number: row times candidates, and candidate.
        ranks: What they were picked by, falling.
        totals: Log-probability of the reply then; -inf where a source has too few.
        ends: Whether it is the end mark that follows.
    """

    places: IntArray
    ranks: DoubleArray
    totals: DoubleArray
    ends: BoolArray

    def unfinished(self, width: int) -> _Picks:
        """The first `width` of each source that do not end the reply."""
        alive = ~self.ends & (self.totals > -np.inf)
        order = np.argsort(~alive, axis=1, kind="stable")
        order = order[:, : max(1, min(width, int(alive.sum(axis=1).max())))]
        source = np.arange(len(order))[:, None]
        kept = alive[source, order]
        return _Picks(
            self.places[source, order],
            np.where(kept, self.ranks[source, order], -np.inf),
            np.where(kept, self.totals[source, order], -np.inf),
            ~kept,
        )


class BeamSearch:
    """Searches for the likeliest replies to one or many sources.

    Args:
        settings: Width, penalties and limits.
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
        self._width = settings.beam_width
        self._texts_of = texts_of
        self._out_of_time = out_of_time
        self._longest = length_normaliser(
            settings.max_reply_tokens, settings.length_penalty
        )

    def run(self, frontier: Frontier[State]) -> list[list[Hypothesis]]:
        """Searches until no reply can become better, or a limit is reached.

        Returns:
            For each source at least one and at most `beam_width` replies that differ,
            best first.
        """
        found = [
            NBest(self._width, self._settings, text_of) for text_of in self._texts_of
        ]
        active: IntArray = np.arange(len(found))
        # One candidate more than the beam is wide, since one may be the end mark.
        candidates = self._width + 1 + frontier.spare
        for _ in range(self._settings.max_reply_tokens):
            options, picks, ahead = self._choose(frontier, len(active), candidates)
            candidates = max(candidates, options.tokens.shape[1])
            self._finish(frontier, options, picks, found)
            stays = self._may_improve(ahead, active, found)
            _keep_unfinished(frontier, found, active[~stays])
            active = active[stays]
            if not len(active):
                break
            _advance(frontier, options, ahead, active, stays)
            if self._out_of_time():
                break
        _keep_unfinished(frontier, found, active)
        return [nbest.best() for nbest in found]

    def _choose(
        self, frontier: Frontier[State], sources: int, candidates: int
    ) -> tuple[Options[State], _Picks, _Picks]:
        """The best continuations, and those of them that go on.

        Were so many candidates forbidden that one not seen might have been picked, it
        asks for more.
        """
        while True:
            options = frontier.options(candidates)
            picks = self._picks(frontier.totals, options, sources)
            ahead = picks.unfinished(self._width)
            if not options.constrained:
                return options, picks, ahead
            limits = frontier.totals + options.limits
            if self._settings.diversity:
                limits -= self._settings.diversity * options.allowed.sum(axis=1)
            enough = ahead.ranks.shape[1] == self._width
            last = ahead.ranks[:, -1] if enough else np.full(sources, -np.inf)
            if (limits.reshape(sources, -1).max(axis=1) <= last).all():
                return options, picks, ahead
            candidates *= 2

    def _picks(
        self, totals: DoubleArray, options: Options[State], sources: int
    ) -> _Picks:
        """The best continuations: enough to leave a full beam that goes on."""
        grown = totals[:, None] + options.log_probs
        ranks = grown
        if self._settings.diversity:
            siblings = np.cumsum(options.allowed, axis=1) - 1
            ranks = grown - self._settings.diversity * siblings
        by_source = ranks.reshape(sources, -1)
        order = np.argsort(-by_source, axis=1, kind="stable")[:, : 2 * self._width]
        places = order + np.arange(sources)[:, None] * by_source.shape[1]
        return _Picks(
            places,
            ranks.ravel()[places],
            grown.ravel()[places],
            options.tokens.ravel()[places] == END_ID,
        )

    def _finish(
        self,
        frontier: Frontier[State],
        options: Options[State],
        picks: _Picks,
        found: list[NBest],
    ) -> None:
        """Keeps the replies whose end mark is among the best `beam_width`."""
        ended = picks.ends[:, : self._width]
        if not ended.any():
            return
        ended = ended & (picks.totals[:, : self._width] > -np.inf)
        for place in picks.places[:, : self._width][ended].tolist():
            row, column = divmod(place, options.tokens.shape[1])
            reply = frontier.reply(row, options.log_probs[row, column])
            found[frontier.sources[row]].add(reply)

    def _may_improve(
        self, ahead: _Picks, active: IntArray, found: list[NBest]
    ) -> BoolArray:
        """For which sources an unfinished reply may still be among the best.

        It can only lose probability and its coverage costs at least nothing, so its
        best hope is to be as long as can be and lose nothing more.
        """
        bars = np.array([found[source].bar for source in active.tolist()])
        hopes = ahead.totals.max(axis=1)
        may: BoolArray = (hopes > -np.inf) & (hopes / self._longest > bars)
        return may


def _advance(
    frontier: Frontier[State],
    options: Options[State],
    ahead: _Picks,
    active: IntArray,
    stays: BoolArray,
) -> None:
    width = ahead.places.shape[1]
    places, totals = ahead.places, ahead.totals
    if len(active) < len(stays):
        places, totals = places[stays], totals[stays]
    parents, columns = np.divmod(places.ravel(), options.tokens.shape[1])
    same = len(active) == len(stays) and len(parents) == len(frontier.sources)
    sources = None if same else np.repeat(active, width)
    frontier.advance(options, parents, columns, totals.ravel(), sources)


def _keep_unfinished(
    frontier: Frontier[State], found: list[NBest], sources: IntArray
) -> None:
    """Where nothing was finished, what there is so far is kept."""
    for source in sources.tolist():
        if not found[source]:
            for row in np.flatnonzero(frontier.sources == source).tolist():
                if frontier.totals[row] > -np.inf:
                    found[source].add(frontier.reply(row))
