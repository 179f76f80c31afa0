"""Word vectors made elsewhere, as a beginning for the embeddings of a network.

References:
    Mikolov et al. 2013, "Distributed Representations of Words and Phrases and their
    Compositionality" (word2vec); Pennington et al. 2014 (GloVe); Bojanowski et al.
    2017 (fastText). Qi et al. 2018, "When and Why are Pre-trained Word Embeddings
    Useful for Neural Machine Translation?": they help most where data are few.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from framework_plugin.errors import SettingsError
from framework_plugin.text.embeddings_fasttext import read_fasttext
from framework_plugin.text.embeddings_files import check_size, read_header
from framework_plugin.text.embeddings_word2vec import read_word2vec

logger = logging.getLogger(__name__)

Matrix = npt.NDArray[np.float32]

_MARK = re.compile(r"<[^<>\s]+>|\{[a-z]+\}")
_LOW_COVERAGE = 0.5
_SHOWN = 10
_BLOCK = 512


@dataclass(frozen=True, eq=False)
class WordVectors:
    """Words and their vectors.

    Args:
        words: The words, each once.
        matrix: Their vectors, (words, size).
        composed: Those that the file does not hold, composed from their n-grams.
    """

    words: tuple[str, ...]
    matrix: Matrix
    composed: frozenset[str] = frozenset()

    @property
    def size(self) -> int:
        """Numbers per word."""
        return int(self.matrix.shape[1])

    def neighbours(
        self, words: Sequence[str], count: int
    ) -> Iterator[tuple[str, list[tuple[str, float]]]]:
        """The words whose vectors point most nearly the same way.

        Args:
            words: Words of which to find the neighbours; unknown ones are left out.
            count: How many neighbours of each.

        Yields:
            A word, and its neighbours with their cosine, nearest first.
        """
        rows = {word: row for row, word in enumerate(self.words)}
        asked = [rows[word] for word in words if word in rows]
        norms = np.linalg.norm(self.matrix, axis=1, keepdims=True)
        unit = self.matrix / np.maximum(norms, np.finfo(np.float32).tiny)
        count = min(count, len(self.words) - 1)
        for begin in range(0, len(asked), _BLOCK):
            block = asked[begin : begin + _BLOCK]
            cosines = unit[block] @ unit.T
            cosines[np.arange(len(block)), block] = -np.inf
            nearest = np.argsort(-cosines, axis=1, kind="stable")[:, :count]
            for row, near, values in zip(block, nearest, cosines, strict=True):
                yield (
                    self.words[row],
                    [(self.words[other], float(values[other])) for other in near],
                )


@dataclass(frozen=True, eq=False)
class Coverage:
    """How much of a vocabulary a file of vectors knows; marks are not counted.

    Args:
        found: Which tokens have a vector of the file, (vocabulary,): the others are
            random, and a network that freezes its vectors should still train those.
        words: Tokens that are words, not marks such as `<pad>` and `{name}`.
        composed: Words that were composed from their n-grams.
        running_words: The share of running words with a vector, 0 to 1; None where no
            counts were given.
        missing: Words without a vector; the most frequent ones, if counts were given.
    """

    found: npt.NDArray[np.bool_]
    words: int
    composed: int
    running_words: float | None
    missing: tuple[str, ...]

    @property
    def vocabulary(self) -> float:
        """The share of the vocabulary with a vector, 0 to 1."""
        return int(self.found.sum()) / self.words if self.words else 0.0

    def __str__(self) -> str:
        text = f"{int(self.found.sum()):,} of {self.words:,} words have a vector "
        text += f"({self.vocabulary:.1%})"
        if self.running_words is not None:
            text += f", {self.running_words:.1%} of running words"
        if self.composed:
            text += f"; {self.composed:,} of them are composed from n-grams"
        if self.missing:
            text += f"; without one: {' '.join(self.missing)}"
        return text


def read_vectors(
    path: Path, wanted: Collection[str], *, size: int | None = None
) -> WordVectors:
    """Reads the vectors of some words; the file may be larger than memory.

    Its form is told from its content: word2vec (text, binary), GloVe (text), fastText
    (.vec, .bin), each also compressed with gzip. Words are UTF-8 or GB18030.

    Args:
        path: The file.
        wanted: The words to keep. A binary fastText model composes those it does not
            hold from their n-grams.
        size: The numbers per word that are expected; None for any.

    Returns:
        The words that have a vector, in the order of `wanted` if that is a sequence,
        by spelling otherwise.

    Raises:
        SettingsError: If the file is missing, empty, damaged, truncated, of an unknown
            form or encoding, of another size, or holds NaN for a wanted word.
    """
    header = read_header(path)
    composed: frozenset[str] = frozenset()
    if header.form == "fasttext":
        found, composed = read_fasttext(path, wanted, size)
        width = len(next(iter(found.values()), ())) or size or 0
    else:
        check_size(path, header.size, size)
        found, width = read_word2vec(path, header, wanted), header.size
    ordered = wanted if isinstance(wanted, Sequence) else sorted(wanted)
    words = tuple(word for word in dict.fromkeys(ordered) if word in found)
    matrix = np.zeros((len(words), width), dtype=np.float32)
    for row, word in enumerate(words):
        matrix[row] = found[word]
    return WordVectors(words, matrix, composed)


def vectors_for(
    tokens: Sequence[str],
    path: Path,
    size: int,
    rng: np.random.Generator,
    counts: Mapping[str, int] | None = None,
) -> tuple[Matrix, Coverage]:
    """The embeddings that a network begins with.

    Marks such as `<pad>`, `<user>` and `{name}`, and words that the file does not
    know, get normal random vectors, as long on average as those of the file.

    Args:
        tokens: The vocabulary.
        path: A file that `read_vectors` reads.
        size: Numbers per token in the network.
        rng: Draws the random vectors.
        counts: How often each token occurs, for the share of running words.

    Returns:
        The vectors, (vocabulary, size), and how many come from the file. The coverage
        is logged, with a warning where it is low.

    Raises:
        SettingsError: See `read_vectors`; also if the file knows not a single word.
    """
    words = [token for token in tokens if not _MARK.fullmatch(token)]
    vectors = read_vectors(path, words, size=size)
    if not vectors.words:
        raise SettingsError(
            f"The word vectors '{path}' know none of the {len(words):,} words of the "
            "vocabulary. Expected Chinese words, or characters where the network reads "
            "characters. Name another 'embeddings_file', or leave it out."
        )
    matrix, found = _placed(tokens, vectors, rng)
    coverage = _coverage(words, vectors, found, counts)
    level = logging.WARNING if coverage.vocabulary < _LOW_COVERAGE else logging.INFO
    logger.log(level, "Word vectors '%s': %s.", path, coverage)
    return matrix, coverage


def _placed(
    tokens: Sequence[str], vectors: WordVectors, rng: np.random.Generator
) -> tuple[Matrix, npt.NDArray[np.bool_]]:
    """A vector for each token, and which of them are not random."""
    rows = {word: row for row, word in enumerate(vectors.words)}
    places = np.array([rows.get(token, -1) for token in tokens])
    scale = float(np.sqrt(np.mean(np.square(vectors.matrix, dtype=np.float64))))
    shape = (len(tokens), vectors.size)
    matrix = rng.normal(0.0, scale, shape).astype(np.float32)
    matrix[places >= 0] = vectors.matrix[places[places >= 0]]
    return matrix, places >= 0


def _coverage(
    words: Sequence[str],
    vectors: WordVectors,
    found: npt.NDArray[np.bool_],
    counts: Mapping[str, int] | None,
) -> Coverage:
    known = set(vectors.words)
    missing = [word for word in words if word not in known]
    share = None
    if counts is not None:
        missing.sort(key=lambda word: -counts.get(word, 0))
        total = sum(counts.get(word, 0) for word in words)
        unknown = sum(counts.get(word, 0) for word in missing)
        share = 1.0 - unknown / total if total else 0.0
    composed = len(vectors.composed)
    return Coverage(found, len(words), composed, share, tuple(missing[:_SHOWN]))
