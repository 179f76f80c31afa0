"""Texts as weighted bags of n-grams.

The numbers are those of scikit-learn's `HashingVectorizer` and `TfidfTransformer`
(sublinear counts). These are made for many texts at once, and take milliseconds for a
single one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.utils import murmurhash3_32

_COLUMNS = 2**18
_KNOWN = 100_000
"""N-grams whose column is not worked out anew."""
_FAMILIAR = 4_096
"""Texts whose vector is not: the same replies are proposed again and again."""


Weights = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Vector:
    """A sparse vector.

    Args:
        columns: Where it is not 0, rising.
        values: What it is there.
    """

    columns: npt.NDArray[np.int32]
    values: Weights


class NgramVectors:
    """Turns texts into unit vectors of hashed n-grams, one text a row.

    Args:
        size: Characters of an n-gram.
        texts: What the rarity of n-grams is taken from; at least one.
    """

    def __init__(self, size: int, texts: Sequence[str]) -> None:
        counter = HashingVectorizer(analyzer="char", ngram_range=(size, size))
        self._split = counter.build_analyzer()
        self._column = lru_cache(maxsize=_KNOWN)(_column)
        self.vector = lru_cache(maxsize=_FAMILIAR)(self._vector)
        found: Counter[int] = Counter()
        for text in texts:
            found.update({self._column(gram) for gram in self._split(text)})
        frequency = np.zeros(_COLUMNS)
        frequency[list(found)] = list(found.values())
        self._rarity = np.log((1 + len(texts)) / (1 + frequency)) + 1

    def __call__(self, texts: Sequence[str]) -> Any:
        """The vectors, sparse, shape (texts, 2¹⁸)."""
        found = [self.vector(text) for text in texts]
        starts = np.cumsum([0, *(len(one.columns) for one in found)])
        columns = np.concatenate([one.columns for one in found])
        values = np.concatenate([one.values for one in found])
        return csr_matrix((values, columns, starts), shape=(len(texts), _COLUMNS))

    def _vector(self, text: str) -> Vector:
        """The vector of a text, of length 1, or of 0 without any n-gram."""
        counts = Counter(map(self._column, self._split(text)))
        columns = np.array(sorted(counts), dtype=np.int32)
        weights = np.array([counts[c] for c in columns.tolist()], dtype=np.float64)
        weights = (np.log(weights) + 1) * self._rarity[columns]
        return Vector(columns, weights / (np.sqrt(weights @ weights) or 1.0))


class Postings:
    """Many vectors turned over: of each n-gram the texts that have it.

    So a text is compared with all of them by the few n-grams that it has.

    Args:
        vectors: From `NgramVectors`, shape (texts, 2¹⁸).
    """

    def __init__(self, vectors: Any) -> None:
        turned = vectors.T.tocsr()
        self._size = vectors.shape[0]
        self._starts = turned.indptr
        # What `bincount` would otherwise be given a copy of.
        self._texts = turned.indices.astype(np.intp)
        self._values = turned.data

    def cosines(self, one: Vector) -> Weights:
        """How like each text is to a vector, shape (texts,)."""
        starts = self._starts[one.columns].tolist()
        ends = self._starts[one.columns + 1].tolist()
        spans = [slice(*span) for span in zip(starts, ends, strict=True)]
        if not spans:
            return np.zeros(self._size)
        texts = np.concatenate([self._texts[span] for span in spans])
        values = [
            self._values[span] * value
            for span, value in zip(spans, one.values.tolist(), strict=True)
        ]
        return _sums(texts, np.concatenate(values), self._size)


class FewVectors:
    """A few of many vectors, to compare texts with each of them.

    Args:
        vectors: From `NgramVectors`.
        rows: Which of them.
    """

    def __init__(self, vectors: Any, rows: Sequence[int]) -> None:
        spans = [slice(vectors.indptr[row], vectors.indptr[row + 1]) for row in rows]
        columns = np.concatenate([vectors.indices[span] for span in spans])
        self._size = len(rows)
        self._rows = np.repeat(
            np.arange(self._size), [span.stop - span.start for span in spans]
        )
        self._values = np.concatenate([vectors.data[span] for span in spans])
        self._columns, self._places = np.unique(columns, return_inverse=True)

    def cosines(self, others: Sequence[Vector]) -> Weights:
        """How like each of some vectors is to each of these.

        Returns:
            Shape (others, rows).
        """
        shape = (len(others), self._size)
        if not len(self._columns):
            return np.zeros(shape)
        shared = np.zeros((len(others), len(self._columns)))
        for row, other in zip(shared, others, strict=True):
            places = np.searchsorted(self._columns, other.columns)
            places[places == len(self._columns)] = 0
            known = self._columns[places] == other.columns
            row[places[known]] = other.values[known]
        products = shared[:, self._places] * self._values
        cells = np.arange(len(others))[:, None] * self._size + self._rows
        sums = _sums(cells.ravel(), products.ravel(), shape[0] * shape[1])
        return sums.reshape(shape)


def _sums(places: npt.NDArray[np.intp], values: Weights, size: int) -> Weights:
    """What comes together at each of so many places."""
    return np.bincount(places, values, size).astype(np.float64, copy=False)


def _column(gram: str) -> int:
    return abs(int(murmurhash3_32(gram.encode(), seed=0))) % _COLUMNS
