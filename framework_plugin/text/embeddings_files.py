"""Files of word vectors: opening them, telling their form, and their faults.

    word2vec text     first line `words numbers`, then `word 0.1 0.2 …`; fastText's
                      .vec files are the same
    GloVe text        the same without the first line
    word2vec binary   the same first line, then `word `, float32 numbers, in turns
    fastText binary   a magic number, settings, dictionary and matrices

Each may be compressed with gzip; the name of a file means nothing.
"""

from __future__ import annotations

import gzip
import io
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

import numpy as np
import numpy.typing as npt

from framework_plugin.errors import SettingsError

Vector = npt.NDArray[np.float32]
"""One word's numbers, (size,)."""

FASTTEXT_MAGIC = (793712314).to_bytes(4, "little")
LARGEST_SIZE = 100_000
"""Numbers per word; a file that claims more is damaged or no vectors file."""

_GZIP_MAGIC = b"\x1f\x8b"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
# What `peek` copies for every word; larger ones make binary files slower to read.
_BUFFER = 1 << 15
_PIECE = 1 << 20
_SNIFFED = 1 << 18
_LONGEST_WORD = 1 << 16
_NUMBER = re.compile(rb"[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?|[-+]?(?:nan|inf)", re.I)


class TruncatedError(Exception):
    """The file ends in the middle; caught where its path is known."""


_DAMAGES = (gzip.BadGzipFile, zlib.error, EOFError, TruncatedError)


@dataclass(frozen=True)
class Header:
    """What the beginning of a file tells.

    Args:
        form: How the vectors are written.
        size: Numbers per word; 0 where only the reader of the form can tell.
        count: Words in the file, None where it does not say.
    """

    form: Literal["text", "binary", "fasttext"]
    size: int = 0
    count: int | None = None


def unusable(path: Path, problem: str, remedy: str) -> SettingsError:
    """An error about a file of word vectors: what is wrong, and what to do."""
    return SettingsError(
        f"The word vectors '{path}' cannot be used: {problem} {remedy}"
    )


@contextmanager
def opened(path: Path) -> Iterator[io.BufferedReader]:
    """Opens a file for reading bytes, decompressed if it is a gzip file.

    Raises:
        SettingsError: If it cannot be opened, or is damaged where it is read.
    """
    remedy = "Get or make the file again, or name another one as 'embeddings_file'."
    try:
        with path.open("rb") as file:
            compressed = file.peek(2)[:2] == _GZIP_MAGIC
            source = gzip.GzipFile(fileobj=file) if compressed else file
            yield io.BufferedReader(cast(io.RawIOBase, source), _BUFFER)
    except _DAMAGES as error:
        problem = "it ends before it should, or is damaged"
        raise unusable(path, f"{problem} ({error}).", remedy) from error
    except OSError as error:
        raise unusable(
            path,
            f"it cannot be read ({error.strerror or error}).",
            "Correct 'embeddings_file', or leave it out for random vectors.",
        ) from error


def read_header(path: Path) -> Header:
    """Tells the form of a file from its first lines.

    Raises:
        SettingsError: If the file cannot be read, is empty or is no vectors file.
    """
    with opened(path) as stream:
        start = stream.read(_SNIFFED).removeprefix(_BYTE_ORDER_MARK)
    if not start.strip():
        raise unusable(path, "it is empty.", "Name another 'embeddings_file'.")
    if start.startswith(FASTTEXT_MAGIC):
        return Header("fasttext")
    first, _, rest = start.partition(b"\n")
    fields = first.split()
    if len(fields) == 2 and all(field.isdigit() for field in fields):
        count, size = int(fields[0]), int(fields[1])
        if count and 0 < size <= LARGEST_SIZE:
            return Header("text" if _is_text(rest, size) else "binary", size, count)
    elif len(fields) > 2 and all(_NUMBER.fullmatch(field) for field in fields[1:]):
        return Header("text", len(fields) - 1)
    raise unusable(
        path,
        f"it is no file of word vectors; it begins with {first[:40]!r}.",
        "Expected word2vec or fastText (text or binary) or GloVe (text, UTF-8). "
        "Name such a file as 'embeddings_file'; 'personal-chat embeddings train' "
        "makes one.",
    )


def check_size(path: Path, size: int, expected: int | None) -> None:
    """Refuses vectors of another length than the network's.

    Raises:
        SettingsError: If `size` differs from `expected`, unless that is None.
    """
    if expected is not None and size != expected:
        raise unusable(
            path,
            f"its vectors have {size} numbers, and 'embedding_size' is {expected}.",
            f"Set 'embedding_size: {size}', or name another 'embeddings_file'.",
        )


def check_numbers(path: Path, word: str, vector: Vector) -> None:
    """Refuses a vector that would spoil all that is computed from it.

    Raises:
        SettingsError: If a number is NaN or infinite.
    """
    if not np.isfinite(vector).all():
        raise unusable(
            path,
            f"the vector of '{word}' holds NaN or infinite numbers.",
            "The training that made it went wrong; make it again, or name another "
            "'embeddings_file'.",
        )


def text_before(stream: io.BufferedReader, end: bytes) -> bytes:
    """Reads up to a one-byte mark, which is read too and left out.

    Raises:
        TruncatedError: If the file ends first, or no word can be that long.
    """
    parts = b""
    while len(parts) < _LONGEST_WORD:
        ahead = stream.peek(1)
        if not ahead:
            raise TruncatedError("a word is cut off")
        place = ahead.find(end)
        if place >= 0:
            return parts + stream.read(place + 1)[:-1]
        parts += stream.read(len(ahead))
    raise TruncatedError(f"no word ends within {_LONGEST_WORD} bytes")


def exactly(stream: io.BufferedReader, count: int) -> bytes:
    """Reads a number of bytes.

    Raises:
        TruncatedError: If the file holds fewer.
    """
    # In pieces: a damaged file may ask for more than there is memory.
    parts, missing = [], count
    while missing and (part := stream.read(min(missing, _PIECE))):
        parts.append(part)
        missing -= len(part)
    if missing:
        raise TruncatedError(f"{missing} bytes are missing")
    return b"".join(parts)


def _is_text(rest: bytes, size: int) -> bool:
    """Whether what follows the first line is text.

    One line that reads as a word and its numbers is enough: another may be damaged,
    which its reader tells better. A few bytes of numbers may look like digits by
    chance, but hardly like as many numbers.
    """
    lines = rest.split(b"\n")
    if len(lines) == 1 and len(rest) > _SNIFFED // 2:
        fields = lines[0].split()[1:-1]  # The last number may be cut off.
        return bool(fields) and all(map(_NUMBER.fullmatch, fields))
    return any(_is_vector(line.split(), size) for line in lines)


def _is_vector(fields: list[bytes], size: int) -> bool:
    return len(fields) > size and all(map(_NUMBER.fullmatch, fields[-size:]))
