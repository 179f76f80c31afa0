"""Old conversations in files, one for each user."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote

from framework_plugin.memory.encryption import Cipher, opened, sealed_by
from framework_plugin.memory.files import open_private, replace_private

_LONGEST_NAME = 180


class Archive:
    """Events that were moved out of the database, as they stood there.

    Args:
        folder: Where the files are; made when the first is written. Its files can be
            read by their owner alone.
        cipher: Seals each event; None writes them as they are.
    """

    def __init__(self, folder: Path, cipher: Cipher | None = None) -> None:
        self._folder = folder
        self._cipher = cipher

    def add(self, user_id: str, events: Iterable[str]) -> None:
        """Appends events; when this returns they are on the disk.

        Those that are there already, from a run that was interrupted, are not added
        again.

        Args:
            user_id: Rasa's `sender_id`.
            events: Each as JSON.

        Raises:
            OSError: If the disk does not take them.
        """
        known = set(self.read(user_id))
        lines = [event for event in events if event not in known]
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._path(user_id)
        with open_private(path, "a") as file:
            end = file.tell()
            try:
                file.writelines(f"{sealed_by(self._cipher, x)}\n" for x in lines)
                file.flush()
                os.fsync(file.fileno())
            except OSError:
                os.truncate(path, end)
                raise

    def read(self, user_id: str) -> list[str]:
        """The events of a user, each as JSON, in order; none for an unknown user.

        Raises:
            MemoryStoreError: If they are sealed and their key is missing.
        """
        try:
            return self._opened(self._path(user_id))
        except FileNotFoundError:
            return []

    def remove(self, user_id: str) -> int:
        """Removes all of a user; returns how many events that were."""
        count = len(self.read(user_id))
        self._path(user_id).unlink(missing_ok=True)
        return count

    def reseal(self) -> Iterator[Path]:
        """Seals all files with the newest key, each whole or not at all.

        Yields:
            Each file that is done, those that needed nothing too.

        Raises:
            MemoryStoreError: If a key is missing.
            OSError: If the disk does not take them.
        """
        for path in sorted(self._folder.glob("*.jsonl")):
            mark = self._cipher.mark if self._cipher else ""
            lines = path.read_text(encoding="utf-8").splitlines()
            if not all(line.startswith(mark) for line in lines):
                sealed = (sealed_by(self._cipher, x) for x in self._opened(path))
                replace_private(path, "".join(f"{x}\n" for x in sealed).encode())
            yield path

    def _opened(self, path: Path) -> list[str]:
        lines = path.read_text(encoding="utf-8").splitlines()
        return [opened(line, self._cipher) for line in lines]

    def _path(self, user_id: str) -> Path:
        # Ids come from channels: no folder but this one shall be reached by any.
        name = quote(user_id, safe="")
        if len(name) > _LONGEST_NAME:
            digest = hashlib.sha256(user_id.encode()).hexdigest()
            name = f"{name[:_LONGEST_NAME]}-{digest[:16]}"
        return self._folder / f"{name}.jsonl"
