"""Segments that are searched together, as if they were one."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from framework_plugin.retrieval.bm25 import Query, nearest
from framework_plugin.retrieval.passages import Passage
from framework_plugin.retrieval.rows import (
    Mask,
    Places,
    Rows,
    joined,
    ranges,
    starts_of,
)
from framework_plugin.retrieval.segment import Segment, merge_segments
from framework_plugin.retrieval.wordings import wordings


class Part(NamedTuple):
    """A segment, and which of its passages are gone: (passages,)."""

    segment: Segment
    gone: Mask

    @classmethod
    def of(cls, segment: Segment) -> Part:
        """A segment of which nothing is gone."""
        return cls(segment, np.zeros(len(segment), bool))

    @classmethod
    def merged(cls, parts: Sequence[Part]) -> Part:
        """What is left of several, as one."""
        return cls.of(merge_segments(parts))

    def without(self, ids: Collection[str]) -> Part:
        """The same with other passages gone as well; unknown ids do not matter."""
        known = self.segment.places
        places = [known[id_] for id_ in ids if id_ in known]
        if not places:
            return self
        gone = self.gone.copy()
        gone[places] = True
        return Part(self.segment, gone)

    def hidden(self, at: float | None, audience: Collection[str]) -> Mask | None:
        """Which passages may not be found, see `Limits.closed`; None if all may."""
        closed = self.segment.limits.closed(at, audience)
        if not len(closed):
            return self.gone if self.gone.any() else None
        hidden = self.gone.copy()
        hidden[closed] = True
        return hidden


Hidden = Sequence[Mask | None]
"""For each part, which of its passages may not be found, if any."""


class Chosen(NamedTuple):
    """Some wordings, side by side.

    Args:
        numbers: Of the wordings, ascending: (rows,).
        owners: Of the passage of each: (rows,).
        rows: The terms of each.
        support: The terms of its passage's support.
        lengths: How many terms each has: (rows,).
        prose: Which of them are sentences of prose: (rows,).
    """

    numbers: Places
    owners: Places
    rows: Rows
    support: Rows
    lengths: Places
    prose: Mask


class Parts:
    """Segments of one lexicon; wordings and passages are numbered through them all.

    Args:
        parts: The segments.
        terms: How many terms the lexicon has.
    """

    def __init__(self, parts: Sequence[Part], terms: int) -> None:
        self.each = tuple(parts)
        self.count = sum(int((~part.gone).sum()) for part in parts)
        self._passages = starts_of([len(part.segment) for part in parts])
        self._wordings = starts_of([int(p.segment.firsts[-1]) for p in parts])
        self.frequency = np.zeros(terms + 1, np.int64)
        """In how many passages each term stands, and 0 for all others: (terms + 1,)."""
        self.holding = np.zeros(terms, np.int64)
        """In how many texts each term stands: (terms,)."""
        for segment, gone in parts:
            known = len(segment.frequency)
            self.frequency[:known] += segment.frequency
            if gone.any():
                self.frequency[:known] -= segment.frequency_of(np.flatnonzero(gone))
            self.holding[:known] += np.diff(segment.postings.starts)
        self.texts = sum(len(part.segment.texts) for part in parts)
        self.average = float(self.holding.sum()) / max(self.texts, 1)
        """How many terms a text has."""

    def __iter__(self) -> Iterator[Passage]:
        """All passages."""
        for segment, gone in self.each:
            for place in np.flatnonzero(~gone):
                yield segment.passages[place]

    def passage(self, id_: str) -> Passage | None:
        """The passage of that id, or None."""
        for segment, gone in self.each:
            place = segment.places.get(id_)
            if place is not None and not gone[place]:
                return segment.passages[place]
        return None

    def hidden(self, at: float | None, audience: Collection[str]) -> Hidden:
        """What may not be found, see `Limits.closed`."""
        return [part.hidden(at, audience) for part in self.each]

    def worded(self, plain: int, hidden: Hidden) -> Iterator[int]:
        """The numbers of wordings of the same words; see `Segment.plain`."""
        for number, (part, unseen) in enumerate(zip(self.each, hidden, strict=True)):
            for row in part.segment.worded(plain):
                if unseen is None or not unseen[part.segment.owners[row]]:
                    yield int(self._wordings[number] + row)

    def found(self, number: int) -> tuple[Passage, str]:
        """The wording of a number, behind its passage."""
        which = int(np.searchsorted(self._wordings, number, "right")) - 1
        segment = self.each[which].segment
        row = number - int(self._wordings[which])
        owner = int(segment.owners[row])
        passage = segment.passages[owner]
        return passage, wordings(passage)[row - int(segment.firsts[owner])]

    def nearest(self, query: Query, hidden: Hidden, limit: int) -> Chosen:
        """All wordings of the passages of the texts that BM25 ranks highest.

        Args:
            query: What is looked for.
            hidden: What may not be found.
            limit: How many texts of each part.
        """
        return _joined(
            [
                self._chosen(number, nearest(part.segment, query, unseen, limit))
                for number, (part, unseen) in enumerate(
                    zip(self.each, hidden, strict=True)
                )
            ]
        )

    def _chosen(self, number: int, texts: Places) -> Chosen:
        """All wordings of the passages of some texts of a part."""
        segment = self.each[number].segment
        owners = np.unique(segment.owners[texts])
        rows = ranges(segment.firsts[owners], segment.firsts[owners + 1])
        of_rows = segment.owners[rows]
        return Chosen(
            rows + self._wordings[number],
            of_rows + self._passages[number],
            segment.texts.chosen(rows),
            segment.supports(of_rows),
            segment.lengths[rows],
            # The first wording is the name by which prose goes.
            segment.prose[of_rows] & (rows != segment.firsts[of_rows]),
        )


def _joined(chosen: Sequence[Chosen]) -> Chosen:
    if len(chosen) == 1:
        return chosen[0]
    numbers, owners, rows, support, lengths, prose = zip(*chosen, strict=True)
    return Chosen(
        np.concatenate(numbers),
        np.concatenate(owners),
        joined(rows),
        joined(support),
        np.concatenate(lengths),
        np.concatenate(prose),
    )
