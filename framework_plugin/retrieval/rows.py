"""Sets of numbered terms, side by side, so that many are compared at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]
Places = npt.NDArray[np.int64]


class Lexicon:
    """Terms with their numbers and weights; new ones get the next number."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}
        self._weights: list[float] = []

    def __len__(self) -> int:
        return len(self._weights)

    def add(self, terms: Mapping[str, float]) -> list[int]:
        """The numbers of terms; those that are new are taken in with their weights."""
        found = []
        for term, weight in terms.items():
            number = self.numbers.setdefault(term, len(self._weights))
            if number == len(self._weights):
                self._weights.append(weight)
            found.append(number)
        return found

    def known(self, terms: Iterable[str]) -> list[int]:
        """The numbers of those terms that have one."""
        return [self.numbers[term] for term in terms if term in self.numbers]

    def weights(self) -> Floats:
        """Of all terms, in the order of their numbers."""
        return np.array(self._weights, np.float32)


@dataclass(frozen=True, eq=False)
class Rows:
    """Many sets of terms behind one another.

    Args:
        terms: Numbers of all terms, those of a row behind one another.
        starts: Where each row begins, and where the last one ends: (rows + 1,).
    """

    terms: Ints
    starts: Places

    @classmethod
    def of(cls, rows: Sequence[Sequence[int]]) -> Rows:
        """From the term numbers of each row."""
        starts = _starts([len(row) for row in rows])
        flat = (term for row in rows for term in row)
        return cls(np.fromiter(flat, np.int32, int(starts[-1])), starts)

    def __len__(self) -> int:
        return len(self.starts) - 1

    def __getitem__(self, row: int) -> Ints:
        return self.terms[self.starts[row] : self.starts[row + 1]]

    def chosen(self, rows: Places) -> Rows:
        """Some rows, in the order given."""
        lengths = self.starts[rows + 1] - self.starts[rows]
        starts = _starts(lengths)
        # For each place of the new rows, how far it lies behind that of the old.
        shift = np.repeat(self.starts[rows] - starts[:-1], lengths)
        return Rows(self.terms[np.arange(starts[-1]) + shift], starts)

    def owners(self, owners: Places | None = None) -> Places:
        """For each place, the number of its row, or what `owners` has for the row."""
        numbers = np.arange(len(self)) if owners is None else owners
        return np.repeat(numbers, np.diff(self.starts))

    def sums(self, values: Floats) -> Floats:
        """For each row the sum of a value per place: (places,) to (rows,)."""
        counted = np.bincount(self.owners(), values, len(self))
        return counted.astype(np.float32)

    def holding(self, terms: Ints) -> npt.NDArray[np.bool_]:
        """Which rows hold which terms, (rows, terms).

        Args:
            terms: In ascending order, each once.
        """
        found = np.zeros((len(self), len(terms)), bool)
        column = np.searchsorted(terms, self.terms)
        column[column == len(terms)] = 0
        here = terms[column] == self.terms
        found[self.owners()[here], column[here]] = True
        return found


def rarity(terms: Ints, documents: Places, count: int, known: int) -> Floats:
    """How much each term tells: its inverse document frequency, as in BM25.

    Args:
        terms: Of all documents, any number of times.
        documents: Of each of these, the number of its document.
        count: How many documents there are.
        known: How many terms there are.

    Returns:
        One value per term, and one more for terms of no document.
    """
    pairs = np.unique(terms.astype(np.int64) * count + documents)
    frequency = np.bincount(pairs // count, minlength=known + 1)
    return np.log1p((count - frequency + 0.5) / (frequency + 0.5)).astype(np.float32)


def _starts(lengths: Sequence[int] | Places) -> Places:
    starts = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(lengths, out=starts[1:])
    return starts
