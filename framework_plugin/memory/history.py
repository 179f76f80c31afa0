"""Queries on the events of conversations, all answered from an index."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, groupby
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from framework_plugin.corpus.dialogue import Speaker, Turn
from framework_plugin.memory.tables import events, of_type

logger = logging.getLogger(__name__)

SESSION_STARTED = "session_started"
SESSION_ACTION = "action_session_start"
_SPEAKERS = {"user": Speaker.USER, "bot": Speaker.BOT}


USER = sa.bindparam("user", type_=sa.String)
"""Rasa's `sender_id`, in all statements. They are made once: to make one takes
SQLAlchemy longer than most databases need to answer it."""

_OF_USER = events.c.sender_id == USER


def _newest(*conditions: Any) -> Any:
    # Not `max(id)`: for it a PostgreSQL that has no statistics yet reads all rows.
    of_user = sa.select(events.c.id).where(_OF_USER, *conditions)
    return of_user.order_by(events.c.id.desc()).limit(1)


SESSION_START: Any = _newest(of_type(SESSION_STARTED)).scalar_subquery()
"""The id of the event that opened the latest session, or null."""

_BEFORE_SESSION: Any = _newest(events.c.id < SESSION_START).scalar_subquery()

SESSION_QUERY: Any = (
    sa.select(events)
    .where(_OF_USER, events.c.id >= sa.func.coalesce(_BEFORE_SESSION, 0))
    .order_by(events.c.id)
)
"""The latest session's events, in order, and the one before them."""

_ALL_EVENTS: Any = sa.select(events).where(_OF_USER).order_by(events.c.id)
_LAST_ROW: Any = _newest()
_INSERT: Any = sa.insert(events)
_INSERT_NUMBERED: Any = _INSERT.return_defaults(events.c.id)

_LIMIT = sa.bindparam("limit", type_=sa.Integer)
_TURN = (events.c.id, events.c.type_name, events.c.timestamp, events.c.data)


def _newest_turns(*conditions: Any) -> Any:
    # Each speaker's newest from the end of an index, whatever is known of the table.
    newest = [
        sa.select(*_TURN)
        .where(_OF_USER, of_type(speaker), *conditions)
        .order_by(events.c.id.desc())
        .limit(_LIMIT)
        .subquery()
        for speaker in _SPEAKERS
    ]
    both = sa.union_all(*map(sa.select, newest))
    return both.order_by(sa.desc("id")).limit(_LIMIT)


TURNS_BEFORE_SESSION: Any = _newest_turns(events.c.id < SESSION_START)
TURNS_BEFORE_TIME: Any = _newest_turns(
    events.c.timestamp < sa.bindparam("before", type_=sa.Float)
)
NEWEST_TURNS: Any = _newest_turns()
"""The newest turns before the latest session, before a time, or of all."""


def session_rows(connection: Connection, user_id: str) -> list[Any]:
    """The rows of the latest session.

    It begins with `action_session_start`, which Rasa writes before the event that
    starts the session; where something else stands there, with that event.
    """
    rows = list(connection.execute(SESSION_QUERY, {"user": user_id}))
    opened = len(rows) > 1 and rows[1].type_name == SESSION_STARTED
    return rows[1:] if opened and rows[0].action_name != SESSION_ACTION else rows


def all_rows(connection: Connection, user_id: str) -> list[Any]:
    """The rows of all sessions of a user."""
    return list(connection.execute(_ALL_EVENTS, {"user": user_id}))


def last_row(connection: Connection, user_id: str) -> int:
    """The id of the newest event of a user; 0 if there is none."""
    return int(connection.execute(_LAST_ROW, {"user": user_id}).scalar() or 0)


def newest_session(connection: Connection, user_id: str) -> int | None:
    """The id of the event that opened the latest session, if one did."""
    found = connection.execute(sa.select(SESSION_START), {"user": user_id}).scalar()
    return None if found is None else int(found)


def earlier_turns(
    connection: Connection,
    sender_id: str,
    limit: int,
    before: float | None,
    others: Iterable[str] = (),
) -> tuple[Turn, ...]:
    """The last turns of earlier sessions, oldest first.

    Args:
        connection: To the database.
        sender_id: Who speaks now.
        limit: At most how many turns.
        before: Only turns before this time, in seconds since the epoch; by default
            those before the latest session.
        others: Other senders that are the same person; by default all their turns
            count, since none of them belongs to this session.
    """
    said = _turns(connection, TURNS_BEFORE_SESSION, sender_id, limit, before)
    linked = [_turns(connection, NEWEST_TURNS, o, limit, before) for o in others]
    if any(linked):
        said = sorted(chain(said, *linked), key=itemgetter(0))[-limit:]
    return tuple(turn for _, turn in said)


def _turns(
    connection: Connection, query: Any, sender_id: str, limit: int, before: float | None
) -> list[tuple[float, Turn]]:
    """The newest turns of one sender with their times, oldest first."""
    asked: dict[str, Any] = {"user": sender_id, "limit": limit}
    if before is not None:
        query, asked["before"] = TURNS_BEFORE_TIME, before
    turns = []
    for row in reversed(connection.execute(query, asked).all()):
        event = parsed_event(row) or {}
        text, at = event.get("text"), event.get("timestamp")
        # A text that begins with a slash is an intent sent by a button.
        if isinstance(text, str) and text.strip() and not text.startswith("/"):
            at = at if isinstance(at, int | float) else 0.0
            turns.append((at, Turn(_SPEAKERS[row.type_name], text, row.timestamp)))
    return turns


def parsed_event(row: Any) -> Mapping[str, Any] | None:
    """The event of a row, or None, with a warning, if the row is damaged."""
    try:
        event = json.loads(row.data)
    except (TypeError, ValueError):
        event = None
    if isinstance(event, dict) and "event" in event:
        return event
    logger.warning(
        "Row %s of table 'events' is damaged and was skipped; the rest of the "
        "conversation is kept.",
        row.id,
    )
    return None


def message_text(data: str | None) -> str | None:
    """The words in the column `data` of a message; None if it is damaged."""
    try:
        text = json.loads(data or "").get("text")
    except (AttributeError, ValueError):
        return None
    return text if isinstance(text, str) else None


def append_events(
    connection: Connection, rows: Iterable[Mapping[str, Any]]
) -> list[int]:
    """Writes events behind those that are there, in the order given.

    Returns:
        The ids of the user's messages among them, in order.
    """
    if connection.dialect.insert_executemany_returning:
        return _appended_at_once(connection, list(rows))
    ids = []
    # Drivers write the rows of one call in their order, and so they are numbered; only
    # of a single one they tell the number.
    for of_user, some in groupby(rows, key=lambda row: row["type_name"] == "user"):
        if of_user:
            written = (connection.execute(_INSERT, row) for row in some)
            ids += [int(one.inserted_primary_key[0]) for one in written]
        else:
            connection.execute(_INSERT, list(some))
    return ids


def _appended_at_once(
    connection: Connection, rows: Sequence[Mapping[str, Any]]
) -> list[int]:
    """`append_events` in one statement, where that tells the numbers of all rows."""
    if not rows:
        return []
    written = connection.execute(_INSERT_NUMBERED, rows).inserted_primary_key_rows
    return [
        int(key[0])
        for row, key in zip(rows, written, strict=True)
        if row["type_name"] == "user"
    ]
