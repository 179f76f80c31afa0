"""Conversations leave the database when they are old, whole sessions at a time."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from framework_plugin.memory.answer_feedback import remove_answered_before
from framework_plugin.memory.archive import Archive
from framework_plugin.memory.history import SESSION_ACTION, SESSION_STARTED, USER
from framework_plugin.memory.summaries import summarise_rows
from framework_plugin.memory.tables import (
    events,
    handover_notices,
    handover_replies,
    handovers,
    of_type,
    tracker_snapshots,
    turn_terms,
)
from framework_plugin.memory.unanswered import remove_asked_before

_OF_USER = events.c.sender_id == USER
_BEFORE = sa.bindparam("before", type_=sa.Float)

_FIRST_NEW: Any = (
    sa.select(sa.func.min(events.c.id))
    .where(_OF_USER, events.c.timestamp >= _BEFORE)
    .scalar_subquery()
)
_SESSION_OF_IT: Any = (
    sa.select(sa.func.max(events.c.id))
    .where(_OF_USER, of_type(SESSION_STARTED), events.c.id <= _FIRST_NEW)
    .scalar_subquery()
)
_BOUNDS: Any = sa.select(
    _FIRST_NEW.label("new"),
    _SESSION_OF_IT.label("session"),
    sa.select(sa.func.max(events.c.id)).where(_OF_USER).scalar_subquery().label("last"),
)
_UP_TO: Any = (
    sa.select(events)
    .where(_OF_USER, events.c.id <= sa.bindparam("last"))
    .order_by(events.c.id)
)


def retire(
    connection: Connection, user_id: str, before: float, archive: Archive | None
) -> int:
    """Removes the sessions of a user in which nothing was said since a time.

    Facts stay: they are what is known, not what was said. So do plans, and a summary
    of each session; but nothing in it is found any more. Questions without an answer
    go by their own age, as does what was said of answers.

    Args:
        connection: In a transaction.
        user_id: Rasa's `sender_id`.
        before: That time, in seconds since the epoch.
        archive: Where the events go first; None keeps none.

    Returns:
        How many events were removed.

    Raises:
        OSError: If the archive cannot be written; nothing is removed then.
    """
    remove_asked_before(connection, user_id, before)
    remove_answered_before(connection, user_id, before)
    rows = _old_rows(connection, user_id, before)
    if not rows:
        return 0
    summarise_rows(connection, user_id, rows)
    if archive is not None:
        archive.add(user_id, (_one_line(row.data) for row in rows))
    last = rows[-1].id
    connection.execute(
        sa.delete(events).where(events.c.sender_id == user_id, events.c.id <= last)
    )
    connection.execute(
        sa.delete(tracker_snapshots).where(
            tracker_snapshots.c.sender_id == user_id,
            tracker_snapshots.c.event_id <= last,
        )
    )
    connection.execute(
        sa.delete(turn_terms).where(
            turn_terms.c.sender_id == user_id, turn_terms.c.event_id <= last
        )
    )
    _retire_handovers(connection, user_id, before)
    return len(rows)


def _retire_handovers(connection: Connection, user_id: str, before: float) -> None:
    """Removes what people had to do with a user, if it was over before a time."""
    over = sa.select(handovers.c.id).where(
        handovers.c.sender_id == user_id, handovers.c.closed_at < before
    )
    ids = list(connection.execute(over).scalars())
    for table in (handover_replies, handover_notices):
        connection.execute(sa.delete(table).where(table.c.handover_id.in_(ids)))
    connection.execute(sa.delete(handovers).where(handovers.c.id.in_(ids)))


def _old_rows(connection: Connection, user_id: str, before: float) -> list[Any]:
    bounds = connection.execute(_BOUNDS, {"user": user_id, "before": before}).one()
    if bounds.new is None:
        last = bounds.last
    elif bounds.session is None:
        # Its session began with the first event of all.
        return []
    else:
        last = bounds.session - 1
    rows = list(connection.execute(_UP_TO, {"user": user_id, "last": last or 0}))
    # The action that opens the session stands before the event that says so.
    if bounds.new is not None and rows and rows[-1].action_name == SESSION_ACTION:
        rows.pop()
    return rows


def _one_line(data: str | None) -> str:
    try:
        return json.dumps(json.loads(data or ""))
    except ValueError:
        return json.dumps({"damaged": data})
