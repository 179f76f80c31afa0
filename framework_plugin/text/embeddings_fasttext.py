"""Reader of fastText's binary models (.bin): words, known or not, from their n-grams.

A word's vector is the mean of its own row and of the rows of its character n-grams;
a word that was never seen has those of its n-grams alone. Of the matrix, which may be
larger than memory, only the rows needed are read, in one pass from the front.

References:
    Bojanowski et al. 2017, "Enriching Word Vectors with Subword Information", §3.2.
    The program `fastText`, `dictionary.cc` and `args.cc`, for format and hashing.
"""

from __future__ import annotations

import io
import struct
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from framework_plugin.text.embeddings_files import (
    FASTTEXT_MAGIC,
    LARGEST_SIZE,
    TruncatedError,
    Vector,
    check_numbers,
    check_size,
    exactly,
    opened,
    text_before,
    unusable,
)

_SETTINGS = struct.Struct("<i12id")
_DICTIONARY = struct.Struct("<3i2q")
_ENTRY = struct.Struct("<qb")
_SHAPE = struct.Struct("<2q")
_SUPERVISED = 3
_FIRST_WITH_SUBWORDS_OF_LABELS = 12


@dataclass(frozen=True)
class _Model:
    """What stands before the matrix.

    Args:
        version: Of the format.
        size: Numbers per row.
        buckets: Rows shared by all n-grams, after those of the words.
        shortest: Characters of the shortest n-grams, word borders included.
        longest: Characters of the longest ones; 0 for none.
    """

    version: int
    size: int
    buckets: int
    shortest: int
    longest: int

    def grams(self, word: str) -> list[int]:
        """The buckets of a word's n-grams, repeats included."""
        if not self.buckets:
            return []
        grams = character_grams(word, self.shortest, self.longest)
        return [fasttext_hash(gram) % self.buckets for gram in grams]


def read_fasttext(
    path: Path, wanted: Collection[str], size: int | None
) -> tuple[dict[str, Vector], frozenset[str]]:
    """Reads or composes the vectors of some words.

    Args:
        path: A .bin file of fastText, not quantised.
        wanted: The words to keep.
        size: The numbers per word that are expected; None for any.

    Returns:
        The vectors, and which of them were composed from n-grams alone. A word is
        missing only if the model has no n-grams of it.

    Raises:
        SettingsError: If the file is truncated, damaged or quantised, has vectors of
            another size, or a wanted vector holds NaN.
    """
    with opened(path) as stream:
        model = _read_model(stream, path)
        check_size(path, model.size, size)
        rows, words = _read_words(stream, wanted)
        sums = _Means(model.size)
        for word in sorted(set(wanted)):
            own = [rows[word]] if word in rows else []
            sums.expect(word, [*own, *(words + gram for gram in model.grams(word))])
        sums.read(stream, _open_matrix(stream, path, model))
    vectors = sums.means()
    for word, vector in vectors.items():
        check_numbers(path, word, vector)
    return vectors, frozenset(vectors) - frozenset(rows)


def character_grams(word: str, shortest: int, longest: int) -> Iterator[str]:
    """The n-grams of a word between `<` and `>`, the borders alone left out."""
    bordered = f"<{word}>"
    for start in range(len(bordered)):
        most = min(longest, len(bordered) - start)
        for length in range(max(1, shortest), most + 1):
            end = start + length
            alone = length == 1 and (start == 0 or end == len(bordered))
            if not alone:
                yield bordered[start:end]


def fasttext_hash(text: str) -> int:
    """The 32-bit FNV-1a of a text as fastText computes it.

    Its bytes are signed numbers there, so those above 127 flip the upper bits too.
    """
    value = 2166136261
    for byte in text.encode("utf-8", errors="surrogatepass"):
        signed = byte if byte < 128 else byte | 0xFFFFFF00
        value = ((value ^ signed) * 16777619) & 0xFFFFFFFF
    return value


class _Means:
    """Mean vectors of words, summed up while a matrix is read row by row."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._sums: dict[str, npt.NDArray[np.float64]] = {}
        self._counts: dict[str, int] = {}
        self._readers: dict[int, list[str]] = defaultdict(list)

    def expect(self, word: str, rows: list[int]) -> None:
        """Makes a word the mean of some rows; a word without rows gets none."""
        if rows:
            self._sums[word] = np.zeros(self._size)
            self._counts[word] = len(rows)
        for row in rows:
            self._readers[row].append(word)

    def read(self, stream: io.BufferedReader, rows: int) -> None:
        """Reads the rows that are expected, from where the matrix begins.

        Raises:
            TruncatedError: If a row is not there.
        """
        begin, width = stream.tell(), self._size * 4
        for row in sorted(self._readers):
            if row >= rows:
                raise TruncatedError(f"row {row} of the matrix of {rows} is asked for")
            stream.seek(begin + row * width)
            values = np.frombuffer(exactly(stream, width), "<f4")
            for word in self._readers[row]:
                self._sums[word] += values

    def means(self) -> dict[str, Vector]:
        """The vectors of all words that have rows."""
        return {
            word: (total / self._counts[word]).astype(np.float32)
            for word, total in self._sums.items()
        }


def _read_model(stream: io.BufferedReader, path: Path) -> _Model:
    exactly(stream, len(FASTTEXT_MAGIC))
    settings = _SETTINGS.unpack(exactly(stream, _SETTINGS.size))
    version, size, kind = settings[0], settings[1], settings[8]
    buckets, shortest, longest = settings[9:12]
    if version not in (11, 12) or not 0 < size <= LARGEST_SIZE or buckets < 0:
        raise unusable(
            path,
            f"it is a fastText model of version {version} with {size} numbers a word, "
            "which cannot be read.",
            "Expected version 11 or 12, as fastText writes since 2017.",
        )
    if kind == _SUPERVISED and version < _FIRST_WITH_SUBWORDS_OF_LABELS:
        longest = 0  # Models of that version count n-grams but do not use them.
    return _Model(version, size, buckets, shortest, longest)


def _read_words(
    stream: io.BufferedReader, wanted: Collection[str]
) -> tuple[dict[str, int], int]:
    """The matrix rows of wanted words, and how many words there are."""
    spelled = {word.encode("utf-8", errors="surrogatepass"): word for word in wanted}
    entries, words, _, _, pruned = _DICTIONARY.unpack(exactly(stream, _DICTIONARY.size))
    rows: dict[str, int] = {}
    for row in range(entries):
        raw = text_before(stream, b"\0")
        exactly(stream, _ENTRY.size)
        # Labels follow the words and have no row.
        if row < words and raw in spelled:
            rows.setdefault(spelled[raw], row)
    exactly(stream, 8 * max(0, pruned))
    return rows, words


def _open_matrix(stream: io.BufferedReader, path: Path, model: _Model) -> int:
    """Reads what stands right before the numbers; returns how many rows follow."""
    if exactly(stream, 1) != b"\0":
        raise unusable(
            path,
            "it is a quantised fastText model (.ftz).",
            "Expected the full model; name its .bin or .vec file.",
        )
    rows, size = _SHAPE.unpack(exactly(stream, _SHAPE.size))
    if size != model.size:
        raise TruncatedError(f"its matrix has {size} columns instead of {model.size}")
    return int(rows)
