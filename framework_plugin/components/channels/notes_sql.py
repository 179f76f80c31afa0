"""Notes in the SQL database of the memory."""

from __future__ import annotations

import hashlib
import time
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from framework_plugin.components.channels.notes import Clock
from framework_plugin.memory.repository import MemoryRepository
from framework_plugin.memory.tables import channel_notes

_SWEEP = 600.0
"""Seconds between two looks for notes that have expired."""
_name, _value = sa.bindparam("the_name"), sa.bindparam("the_value")
_until, _now = sa.bindparam("the_end"), sa.bindparam("the_time")
_of_key = channel_notes.c.name == _name
_new = {
    "value": _value,
    "keep_until": _until,
    "sender_id": sa.bindparam("the_sender"),
}
_READ = sa.select(channel_notes.c.value).where(
    _of_key, channel_notes.c.keep_until > _now
)
_TAKE_OVER = (
    sa.update(channel_notes)
    .where(_of_key, channel_notes.c.keep_until <= _now)
    .values(_new)
)
_CHANGE = sa.update(channel_notes).where(_of_key).values(_new)
_ADD = sa.insert(channel_notes).values(name=_name, **_new)
_REMOVE = sa.delete(channel_notes).where(_of_key)
_SWEEP_OUT = sa.delete(channel_notes).where(channel_notes.c.keep_until <= _now)


class SqlNotes:
    """Notes that all servers with one database share.

    Args:
        repository: Of the database, brought up to date.
        clock: What time it is.
    """

    def __init__(self, repository: MemoryRepository, clock: Clock = time.time) -> None:
        self._repository = repository
        self._clock = clock
        self._swept = clock()

    def put_new(self, key: str, value: str, seconds: float) -> bool:
        """See `Notes`."""
        values = self._values(key, value, seconds)
        with self._repository.writing() as connection:
            self._sweep(connection)
            if connection.execute(_TAKE_OVER, values).rowcount:
                return True
            return _added(connection, values)

    def read(self, key: str) -> str | None:
        """See `Notes`."""
        values = {"the_name": _name_of(key), "the_time": self._clock()}
        with self._repository.reading() as connection:
            # What cannot be opened, after a change of the key, comes out empty.
            return connection.execute(_READ, values).scalar() or None

    def write(
        self, key: str, value: str, seconds: float, sender: str | None = None
    ) -> None:
        """See `Notes`."""
        values = self._values(key, value, seconds, sender)
        with self._repository.writing() as connection:
            self._sweep(connection)
            if not connection.execute(_CHANGE, values).rowcount and not _added(
                connection, values
            ):
                connection.execute(_CHANGE, values)

    def remove(self, key: str) -> None:
        """See `Notes`."""
        with self._repository.writing() as connection:
            connection.execute(_REMOVE, {"the_name": _name_of(key)})

    def _sweep(self, connection: Connection) -> None:
        """Removes now and then what has expired."""
        now = self._clock()
        if now - self._swept >= _SWEEP:
            self._swept = now
            connection.execute(_SWEEP_OUT, {"the_time": now})

    def _values(
        self, key: str, value: str, seconds: float, sender: str | None = None
    ) -> dict[str, Any]:
        now = self._clock()
        return {
            "the_name": _name_of(key),
            "the_value": value,
            "the_sender": sender,
            "the_end": now + seconds,
            "the_time": now,
        }


def _added(connection: Connection, values: dict[str, Any]) -> bool:
    """Whether a row could be added; another server may have been faster."""
    try:
        with connection.begin_nested():
            connection.execute(_ADD, values)
    except sa.exc.IntegrityError:
        return False
    return True


def _name_of(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
