"""The few words that a reply is likely to hold, found before it is searched for.

Most of the time goes into scoring words that nobody would say. So only the most
frequent words are scored, the words of what was read, and those that replies to such
words held in training (L'Hostis et al. 2016, "Vocabulary Selection Strategies for
Neural Machine Translation", §3: "common", "co-occurrence"; Jean et al. 2015, "On Using
Very Large Target Vocabulary for Neural Machine Translation", §3.3).
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from framework_plugin.corpus.codec import RESERVED
from framework_plugin.errors import ArtefactError
from framework_plugin.generation.encoding import EncodedTexts
from framework_plugin.generation.serving.stepping import IntArray
from framework_plugin.text.vocabulary import SPECIALS

NEIGHBOURS = "neighbours.npz"
MOST_NEIGHBOURS = 200
"""Words kept for each word that was read."""

_CHUNK = 20_000
_FREQUENT = 0.5
"""Share of a shortlist that frequent words have for sure."""

Pair = tuple[Sequence[int], Sequence[int]]
Weights = npt.NDArray[np.floating[Any]]


class Neighbours:
    """Which words replies hold, and which of them follow which words that were read.

    Args:
        counts: Examples whose reply holds a word, (written,).
        starts: Where each read word's neighbours begin, and the end, (vocabulary + 1,).
        words: The neighbours of all words, one after the other.
        weights: Of each, how much the word that was read speaks for it.
    """

    def __init__(
        self, counts: IntArray, starts: IntArray, words: IntArray, weights: Weights
    ) -> None:
        self.counts = counts
        self._starts = starts
        self._words = words
        self._weights = weights

    @classmethod
    def count(cls, pairs: Iterable[Pair], vocabulary: int, written: int) -> Neighbours:
        """Counts which words meet.

        A word a that was read speaks for a word b by p(b | a) log(1 / p(a)): how often
        replies to it hold b, times its inverse document frequency (Spärck Jones 1972),
        since words that are read everywhere say little. This found more of the words
        of held-out replies than pointwise mutual information did.

        Args:
            pairs: Of each example the ids read and the ids written. Ids that are in
                no vocabulary count for nothing.
            vocabulary: How many ids can be read.
            written: How many ids, the first ones, can be written.
        """
        together = sparse.csr_matrix((vocabulary, written), dtype=np.int32)
        read = np.zeros(vocabulary, np.int64)
        said = np.zeros(written, np.int64)
        total = 0
        for chunk in _chunks(pairs):
            sources = _occurrences((pair[0] for pair in chunk), vocabulary)
            replies = _occurrences((pair[1] for pair in chunk), written)
            together = together + sources.T @ replies
            read += np.asarray(sources.sum(axis=0), np.int64).ravel()
            said += np.asarray(replies.sum(axis=0), np.int64).ravel()
            total += len(chunk)
        return cls(said, *_strongest(together.tocsr(), read, total))

    def weigh(self, read: Iterable[int]) -> Weights:
        """How much speaks for each word, given what was read; (written,)."""
        known = (token for token in set(read) if token < len(self._starts) - 1)
        spans = [slice(self._starts[token], self._starts[token + 1]) for token in known]
        if not spans:
            return np.zeros(len(self.counts))
        words = np.concatenate([self._words[span] for span in spans])
        weights = np.concatenate([self._weights[span] for span in spans])
        weighed = np.bincount(words, weights, minlength=len(self.counts))
        return weighed.astype(np.float32)

    def save(self, folder: Path) -> None:
        """Writes them to an artefact."""
        np.savez_compressed(
            folder / NEIGHBOURS,
            counts=self.counts,
            starts=self._starts,
            words=self._words.astype(np.int32),
            weights=self._weights,
        )

    @classmethod
    def load(cls, folder: Path) -> Neighbours:
        """Reads what `save` wrote.

        Raises:
            ArtefactError: If it is missing or damaged.
        """
        try:
            with np.load(folder / NEIGHBOURS, allow_pickle=False) as arrays:
                names = ("counts", "starts", "words", "weights")
                counts, starts, words, weights = (arrays[name] for name in names)
        except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile) as error:
            raise ArtefactError(
                f"'shortlist' needs the generator's file '{NEIGHBOURS}', which is "
                f"missing or damaged ({error}). Train again with `rasa train`, or set "
                "'shortlist' to 0."
            ) from error
        return cls(counts, starts, words, weights)


class Shortlister:
    """Chooses the words that may be said in one reply.

    Args:
        neighbours: What training counted.
        size: How many words to choose; more if more were read that may be said, all
            if there are no more.
    """

    def __init__(self, neighbours: Neighbours, size: int) -> None:
        self._neighbours = neighbours
        self._written = len(neighbours.counts)
        self._size = min(size, self._written)
        self._order = np.argsort(-neighbours.counts, kind="stable")
        self._always = np.zeros(self._written, bool)
        self._always[self._order[: int(self._size * _FREQUENT)]] = True
        # Marks and placeholders open the vocabulary.
        self._always[: len(SPECIALS) + len(RESERVED)] = True

    def choose(self, texts: EncodedTexts) -> IntArray:
        """The ids of the words for replies to some texts, rising."""
        chosen = self._always.copy()
        own = {*texts.source, *texts.memory, *texts.source_copy, *texts.memory_copy}
        chosen[[token for token in own if token < self._written]] = True
        weights = self._neighbours.weigh({*texts.source, *texts.memory})
        near = np.flatnonzero((weights > 0) & ~chosen)
        room = max(0, self._size - int(chosen.sum()))
        if len(near) > room:
            near = near[np.argpartition(-weights[near], room)[:room]]
        chosen[near] = True
        if len(near) < room:
            others = self._order[~chosen[self._order]]
            chosen[others[: room - len(near)]] = True
        return np.flatnonzero(chosen)


class Shortlist:
    """Some words of a vocabulary, counted anew from 0.

    Ids that are in no vocabulary go on behind them as behind the vocabulary.

    Args:
        ids: The words, rising, the four specials among them.
        written: Words of the vocabulary that may be said.
    """

    def __init__(self, ids: IntArray, written: int) -> None:
        self.ids = ids
        self._written = written
        self._places = np.full(written, -1, np.int64)
        self._places[ids] = np.arange(len(ids))

    def __len__(self) -> int:
        return len(self.ids)

    def places(self, ids: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
        """Ids of the vocabulary, all of words that are in the list, as its own."""
        inside = self._places[np.minimum(ids, self._written - 1)]
        beyond = ids - self._written + len(self.ids)
        return np.where(ids < self._written, inside, beyond).astype(np.int32)

    def words(self, places: IntArray) -> IntArray:
        """Its own ids as those of the vocabulary."""
        inside = self.ids[np.minimum(places, len(self.ids) - 1)]
        beyond = places - len(self.ids) + self._written
        return np.where(places < len(self.ids), inside, beyond)


def _chunks(pairs: Iterable[Pair]) -> Iterable[list[Pair]]:
    chunk: list[Pair] = []
    for pair in pairs:
        chunk.append(pair)
        if len(chunk) == _CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _occurrences(texts: Iterable[Sequence[int]], width: int) -> sparse.csr_matrix:
    """1 where a text holds a token, (texts, width)."""
    rows = [sorted({token for token in text if token < width}) for text in texts]
    starts = np.cumsum([0, *map(len, rows)])
    columns = np.array([token for row in rows for token in row], np.int64)
    ones = np.ones(len(columns), np.int32)
    return sparse.csr_matrix((ones, columns, starts), shape=(len(rows), width))


def _strongest(
    together: sparse.csr_matrix, read: IntArray, total: int
) -> tuple[IntArray, IntArray, Weights]:
    """The neighbours of each word, in the order of `Neighbours`."""
    starts, words, weights = [0], [], []
    for token in range(together.shape[0]):
        row = slice(together.indptr[token], together.indptr[token + 1])
        columns, counts = together.indices[row], together.data[row]
        examples = max(read[token], 1)
        weight = counts / examples * np.log(max(total, 1) / examples)
        best = np.argsort(-weight, kind="stable")[:MOST_NEIGHBOURS]
        best = best[weight[best] > 0]
        words.append(columns[best])
        weights.append(weight[best])
        starts.append(starts[-1] + len(best))
    return (
        np.array(starts, np.int64),
        np.concatenate(words).astype(np.int64),
        np.concatenate(weights).astype(np.float32),
    )
