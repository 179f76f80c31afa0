"""Readers of word2vec files, text and binary, and of GloVe's text files.

Files are read once from the front, and only the vectors of wanted words are kept:
memory grows with the vocabulary, not with the file.

References:
    Mikolov et al. 2013, "Efficient Estimation of Word Representations in Vector
    Space", and the program `word2vec` published with it, for the formats.
    Pennington et al. 2014, "GloVe: Global Vectors for Word Representation".
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator
from pathlib import Path

import numpy as np

from framework_plugin.text.embeddings_files import (
    Header,
    TruncatedError,
    Vector,
    check_numbers,
    exactly,
    opened,
    text_before,
    unusable,
)

logger = logging.getLogger(__name__)

_ENCODINGS = ("utf-8", "gb18030")
_TOLERATED = 0.1
"""The share of words that may be undecodable: some programs cut long words in the
middle of a character. More, and the file is in another encoding."""


class _Decoder:
    """Decodes the words of a file, and counts those that it cannot."""

    def __init__(self, encoding: str) -> None:
        self.encoding = encoding
        self.words = 0
        self.undecodable = 0
        self.first_undecodable = 0

    def decode(self, word: bytes, number: int) -> str | None:
        self.words += 1
        try:
            return word.decode(self.encoding)
        except UnicodeDecodeError:
            self.undecodable += 1
            self.first_undecodable = self.first_undecodable or number
            return None

    @property
    def fits(self) -> bool:
        return self.undecodable <= _TOLERATED * self.words


def read_word2vec(
    path: Path, header: Header, wanted: Collection[str]
) -> dict[str, Vector]:
    """Reads the vectors of some words from a text or binary file.

    Of a word that comes twice the first vector counts.

    Args:
        path: The file.
        header: What `read_header` told of it.
        wanted: The words to keep; those that are not there are left out.

    Raises:
        SettingsError: If the file is truncated or damaged, in an encoding other than
            UTF-8 and GB18030, or a wanted vector holds NaN.
    """
    read = _text_vectors if header.form == "text" else _binary_vectors
    wanted = frozenset(wanted)
    unread = []
    for encoding in _ENCODINGS:
        decoder = _Decoder(encoding)
        found: dict[str, Vector] = {}
        for word, vector in read(path, header, wanted, decoder):
            check_numbers(path, word, vector)
            found.setdefault(word, vector)
            if len(found) == len(wanted):
                break
        if decoder.fits:
            _report(path, decoder)
            return found
        unread.append(f"{encoding} (first at {decoder.first_undecodable})")
    unit = "line" if header.form == "text" else "word"
    raise unusable(
        path,
        f"its words are neither UTF-8 nor GB18030; undecodable, by {unit}: "
        f"{', '.join(unread)}.",
        "Save it as UTF-8, or name another 'embeddings_file'.",
    )


def _report(path: Path, decoder: _Decoder) -> None:
    if decoder.encoding != _ENCODINGS[0]:
        logger.info("The word vectors '%s' are read as %s.", path, decoder.encoding)
    if decoder.undecodable:
        logger.warning(
            "%d words of '%s' are not %s and are skipped, the first at %d.",
            decoder.undecodable,
            path,
            decoder.encoding,
            decoder.first_undecodable,
        )


def _text_vectors(
    path: Path, header: Header, wanted: Collection[str], decoder: _Decoder
) -> Iterator[tuple[str, Vector]]:
    """The wanted words of a text file; lines of others are not looked at further."""
    # GloVe's largest files hold words with blanks: the first part tells if to look.
    heads = {word.split(" ", 1)[0] for word in wanted}
    with opened(path) as stream:
        if header.count is not None:
            stream.readline()
        first = 1 if header.count is None else 2
        for number, line in enumerate(stream, start=first):
            parts = line.removeprefix(b"\xef\xbb\xbf").split(None, 1)
            if not parts:
                continue
            head = decoder.decode(parts[0], number)
            # A line that begins with a blank is the vector of a blank.
            if head not in heads or line[:1] in b" \t":
                continue
            word, vector = _text_vector(path, number, line, header.size, decoder)
            if word in wanted:
                yield word, vector
    if header.count is not None and decoder.words < header.count:
        logger.warning(
            "The word vectors '%s' hold %d words, but announce %d: the file may have "
            "been cut.",
            path,
            decoder.words,
            header.count,
        )


def _text_vector(
    path: Path, number: int, line: bytes, size: int, decoder: _Decoder
) -> tuple[str, Vector]:
    fields = line.removeprefix(b"\xef\xbb\xbf").split()
    try:
        if len(fields) <= size:
            raise ValueError
        values = [float(field) for field in fields[-size:]]
    except ValueError:
        raise unusable(
            path,
            f"line {number} is not a word and {size} numbers: {line[:40]!r}.",
            "The file is damaged or was cut; get it again, or correct the line.",
        ) from None
    word = b" ".join(fields[:-size]).decode(decoder.encoding, errors="replace")
    return word, np.array(values, dtype=np.float32)


def _binary_vectors(
    path: Path, header: Header, wanted: Collection[str], decoder: _Decoder
) -> Iterator[tuple[str, Vector]]:
    assert header.count is not None  # Told by the line that makes a file binary.
    width = header.size * 4
    with opened(path) as stream:
        stream.readline()
        for number in range(1, header.count + 1):
            try:
                # Some programs end each vector with a line break, some do not.
                raw = text_before(stream, b" ").lstrip(b"\n")
                numbers = exactly(stream, width)
            except TruncatedError as error:
                raise TruncatedError(
                    f"word {number} of {header.count}: {error}"
                ) from error
            word = decoder.decode(raw, number)
            if word is not None and word in wanted:
                yield word, np.frombuffer(numbers, "<f4").astype(np.float32)
