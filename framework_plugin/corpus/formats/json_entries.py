"""The entries of a JSON file one at a time, whatever its size.

Only the brackets and strings of the text are looked at to find where an entry ends;
the entry itself goes to the standard parser. So an entry that is broken inside costs
itself only, and a file whose end is missing gives all that came before.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, TextIO

from framework_plugin.corpus.formats.files import numbered_lines, open_text
from framework_plugin.corpus.formats.record import Skipped
from framework_plugin.errors import CorpusError

MAX_ENTRY = 1 << 24
"""Characters; an entry without an end would otherwise fill the memory."""

_CHUNK = 1 << 16
_MARKS = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|["\[\]{},]', re.DOTALL)


class JsonEntry(NamedTuple):
    """One entry of the outermost list or object.

    Args:
        line: The line where it begins, from 1.
        key: Its name in an object; its number from 0 in a list.
        value: What the parser made of it.
    """

    line: int
    key: str
    value: Any


def json_entries(
    path: Path, kind: str, skipped: Skipped, expected: str
) -> Iterator[JsonEntry]:
    """Reads the entries of the outermost list or object.

    A file whose name has `.jsonl` in it holds one value a line and is read as a list.

    Args:
        path: A JSON file, as it is or packed; see `open_text`.
        kind: `list` or `object`.
        skipped: Gathers entries that are no JSON.
        expected: The form of the whole file, for the message if it is another one.

    Raises:
        CorpusError: If the file is not a list or not an object.
        OSError: If it cannot be opened.
    """
    with open_text(path) as text:
        if ".jsonl" in path.suffixes:
            found = numbered_lines(text)
        else:
            found = _Splitter(path, text, skipped).split(kind, expected)
        for index, (line, entry) in enumerate(found):
            try:
                if kind == "list":
                    yield JsonEntry(line, str(index), json.loads(entry))
                else:
                    ((key, value),) = json.loads("{" + entry + "}").items()
                    yield JsonEntry(line, key, value)
            except (ValueError, RecursionError) as error:
                skipped.add(path, line, f"the entry is not JSON: {error}")


class _Splitter:
    """Cuts the text of a list or an object at the commas of its first level."""

    def __init__(self, path: Path, text: TextIO, skipped: Skipped) -> None:
        self._path = path
        self._text = text
        self._skipped = skipped
        self._buffer = ""
        self._start = 0
        self._line = 1

    def split(self, kind: str, expected: str) -> Iterator[tuple[int, str]]:
        """The entries as text, each with the line where it begins."""
        self._open("[" if kind == "list" else "{", expected)
        depth, at = 1, self._start
        while depth:
            mark = _MARKS.search(self._buffer, at)
            if mark is None or mark[0] == '"':
                # A lone quotation mark opens a string that is not read in whole yet.
                at = mark.start() if mark else len(self._buffer)
                at -= self._start
                if not self._read_on():
                    return
                continue
            at = mark.end()
            depth += (mark[0] in "[{") - (mark[0] in "]}")
            if depth == 0 or (depth == 1 and mark[0] == ","):
                yield from self._cut(mark.start(), at)
        self._look_behind()

    def _open(self, bracket: str, expected: str) -> None:
        while not self._buffer.strip():
            more = self._text.read(_CHUNK)
            if not more:
                break
            self._buffer += more
        found = self._buffer.lstrip()[:1]
        if found != bracket:
            raise CorpusError(
                f"'{self._path}' does not have the expected form: it begins with "
                f"{found or 'nothing'!r}. Expected {expected}; see docs/corpus.md."
            )
        self._move_to(self._buffer.index(bracket) + 1)

    def _read_on(self) -> bool:
        """Lets go of what was cut and reads more.

        Returns:
            False, after a note, if there is no more or an entry never ends.
        """
        self._buffer = self._buffer[self._start :]
        self._start = 0
        if len(self._buffer) > MAX_ENTRY:
            reason = "the entry does not end, a bracket is missing; nothing after it"
            self._skipped.add(self._path, self._line, f"{reason} was read")
            return False
        # Doubling keeps the copying linear in the length of a long entry.
        more = self._text.read(max(_CHUNK, len(self._buffer)))
        self._buffer += more
        if not more:
            reason = "the file ends before its outermost bracket is closed"
            self._skipped.add(self._path, self._line, reason)
        return bool(more)

    def _cut(self, end: int, after: int) -> Iterator[tuple[int, str]]:
        entry = self._buffer[self._start : end]
        stripped = entry.lstrip()
        line = self._line + entry.count("\n", 0, len(entry) - len(stripped))
        self._move_to(after)
        if stripped:
            yield line, stripped

    def _move_to(self, position: int) -> None:
        self._line += self._buffer.count("\n", self._start, position)
        self._start = position

    def _look_behind(self) -> None:
        if (self._buffer[self._start :] + self._text.read(_CHUNK)).strip():
            reason = "text follows after the outermost bracket; it was not read"
            self._skipped.add(self._path, self._line, reason)
