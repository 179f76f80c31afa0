"""Old conversations in files, one for each user."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

from framework_plugin.memory.files import open_private

_LONGEST_NAME = 180


class Archive:
    """Events that were moved out of the database, as they stood there.

    Args:
        folder: Where the files are; made when the first is written. Its files can be
            read by their owner alone.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

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
                file.writelines(f"{line}\n" for line in lines)
                file.flush()
                os.fsync(file.fileno())
            except OSError:
                os.truncate(path, end)
                raise

    def read(self, user_id: str) -> list[str]:
        """The events of a user, each as JSON, in order; none for an unknown user."""
        try:
            return self._path(user_id).read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return []

    def remove(self, user_id: str) -> int:
        """Removes all of a user; returns how many events that were."""
        count = len(self.read(user_id))
        self._path(user_id).unlink(missing_ok=True)
        return count

    def _path(self, user_id: str) -> Path:
        # Ids come from channels: no folder but this one shall be reached by any.
        name = quote(user_id, safe="")
        if len(name) > _LONGEST_NAME:
            digest = hashlib.sha256(user_id.encode()).hexdigest()
            name = f"{name[:_LONGEST_NAME]}-{digest[:16]}"
        return self._folder / f"{name}.jsonl"
