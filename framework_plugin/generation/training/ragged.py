"""Rows of ids of different lengths in one flat array."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate

import numpy as np
import numpy.typing as npt

from framework_plugin.text.vocabulary import PAD_ID

Ids = npt.NDArray[np.int32]
Indices = npt.NDArray[np.int64]


class Ragged:
    """Rows of different lengths, in memory or mapped from a file.

    Args:
        flat: All rows one after the other.
        offsets: Where each row begins, and where the last one ends: (rows + 1).
    """

    def __init__(self, flat: Ids, offsets: Indices) -> None:
        self._flat = flat
        self._offsets = offsets

    @classmethod
    def of(cls, rows: Iterable[Sequence[int]]) -> Ragged:
        """Copies rows into memory."""
        kept = [np.asarray(row, np.int32) for row in rows]
        offsets = np.fromiter(
            accumulate(map(len, kept), initial=0), np.int64, len(kept) + 1
        )
        flat = np.concatenate(kept) if kept else np.empty(0, np.int32)
        return cls(flat, offsets)

    def __len__(self) -> int:
        return len(self._offsets) - 1

    def lengths(self, rows: Indices) -> Indices:
        """The lengths of some rows."""
        return np.asarray(self._offsets[rows + 1] - self._offsets[rows])

    def padded(self, rows: Indices) -> Ids:
        """Some rows as one array (rows, longest of them), at least 1 wide."""
        starts, lengths = self._offsets[rows], self.lengths(rows)
        places = np.arange(max(1, lengths.max(initial=0)))
        filled = places < lengths[:, None]
        padded = np.full(filled.shape, PAD_ID, np.int32)
        padded[filled] = self._flat[(starts[:, None] + places)[filled]]
        return padded
