"""What the database would not take, kept in a file until it does."""

from __future__ import annotations

import fcntl
import json
import logging
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

logger = logging.getLogger(__name__)

Entry = Mapping[str, Any]
"""Anything that JSON can hold."""


class Journal:
    """Entries in the order they were added, across processes and restarts.

    One entry a line, as JSON. Processes that share the file take turns. What cannot
    even be written here is held in memory, so that it is lost only with the process.

    Args:
        path: The file; it is there only while something waits.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._held: list[Entry] = []

    @property
    def waiting(self) -> bool:
        """Whether there are entries."""
        return bool(self._held) or self._path.exists()

    def add(self, entries: Iterable[Entry]) -> None:
        """Appends entries; when this returns they are on the disk, if it has room."""
        self._held.extend(entries)
        try:
            with self._locked() as file:
                self._write_held(file)
        except OSError as error:
            logger.error(
                "The journal '%s' cannot be written (%s): %d events are held in memory "
                "only. Make space on the disk, or let this process write there.",
                self._path,
                error.strerror or error,
                len(self._held),
            )

    @contextmanager
    def taken(self) -> Iterator[list[Entry]]:
        """All entries; they are removed unless the block raises."""
        if not self.waiting:
            yield []
            return
        with ExitStack() as stack:
            file = None
            with suppress(OSError):
                file = stack.enter_context(self._locked())
            yield [*(self._parsed(file) if file else ()), *self._held]
            self._held = []
            if file:
                self._path.unlink(missing_ok=True)

    def entries(self) -> list[Entry]:
        """All entries, which stay."""
        kept: list[Entry] = []
        if self._path.exists():
            with self._locked() as file:
                kept = list(self._parsed(file))
        return [*kept, *self._held]

    def remove(self, unwanted: Callable[[Entry], bool]) -> int:
        """Removes some entries for good.

        Args:
            unwanted: Tells which.

        Returns:
            How many there were.
        """
        before = len(self._held)
        self._held = [entry for entry in self._held if not unwanted(entry)]
        removed = before - len(self._held)
        if not self._path.exists():
            return removed
        with self._locked() as file:
            entries = list(self._parsed(file))
            kept = [entry for entry in entries if not unwanted(entry)]
            # Whole or not at all, whatever happens in between.
            new = self._path.with_name(f"{self._path.name}.new")
            new.write_bytes(_lines(kept))
            new.replace(self._path)
            if not kept:
                self._path.unlink()
        return removed + len(entries) - len(kept)

    def _parsed(self, file: BinaryIO) -> Iterator[Entry]:
        file.seek(0)
        for line in file:
            try:
                yield json.loads(line)
            except ValueError as error:
                self._set_aside(line, error)

    def set_aside(self, entries: Iterable[Entry], reason: Exception) -> None:
        """Keeps entries that can never be done in a file of their own.

        Args:
            entries: As `taken` gave them.
            reason: Why they cannot, for the log.

        Raises:
            OSError: If the disk does not take them.
        """
        self._set_aside(_lines(entries), reason)

    def _set_aside(self, lines: bytes, reason: Exception) -> None:
        aside = self._path.with_name(f"{self._path.name}.damaged")
        with aside.open("ab") as damaged:
            damaged.write(lines)
        logger.error(
            "Part of the journal '%s' cannot be used; it is left out, and kept in "
            "'%s': %s",
            self._path,
            aside.name,
            reason,
        )

    def _write_held(self, file: BinaryIO) -> None:
        end = file.seek(0, os.SEEK_END)
        try:
            file.write(_lines(self._held))
            file.flush()
            os.fsync(file.fileno())
        except OSError:
            file.truncate(end)
            raise
        self._held = []

    @contextmanager
    def _locked(self) -> Iterator[BinaryIO]:
        """The file, which no other process has meanwhile."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        while True:
            file = self._path.open("a+b")
            try:
                fcntl.flock(file, fcntl.LOCK_EX)
                # Whoever had it may have removed it.
                if self._is_there(file):
                    yield file
                    return
            finally:
                file.close()

    def _is_there(self, file: BinaryIO) -> bool:
        try:
            return os.path.samestat(os.fstat(file.fileno()), self._path.stat())
        except FileNotFoundError:
            return False


def _lines(entries: Iterable[Entry]) -> bytes:
    return b"".join(json.dumps(entry).encode() + b"\n" for entry in entries)
