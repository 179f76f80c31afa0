"""Where a conversation stood, so that a long session need not be read from its start.

A snapshot holds the slots right after an event at which nothing else was going on. To
go on from there, only the events behind it are read. Which of a session's snapshots is
used depends on how many messages of the user a reader wants to see behind it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from framework_plugin.memory.history import SESSION_START, USER
from framework_plugin.memory.tables import events, of_type, tracker_snapshots

_OF_USER = tracker_snapshots.c.sender_id == USER

_MESSAGE: Any = (
    sa.select(events.c.id)
    .where(events.c.sender_id == USER, of_type("user"))
    .order_by(events.c.id.desc())
    .offset(sa.bindparam("others", type_=sa.Integer))
    .limit(1)
    .scalar_subquery()
)
"""The id of a user's message with so many others behind it, or null."""

_ALL: Any = (
    sa.select(tracker_snapshots.c.event_id, tracker_snapshots.c.slots)
    .where(_OF_USER)
    .order_by(tracker_snapshots.c.event_id)
)

BEFORE: Any = (
    sa.select(tracker_snapshots.c.event_id, tracker_snapshots.c.slots)
    .where(
        _OF_USER,
        tracker_snapshots.c.event_id > SESSION_START,
        tracker_snapshots.c.event_id < _MESSAGE,
    )
    .order_by(tracker_snapshots.c.event_id.desc())
    .limit(1)
)
_NEWEST: Any = (
    sa.select(sa.func.max(tracker_snapshots.c.event_id))
    .where(_OF_USER)
    .scalar_subquery()
)
_LAST_MESSAGES: Any = (
    sa.select(events.c.id)
    .where(events.c.sender_id == USER, of_type("user"))
    .order_by(events.c.id.desc())
    .limit(sa.bindparam("most", type_=sa.Integer))
    .subquery()
)
SINCE_NEWEST: Any = (
    sa.select(sa.func.count())
    .select_from(_LAST_MESSAGES)
    .where(
        _LAST_MESSAGES.c.id > sa.func.coalesce(_NEWEST, 0),
        _LAST_MESSAGES.c.id > sa.func.coalesce(SESSION_START, 0),
    )
)

BEHIND: Any = (
    sa.select(events)
    .where(events.c.sender_id == USER, events.c.id > sa.bindparam("event_id"))
    .order_by(events.c.id)
)


@dataclass(frozen=True)
class Snapshot:
    """Where a conversation stood.

    Args:
        event_id: Of the last event that counts for it.
        slots: The slots that had been set, as JSON.
    """

    event_id: int
    slots: str


def snapshot_before(
    connection: Connection, user_id: str, messages: int
) -> Snapshot | None:
    """The latest snapshot of the running session that is old enough.

    Args:
        connection: To the database.
        user_id: Rasa's `sender_id`.
        messages: How many messages of the user must lie behind it.

    Returns:
        The snapshot, or None if there is none.
    """
    asked = {"user": user_id, "others": messages - 1}
    found = connection.execute(BEFORE, asked).first()
    return None if found is None else Snapshot(found.event_id, found.slots)


def messages_since(connection: Connection, user_id: str, most: int) -> int:
    """How many messages came since the last snapshot and the start of the session.

    Args:
        connection: To the database.
        user_id: Rasa's `sender_id`.
        most: No more than so many are counted.
    """
    asked = {"user": user_id, "most": most}
    return int(connection.execute(SINCE_NEWEST, asked).scalar_one())


def write_snapshot(
    connection: Connection, user_id: str, snapshot: Snapshot, messages: int
) -> None:
    """Adds a snapshot, and removes those that no reader will want any more.

    Args:
        connection: In a transaction.
        user_id: Rasa's `sender_id`.
        snapshot: Newer than all that are there.
        messages: As readers give it to `snapshot_before`.
    """
    wanted = snapshot_before(connection, user_id, messages)
    if wanted is not None:
        connection.execute(
            sa.delete(tracker_snapshots).where(
                tracker_snapshots.c.sender_id == user_id,
                tracker_snapshots.c.event_id < wanted.event_id,
            )
        )
    connection.execute(
        sa.insert(tracker_snapshots).values(
            sender_id=user_id, event_id=snapshot.event_id, slots=snapshot.slots
        )
    )


def all_snapshots(connection: Connection, user_id: str) -> list[Snapshot]:
    """All snapshots of a user, the oldest first."""
    rows = connection.execute(_ALL, {"user": user_id})
    return [Snapshot(row.event_id, row.slots) for row in rows]


def rows_behind(connection: Connection, user_id: str, snapshot: Snapshot) -> list[Any]:
    """The rows of all events after a snapshot, in order."""
    asked = {"user": user_id, "event_id": snapshot.event_id}
    return list(connection.execute(BEHIND, asked))
