"""Sets of numbered terms, side by side, so that many are compared at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]
Places = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


class Lexicon:
    """Terms with their numbers and weights; new ones get the next number.

    It only grows, so that many may read while one writes.
    """

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}
        self.names: list[str] = []
        self._weights: list[float] = []

    def __len__(self) -> int:
        return len(self._weights)

    def number(self, term: str, weight: float) -> int:
        """The number of a term; a new one is taken in with its weight."""
        number = self.numbers.get(term)
        if number is None:
            # The number last: who finds it finds the rest.
            self.names.append(term)
            self._weights.append(weight)
            number = self.numbers[term] = len(self._weights) - 1
        return number

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
        starts = starts_of([len(row) for row in rows])
        flat = (term for row in rows for term in row)
        return cls(np.fromiter(flat, np.int32, int(starts[-1])), starts)

    def __len__(self) -> int:
        return len(self.starts) - 1

    def __getitem__(self, row: int) -> Ints:
        return self.terms[self.starts[row] : self.starts[row + 1]]

    def chosen(self, rows: Places) -> Rows:
        """Some rows, in the order given."""
        lengths = self.starts[rows + 1] - self.starts[rows]
        starts = starts_of(lengths)
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

    def holding(self, terms: Ints) -> Mask:
        """Which rows hold which terms, (rows, terms).

        Args:
            terms: In ascending order, each once.
        """
        found = np.zeros((len(self), len(terms)), bool)
        if not len(self.terms) or not len(terms):
            return found
        # A table of all numbers is faster than a search for each.
        columns = np.full(max(self.terms.max(), terms[-1]) + 1, -1, np.int32)
        columns[terms] = np.arange(len(terms))
        column = columns[self.terms]
        here = np.flatnonzero(column >= 0)
        found[self.owners()[here], column[here]] = True
        return found

    def summed(self, terms: Ints, values: Floats) -> Floats:
        """For each row the sum of the values of those terms that it holds: (rows,).

        Args:
            terms: Each once.
            values: One for each of them.
        """
        if not len(self.terms) or not len(terms):
            return np.zeros(len(self), np.float32)
        table = np.zeros(max(self.terms.max(), terms.max()) + 1, np.float32)
        table[terms] = values
        return self.sums(table[self.terms])


def joined(parts: Sequence[Rows]) -> Rows:
    """The rows of several, behind one another; of none, none."""
    if len(parts) == 1:
        return parts[0]
    terms = [part.terms for part in parts]
    lengths = [np.diff(part.starts) for part in parts]
    return Rows(
        np.concatenate([np.zeros(0, np.int32), *terms]),
        starts_of(np.concatenate([np.zeros(0, np.int64), *lengths])),
    )


def starts_of(lengths: Sequence[int] | Places) -> Places:
    """Where each of several pieces begins, and where the last ends: (pieces + 1,)."""
    starts = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(lengths, out=starts[1:])
    return starts


def ranges(firsts: Places, ends: Places) -> Places:
    """All whole numbers from each first one to before its end, behind one another."""
    starts = starts_of(ends - firsts)
    shift: Places = np.repeat(firsts - starts[:-1], ends - firsts)
    return shift + np.arange(starts[-1])


def rarity(frequency: Places, count: int) -> Floats:
    """How much terms tell: their inverse document frequency, as in BM25.

    Args:
        frequency: In how many documents each stands.
        count: How many documents there are.
    """
    other = np.maximum(count - frequency, 0)
    return np.log1p((other + 0.5) / (frequency + 0.5)).astype(np.float32)
