"""A part of an index that is built once, and merged with others without reading."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import csr_matrix

from framework_plugin.retrieval.batches import BatchExtractor
from framework_plugin.retrieval.limits import Limits
from framework_plugin.retrieval.passages import Passage
from framework_plugin.retrieval.rows import (
    Ints,
    Mask,
    Places,
    Rows,
    joined,
    ranges,
    starts_of,
)
from framework_plugin.retrieval.wordings import support, wordings

_AT_ONCE = 2_000
"""Passages that are read together: few enough for little memory."""


@dataclass(frozen=True, eq=False)
class Segment:
    """Passages with the terms of their texts. A text is a wording, or a support.

    Args:
        passages: What can be found.
        texts: The terms of all wordings, those of a passage behind one another, and
            then of each passage's support.
        firsts: The first wording of each passage, and where the last ends:
            (passages + 1,).
        plain: For each wording a number that is equal for the same words: (wordings,).
        frequency: In how many passages each term stands: (terms,).
    """

    passages: Sequence[Passage]
    texts: Rows
    firsts: Places
    plain: Places
    frequency: Places
    owners: Ints = field(init=False)
    """The passage of each text, wordings before supports: (texts,)."""
    lengths: Ints = field(init=False)
    """How many terms each text has: (texts,)."""
    postings: Rows = field(init=False)
    """The texts that hold each term."""
    prose: Mask = field(init=False)
    """Which passages have no questions: (passages,)."""
    limits: Limits = field(init=False)
    places: dict[str, int] = field(init=False)
    """Where the passage of an id stands."""
    by_plain: Places = field(init=False)
    """The wordings in the order of `plain`."""

    def __post_init__(self) -> None:
        """Makes what is looked things up by."""
        numbers = np.arange(len(self.passages), dtype=np.int32)
        owners = np.repeat(numbers, np.diff(self.firsts))
        derived = {
            "owners": np.concatenate([owners, numbers]),
            "lengths": np.diff(self.texts.starts).astype(np.int32),
            "postings": _postings(self.texts, len(self.frequency)),
            "prose": np.array([not p.questions for p in self.passages], bool),
            "limits": Limits.of(self.passages),
            "places": {p.id: place for place, p in enumerate(self.passages)},
            "by_plain": np.argsort(self.plain, kind="stable"),
        }
        for name, value in derived.items():
            object.__setattr__(self, name, value)

    def __len__(self) -> int:
        return len(self.passages)

    def supports(self, passages: Ints | Places) -> Rows:
        """The terms of the supports of some passages, in the order given."""
        return self.texts.chosen(passages + self.firsts[-1])

    def worded(self, plain: int) -> Places:
        """The wordings that have the same words, in their order."""
        first, end = (
            np.searchsorted(self.plain, plain, side, self.by_plain)
            for side in ("left", "right")
        )
        return self.by_plain[first:end]

    def frequency_of(self, chosen: Places) -> Places:
        """In how many of some passages each term stands: (terms,)."""
        some = self._chosen(chosen)
        return frequency(some.rows, some.firsts, some.support, len(self.frequency))

    def _chosen(self, chosen: Places) -> _Read:
        begins, ends = self.firsts[chosen], self.firsts[chosen + 1]
        firsts, rows = starts_of(ends - begins), ranges(begins, ends)
        return _Read(
            [self.passages[place] for place in chosen],
            self.texts.chosen(rows),
            firsts,
            self.plain[rows],
            self.supports(chosen),
        )


@dataclass(frozen=True, eq=False)
class _Read:
    """Some passages that were read; see `Segment`."""

    passages: Sequence[Passage]
    rows: Rows
    firsts: Places
    plain: Places
    support: Rows


def read_segment(passages: Sequence[Passage], read: BatchExtractor) -> Segment:
    """The segment of passages."""
    parts = list(_read(passages, read))
    terms = read.known
    counts = sum(
        (frequency(part.rows, part.firsts, part.support, terms) for part in parts),
        np.zeros(terms, np.int64),
    )
    return _segment(parts, counts)


def merge_segments(parts: Sequence[tuple[Segment, Mask]]) -> Segment:
    """One segment of what is left of several.

    Args:
        parts: Segments of one lexicon, each with those of its passages that are gone:
            (passages,).
    """
    terms = max(len(segment.frequency) for segment, _ in parts)
    counts = np.zeros(terms, np.int64)
    for segment, gone in parts:
        known = len(segment.frequency)
        counts[:known] += segment.frequency
        counts[:known] -= segment.frequency_of(np.flatnonzero(gone))
    kept = [segment._chosen(np.flatnonzero(~gone)) for segment, gone in parts]
    return _segment(kept, counts)


def frequency(rows: Rows, firsts: Places, support: Rows, terms: int) -> Places:
    """In how many passages each term stands, in a wording or a support: (terms,)."""
    passages = np.arange(len(support))
    owners = np.repeat(passages, np.diff(firsts))
    keys = [rows.owners(owners) * terms + rows.terms]
    keys.append(support.owners(passages) * terms + support.terms)
    return np.bincount(np.unique(np.concatenate(keys)) % terms, minlength=terms)


def _segment(parts: Sequence[_Read], counts: Places) -> Segment:
    of_passages = [np.diff(part.firsts) for part in parts]
    return Segment(
        [passage for part in parts for passage in part.passages],
        joined([*(part.rows for part in parts), *(part.support for part in parts)]),
        starts_of(np.concatenate([np.zeros(0, np.int64), *of_passages])),
        np.concatenate([np.zeros(0, np.int64), *(part.plain for part in parts)]),
        counts,
    )


def _read(passages: Sequence[Passage], read: BatchExtractor) -> Iterator[_Read]:
    for start in range(0, len(passages), _AT_ONCE):
        some = passages[start : start + _AT_ONCE]
        texts = [wordings(passage) for passage in some]
        asked = read([text for of_passage in texts for text in of_passage])
        firsts = starts_of([len(of_passage) for of_passage in texts])
        behind = read([support(passage) for passage in some])
        yield _Read(some, asked.rows, firsts, asked.plain, behind.rows)


def _postings(texts: Rows, terms: int) -> Rows:
    """For each term the texts that hold it, ascending."""
    ones = np.ones(len(texts.terms), bool)
    held = csr_matrix((ones, texts.terms, texts.starts), (len(texts), terms)).tocsc()
    return Rows(held.indices, held.indptr.astype(np.int64))
