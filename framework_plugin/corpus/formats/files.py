"""Text files of any size: opened, unpacked and decoded as a stream."""

from __future__ import annotations

import codecs
import gzip
import io
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, TextIO, cast

from framework_plugin.errors import CorpusError

ENCODINGS = ("utf-8-sig", "gb18030")
"""Tried in this order; text in neither is read as UTF-8 with replacement signs."""

_CHUNK = 1 << 18


@contextmanager
def open_text(path: Path) -> Iterator[TextIO]:
    """Opens a text file, also one packed as `.gz` or alone in a `.zip`.

    Raises:
        CorpusError: If a `.zip` holds no file or several.
        OSError: If it cannot be opened.
    """
    encoding = _encoding_of(path)
    with _open_bytes(path) as data:
        yield io.TextIOWrapper(data, encoding=encoding, errors="replace")


def head_of(path: Path, size: int = 1 << 16) -> str:
    """The beginning of a text file, `size` bytes at most.

    Raises:
        CorpusError: If a `.zip` holds no file or several.
        OSError: If it cannot be opened.
    """
    with _open_bytes(path) as data:
        start = data.read(size)
    for encoding in ENCODINGS:
        try:
            # The last character may be cut; not final, the decoder waits for its rest.
            return codecs.getincrementaldecoder(encoding)().decode(start)
        except UnicodeDecodeError:
            continue
    return start.decode("utf-8", errors="replace")


def numbered_lines(text: TextIO) -> Iterator[tuple[int, str]]:
    """The lines that are not blank, without line ends, and their numbers from 1."""
    for number, line in enumerate(text, start=1):
        if line.strip():
            yield number, line.rstrip("\r\n")


def _encoding_of(path: Path) -> str:
    for encoding in ENCODINGS:
        decoder = codecs.getincrementaldecoder(encoding)()
        with _open_bytes(path) as data:
            try:
                while chunk := data.read(_CHUNK):
                    decoder.decode(chunk)
                decoder.decode(b"", True)
            except UnicodeDecodeError:
                continue
        return encoding
    return ENCODINGS[0]


@contextmanager
def _open_bytes(path: Path) -> Iterator[IO[bytes]]:
    with ExitStack() as opened:
        if path.suffix == ".gz":
            # A GzipFile is all of IO[bytes] but says so to no type checker.
            yield cast("IO[bytes]", opened.enter_context(gzip.open(path)))
        elif path.suffix == ".zip":
            archive = opened.enter_context(zipfile.ZipFile(path))
            yield opened.enter_context(archive.open(_only_member(path, archive)))
        else:
            yield opened.enter_context(path.open("rb"))


def _only_member(path: Path, archive: zipfile.ZipFile) -> str:
    names = [
        name
        for name in archive.namelist()
        if not name.endswith("/") and not name.startswith("__MACOSX/")
    ]
    if len(names) != 1:
        found = ", ".join(names[:5]) or "nothing"
        raise CorpusError(
            f"'{path}' was expected to hold one file and holds {found}. Unpack it and "
            "name the dialogue file itself."
        )
    return names[0]
