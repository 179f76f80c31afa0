"""Small notes that the servers of an assistant share, and that expire by themselves.

What is kept here is of use for minutes or hours: which messages have come, access
tokens, which number stands for which button.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Protocol

logger = logging.getLogger(__name__)

Clock = Callable[[], float]
"""Seconds since the epoch."""

_SWEEP = 1_000
"""So many notes are written between two looks for those that have expired."""


class Notes(Protocol):
    """A place for notes; calls may block, so callers use a thread."""

    def put_new(self, key: str, value: str, seconds: float) -> bool:
        """Writes a note unless there is one.

        Args:
            key: Its name.
            value: What it says.
            seconds: How long it is kept.

        Returns:
            Whether it was written; of several who try at once, one gets True.
        """

    def read(self, key: str) -> str | None:
        """What a note says; None if there is none, or no more."""

    def write(
        self, key: str, value: str, seconds: float, sender: str | None = None
    ) -> None:
        """Writes a note in place of the one that may be there.

        Args:
            key: Its name.
            value: What it says.
            seconds: How long it is kept.
            sender: Rasa's id of the user of whom it tells; None if of nobody.
        """

    def remove(self, key: str) -> None:
        """Removes a note, if there is one."""


class MemoryNotes:
    """Notes of this process alone.

    Args:
        clock: What time it is.
    """

    def __init__(self, clock: Clock = time.time) -> None:
        self._clock = clock
        self._notes: dict[str, tuple[str, float]] = {}
        self._until_sweep = _SWEEP

    def put_new(self, key: str, value: str, seconds: float) -> bool:
        """See `Notes`."""
        if self.read(key) is not None:
            return False
        self.write(key, value, seconds)
        return True

    def read(self, key: str) -> str | None:
        """See `Notes`."""
        value, until = self._notes.get(key, ("", 0.0))
        return value if until > self._clock() else None

    def write(
        self, key: str, value: str, seconds: float, sender: str | None = None
    ) -> None:
        """See `Notes`."""
        self._notes[key] = (value, self._clock() + seconds)
        self._until_sweep -= 1
        if self._until_sweep <= 0:
            now, self._until_sweep = self._clock(), _SWEEP
            self._notes = {k: v for k, v in self._notes.items() if v[1] > now}

    def remove(self, key: str) -> None:
        """See `Notes`."""
        self._notes.pop(key, None)
