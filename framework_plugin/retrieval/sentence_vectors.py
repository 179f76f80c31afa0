"""Sentences as vectors, made of the vectors of their words; near ones mean alike.

References:
    Arora, Liang, Ma 2017, "A Simple but Tough-to-Beat Baseline for Sentence
    Embeddings" (SIF). Levy, Goldberg 2014, "Neural Word Embedding as Implicit Matrix
    Factorization", and Levy, Goldberg, Dagan 2015, "Improving Distributional Similarity
    with Lessons Learned from Word Embeddings" (PPMI and SVD).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import permutations
from pathlib import Path
from typing import Protocol

import numpy as np

from framework_plugin.errors import DocumentError
from framework_plugin.retrieval.rows import Floats
from framework_plugin.retrieval.terms import Segment
from framework_plugin.text.embeddings import read_vectors
from framework_plugin.text.segment import create_segmenter

_SMOOTHING = 1e-3
"""`a` of Arora et al.: how frequent a word is that counts half."""
_CONTEXT_POWER = 0.75
_LEAST = 1e-9
_REMEMBERED = 50_000


class SentenceEncoder(Protocol):
    """Turns texts into vectors."""

    def __call__(self, texts: Sequence[str]) -> Floats:
        """Vectors of length 1, or of zeros where nothing is known: (texts, size)."""
        ...


@dataclass(frozen=True, eq=False)
class WordMeans:
    """A sentence is the mean of its words, rare ones more, common direction removed.

    Args:
        words: The words that have a vector.
        matrix: Their vectors, each weighed by how rare its word is: (words, size).
        common: The direction that sentences have in common: (size,).
        segment: Cuts a text into words.
    """

    words: Sequence[str]
    matrix: Floats
    common: Floats
    segment: Segment = field(default_factory=lambda: create_segmenter().norms)
    _rows: dict[str, int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Makes what words are looked up by."""
        rows = {word: row for row, word in enumerate(self.words)}
        object.__setattr__(self, "_rows", rows)

    @classmethod
    def of(
        cls,
        words: Sequence[str],
        matrix: Floats,
        texts: Sequence[str],
        segment: Segment | None = None,
    ) -> WordMeans:
        """From vectors of words, and texts that tell which words are frequent.

        Args:
            words: Each once.
            matrix: (words, size).
            texts: Such as the wordings of all entries.
            segment: Cuts a text into words; the package's own when left out.

        Raises:
            DocumentError: No text has a word with a vector.
        """
        segment = segment or create_segmenter().norms
        counts = Counter(word for text in texts for word in segment(text))
        share = np.array([counts[word] for word in words]) / max(counts.total(), 1)
        weighed = (matrix * (_SMOOTHING / (_SMOOTHING + share))[:, None]).astype(
            np.float32
        )
        size = matrix.shape[1]
        plain = cls(words, weighed, np.zeros(size, np.float32), segment)
        sums = plain._sums(texts)
        if not sums.any():
            raise DocumentError(
                f"None of the words of {len(texts)} texts has a vector. Expected "
                "vectors of Chinese words, as 'personal-chat embeddings' makes them."
            )
        # The first right singular vector, of the smaller square matrix.
        common = np.linalg.eigh(sums.T @ sums)[1][:, -1]
        return cls(words, weighed, common.astype(np.float32), segment)

    @classmethod
    def read(cls, path: Path, texts: Sequence[str]) -> WordMeans:
        """From a file of word vectors; see `read_vectors`.

        Args:
            path: word2vec, GloVe or fastText.
            texts: Of which words to keep.

        Raises:
            DocumentError: See `of`.
            SettingsError: See `read_vectors`.
        """
        segment = create_segmenter().norms
        vectors = read_vectors(path, {word for text in texts for word in segment(text)})
        return cls.of(vectors.words, vectors.matrix, texts, segment)

    @classmethod
    def learned(cls, texts: Sequence[str], size: int = 100) -> WordMeans:
        """From the texts themselves: words of like neighbours get like vectors.

        Args:
            texts: As many as there are; a few hundred teach little.
            size: Numbers per word; fewer if there are too few words.

        Raises:
            DocumentError: No word stands beside another in two texts.
        """
        segment = create_segmenter().norms
        words, matrix = _cooccurring([segment(text) for text in texts], size)
        return cls.of(words, matrix, texts, segment)

    def __call__(self, texts: Sequence[str]) -> Floats:
        """See `SentenceEncoder`."""
        sums = self._sums(texts)
        sums -= np.outer(sums @ self.common, self.common)
        return unit(sums)

    def _sums(self, texts: Sequence[str]) -> Floats:
        found = np.zeros((len(texts), self.matrix.shape[1]), np.float32)
        for place, text in enumerate(texts):
            rows = [self._rows[w] for w in self.segment(text) if w in self._rows]
            if rows:
                found[place] = self.matrix[rows].mean(axis=0)
        return found


class Remembering:
    """An encoder that encodes a text it met lately only once.

    Args:
        encoder: Does the work.
        most: Texts that are remembered.
    """

    def __init__(self, encoder: SentenceEncoder, most: int = _REMEMBERED) -> None:
        self.encoder = encoder
        self._most = most
        self._known: dict[str, Floats] = {}

    def __call__(self, texts: Sequence[str]) -> Floats:
        """See `SentenceEncoder`."""
        known = self._known
        new = [text for text in dict.fromkeys(texts) if text not in known]
        found = dict(zip(new, self.encoder(new), strict=True)) if new else {}
        vectors = [found[text] if text in found else known[text] for text in texts]
        if len(known) + len(found) > self._most:
            # Another dictionary, since other threads may read this one.
            known = self._known = {}
        known.update(found)
        return np.array(vectors, np.float32)


def unit(vectors: Floats) -> Floats:
    """The same directions, of length 1."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    found: Floats = (vectors / np.maximum(lengths, _LEAST)).astype(np.float32)
    return found


def _cooccurring(
    texts: Iterable[Collection[str]], size: int
) -> tuple[list[str], Floats]:
    """Words that stand in two texts or more, and vectors of what stands beside them."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.linalg import svds

    each = [list(dict.fromkeys(text)) for text in texts]
    counts = Counter(word for text in each for word in text)
    words = sorted(word for word, count in counts.items() if count > 1)
    rows = {word: row for row, word in enumerate(words)}
    pairs: Counter[tuple[int, int]] = Counter()
    for text in each:
        pairs.update(permutations([rows[word] for word in text if word in rows], 2))
    size = min(size, len(words) - 2)
    if not pairs or size < 1:
        raise DocumentError(
            f"No vectors can be learned from {len(each)} texts: too few words stand "
            "beside each other in several of them. Expected some thousand texts, or a "
            "file of word vectors."
        )
    places = np.array(list(pairs), np.int64)
    together = np.array(list(pairs.values()), float)
    alone = np.bincount(places[:, 0], together, len(words))
    context = alone**_CONTEXT_POWER / (alone**_CONTEXT_POWER).sum()
    expected = alone[places[:, 0]] * context[places[:, 1]]
    information = np.maximum(np.log(together / np.maximum(expected, _LEAST)), 0)
    shape = (len(words), len(words))
    matrix = coo_matrix((information, places.T), shape).tocsr()
    left, values, _ = svds(matrix, size, v0=np.ones(len(words)))
    return words, unit((left * np.sqrt(values)).astype(np.float32))
