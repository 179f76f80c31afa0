"""Texts as weighted bags of n-grams.

The numbers are those of scikit-learn's `HashingVectorizer` and `TfidfTransformer`
(sublinear counts). These are made for many texts at once, and take milliseconds for a
single one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.utils import murmurhash3_32

_COLUMNS = 2**18
_KNOWN = 100_000
"""N-grams whose column is not worked out anew."""


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
        found: Counter[int] = Counter()
        for text in texts:
            found.update({self._column(gram) for gram in self._split(text)})
        frequency = np.zeros(_COLUMNS)
        frequency[list(found)] = list(found.values())
        self._rarity = np.log((1 + len(texts)) / (1 + frequency)) + 1

    def __call__(self, texts: Sequence[str]) -> Any:
        """The vectors, sparse, shape (texts, 2¹⁸)."""
        starts, columns, values = [0], [], []
        for text in texts:
            counts = Counter(map(self._column, self._split(text)))
            own = np.array(sorted(counts), dtype=np.int32)
            weights = np.array([counts[column] for column in own], dtype=np.float64)
            weights = (np.log(weights) + 1) * self._rarity[own]
            columns.append(own)
            values.append(weights / (np.sqrt(weights @ weights) or 1.0))
            starts.append(starts[-1] + len(own))
        parts = (np.concatenate(values), np.concatenate(columns), starts)
        return csr_matrix(parts, shape=(len(texts), _COLUMNS))


def _column(gram: str) -> int:
    return abs(int(murmurhash3_32(gram.encode(), seed=0))) % _COLUMNS
