"""Queries on the events of conversations, all answered from an index."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from framework_plugin.corpus.dialogue import Speaker, Turn
from framework_plugin.memory.tables import events

logger = logging.getLogger(__name__)

SESSION_STARTED = "session_started"
SESSION_ACTION = "action_session_start"
_SPEAKERS = {"user": Speaker.USER, "bot": Speaker.BOT}


def session_start(user_id: str) -> Any:
    """Scalar subquery: the id of the event that opened the latest session, or null."""
    return (
        sa.select(sa.func.max(events.c.id))
        .where(events.c.sender_id == user_id, events.c.type_name == SESSION_STARTED)
        .scalar_subquery()
    )


def session_query(user_id: str) -> Any:
    """Select of the latest session's events, in order, and of the one before them."""
    before = (
        sa.select(sa.func.max(events.c.id))
        .where(events.c.sender_id == user_id, events.c.id < session_start(user_id))
        .scalar_subquery()
    )
    begin = sa.func.coalesce(before, 0)
    return (
        sa.select(events)
        .where(events.c.sender_id == user_id, events.c.id >= begin)
        .order_by(events.c.id)
    )


def session_rows(connection: Connection, user_id: str) -> list[Any]:
    """The rows of the latest session.

    It begins with `action_session_start`, which Rasa writes before the event that
    starts the session; where something else stands there, with that event.
    """
    rows = list(connection.execute(session_query(user_id)))
    opened = len(rows) > 1 and rows[1].type_name == SESSION_STARTED
    return rows[1:] if opened and rows[0].action_name != SESSION_ACTION else rows


def all_rows(connection: Connection, user_id: str) -> list[Any]:
    """The rows of all sessions of a user."""
    of_user = events.c.sender_id == user_id
    return list(
        connection.execute(sa.select(events).where(of_user).order_by(events.c.id))
    )


def earlier_turns_query(user_id: str, limit: int, before: float | None) -> Any:
    """Select of the newest turns before a time, or before the latest session."""
    earlier = (
        events.c.id < session_start(user_id)
        if before is None
        else events.c.timestamp < before
    )
    return (
        sa.select(events.c.id, events.c.type_name, events.c.data)
        .where(
            events.c.sender_id == user_id,
            events.c.type_name.in_(tuple(_SPEAKERS)),
            earlier,
        )
        .order_by(events.c.id.desc())
        .limit(limit)
    )


def earlier_turns(
    connection: Connection, user_id: str, limit: int, before: float | None
) -> tuple[Turn, ...]:
    """The last turns of earlier sessions, oldest first."""
    rows = connection.execute(earlier_turns_query(user_id, limit, before)).all()
    turns = []
    for row in reversed(rows):
        event = parsed_event(row)
        text = event.get("text") if event else None
        # A text that begins with a slash is an intent sent by a button.
        if isinstance(text, str) and text.strip() and not text.startswith("/"):
            turns.append(Turn(_SPEAKERS[row.type_name], text))
    return tuple(turns)


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


def append_events(connection: Connection, rows: Iterable[Mapping[str, Any]]) -> None:
    """Writes events behind those that are there, in the order given."""
    # One by one: a statement of many rows need not number them in order.
    for row in rows:
        connection.execute(sa.insert(events).values(**row))
