"""The stored events of a conversation a page at a time, the newest first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from framework_plugin.memory.history import USER, parsed_event
from framework_plugin.memory.tables import events

_COLUMNS = (events.c.id, events.c.type_name, events.c.timestamp, events.c.data)
_LIMIT = sa.bindparam("limit", type_=sa.Integer)
_ROW = sa.bindparam("row", type_=sa.Integer)

_OF_USER: Any = sa.select(*_COLUMNS).where(events.c.sender_id == USER)
_NEWEST: Any = _OF_USER.order_by(events.c.id.desc()).limit(_LIMIT)
_BEFORE: Any = (
    _OF_USER.where(events.c.id < _ROW).order_by(events.c.id.desc()).limit(_LIMIT)
)
_SINCE: Any = _OF_USER.where(events.c.id > _ROW).order_by(events.c.id).limit(_LIMIT)

_NEWEST_ROW: Any = sa.select(events.c.id).order_by(events.c.id.desc()).limit(1)
_LAST_ROWS: Any = (
    sa.select(events.c.sender_id, sa.func.max(events.c.id).label("last_row"))
    .where(events.c.id > _ROW)
    .group_by(events.c.sender_id)
)

NumberedEvent = tuple[int, Mapping[str, Any]]
"""The id of a row, which grows with time, and the event as Rasa writes it."""


def events_before(
    connection: Connection, sender_id: str, limit: int, row: int | None = None
) -> tuple[list[NumberedEvent], bool]:
    """The last events of a conversation.

    Args:
        connection: To the database.
        sender_id: Whose conversation.
        limit: At most how many events.
        row: Only those before the row of this id.

    Returns:
        The events, the oldest first, and whether there may be older ones. Damaged
        rows are left out.
    """
    asked: dict[str, Any] = {"user": sender_id, "limit": limit}
    query = _NEWEST if row is None else _BEFORE
    if row is not None:
        asked["row"] = row
    rows = connection.execute(query, asked).all()
    return _parsed(reversed(rows)), len(rows) == limit


def events_since(
    connection: Connection, sender_id: str, limit: int, row: int
) -> list[NumberedEvent]:
    """The first events of a conversation behind the row of an id, in order."""
    asked = {"user": sender_id, "limit": limit, "row": row}
    return _parsed(connection.execute(_SINCE, asked).all())


def newest_row(connection: Connection) -> int:
    """The id of the newest row of all; 0 if there is none."""
    return int(connection.execute(_NEWEST_ROW).scalar() or 0)


def rows_since(connection: Connection, row: int) -> dict[str, int]:
    """Whose events lie behind the row of an id, each with the newest row of theirs."""
    found = connection.execute(_LAST_ROWS, {"row": row})
    return {one.sender_id: one.last_row for one in found}


def _parsed(rows: Any) -> list[NumberedEvent]:
    found = ((row.id, parsed_event(row)) for row in rows)
    return [(id_, event) for id_, event in found if event]
