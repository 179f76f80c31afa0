"""What the database would not take, kept in a file until it does."""

from __future__ import annotations

import fcntl
import json
import logging
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from framework_plugin.memory.encryption import Cipher, opened
from framework_plugin.memory.files import open_private, replace_private

logger = logging.getLogger(__name__)

Entry = Mapping[str, Any]
"""What JSON can hold; `sender_id` names the user it belongs to."""


class Journal:
    """Entries in the order they were added, across processes and restarts.

    One entry a line, as JSON. Processes that share the file take turns. What cannot
    even be written here is held in memory, so that it is lost only with the process.
    Lines that cannot be used are moved to a file beside it, whose name ends in
    `.damaged`.

    With a cipher all of an entry but its `sender_id` is sealed.

    Args:
        path: The file; it is there only while something waits.
        cipher: Seals entries; None writes them as they are.
    """

    def __init__(self, path: Path, cipher: Cipher | None = None) -> None:
        self._path = path
        self._cipher = cipher
        self._aside = path.with_name(f"{path.name}.damaged")
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
                _append(file, self._lines(self._held))
        except OSError as error:
            logger.error(
                "The journal '%s' cannot be written (%s): %d events are held in memory "
                "only. Make space on the disk, or let this process write there.",
                self._path,
                error.strerror or error,
                len(self._held),
            )
        else:
            self._held = []

    @contextmanager
    def taken(self) -> Iterator[list[Entry]]:
        """All entries; they are removed unless the block raises."""
        if not self.waiting:
            yield []
            return
        with ExitStack() as stack:
            file: IO[bytes] | None = None
            with suppress(OSError):
                file = stack.enter_context(self._locked())
            entries, damaged = self._read(file) if file else ([], b"")
            yield [*entries, *self._held]
            self._held = []
            if damaged:
                self._set_aside(damaged, "they were cut or damaged")
            if file:
                self._path.unlink(missing_ok=True)

    def entries(self) -> list[Entry]:
        """All entries, which stay."""
        if not self._path.exists():
            return list(self._held)
        with self._locked() as file:
            return [*self._read(file)[0], *self._held]

    def set_aside(self, entries: Iterable[Entry], reason: str) -> None:
        """Keeps entries that can never be done in the file beside.

        Args:
            entries: As `taken` gave them.
            reason: Why they cannot, for the log.

        Raises:
            OSError: If the disk does not take them.
        """
        self._set_aside(self._lines(entries), reason)

    def remove(self, sender_id: str) -> None:
        """Removes all entries of a user for good, those set aside too.

        Raises:
            OSError: If the disk does not allow it; nothing is removed then.
        """
        self._held = [e for e in self._held if e["sender_id"] != sender_id]
        for path in (self._path, self._aside):
            if path.exists():
                with self._locked():
                    _remove(path, sender_id)
        self._remove_empty()

    def reseal(self) -> None:
        """Seals all entries with the newest key, those set aside too.

        Raises:
            MemoryStoreError: If a key is missing; nothing is changed then.
            OSError: If the disk does not take them.
        """
        for path in (self._path, self._aside):
            if path.exists():
                with self._locked(), path.open("rb") as file:
                    entries, damaged = self._read(file)
                    replace_private(path, self._lines(entries) + damaged)
        self._remove_empty()

    def _read(self, file: IO[bytes]) -> tuple[list[Entry], bytes]:
        """The entries of a file, and its lines that are none."""
        file.seek(0)
        entries, damaged = [], []
        for line in file:
            entry = self._opened(_parsed(line))
            if entry is None:
                damaged.append(line.rstrip(b"\n") + b"\n")
            else:
                entries.append(entry)
        return entries, b"".join(damaged)

    def _opened(self, entry: Entry | None) -> Entry | None:
        if entry is None or set(entry) != {"sender_id", "sealed"}:
            return entry
        return _parsed(opened(entry["sealed"], self._cipher).encode())

    def _lines(self, entries: Iterable[Entry]) -> bytes:
        return b"".join(
            json.dumps(self._sealed(entry)).encode() + b"\n" for entry in entries
        )

    def _sealed(self, entry: Entry) -> Entry:
        if self._cipher is None:
            return entry
        sealed = self._cipher.seal(json.dumps(entry))
        return {"sender_id": entry["sender_id"], "sealed": sealed}

    def _remove_empty(self) -> None:
        """To lock the journal, it was opened, and so made."""
        with suppress(FileNotFoundError):
            if not self._path.stat().st_size:
                self._path.unlink()

    def _set_aside(self, lines: bytes, reason: str) -> None:
        with open_private(self._aside, "ab") as damaged:
            damaged.write(lines)
        logger.error(
            "%d lines of the journal '%s' cannot be used and were moved to '%s': %s.",
            lines.count(b"\n"),
            self._path,
            self._aside.name,
            reason,
        )

    @contextmanager
    def _locked(self) -> Iterator[IO[bytes]]:
        """The file, which no other process has meanwhile."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        while True:
            with open_private(self._path, "a+b") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                # Whoever had it may have removed it.
                if _is_at(file, self._path):
                    yield file
                    return


def _parsed(line: bytes) -> Entry | None:
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) and "sender_id" in entry else None


def _append(file: IO[bytes], lines: bytes) -> None:
    """Writes lines to the end of a file and the disk, or none of them."""
    end = file.seek(0, os.SEEK_END)
    try:
        if end:
            file.seek(end - 1)
            # Its last line may have been cut; it shall not spoil the next.
            if file.read(1) != b"\n":
                file.write(b"\n")
        file.write(lines)
        file.flush()
        os.fsync(file.fileno())
    except OSError:
        file.truncate(end)
        raise


def _remove(path: Path, sender_id: str) -> None:
    """Rewrites a file without the lines of a user, whole or not at all."""
    name = json.dumps(sender_id).encode()

    def is_kept(line: bytes) -> bool:
        entry = _parsed(line)
        if entry is None:
            return name not in line
        return bool(entry["sender_id"] != sender_id)

    kept = [line for line in path.read_bytes().splitlines(True) if is_kept(line)]
    replace_private(path, b"".join(kept))
    if not kept:
        path.unlink()


def _is_at(file: IO[bytes], path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False
