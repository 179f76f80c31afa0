"""The meaning of a message as the mean of its words' vectors, for `search`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from framework_plugin.text.embeddings import WordVectors


class AveragedVectors:
    """Word vectors as `search.TextVectors`.

    Args:
        vectors: Of normalised words, such as `personal-chat embeddings train` makes.
    """

    def __init__(self, vectors: WordVectors) -> None:
        self._rows = {word: row for row, word in enumerate(vectors.words)}
        self._matrix = vectors.matrix

    def vector(self, words: Sequence[str]) -> list[float] | None:
        """The mean of the words' vectors, each of length 1; None if none is known."""
        rows = [self._rows[word] for word in words if word in self._rows]
        if not rows:
            return None
        found = self._matrix[rows]
        lengths = np.linalg.norm(found, axis=1, keepdims=True)
        unit = found / np.maximum(lengths, np.finfo(np.float32).tiny)
        return [float(value) for value in unit.mean(axis=0)]
