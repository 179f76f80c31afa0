"""Which conversations there are: the newest first, or those of users who are sought.

There is no table of conversations. The newest rows tell whose are the newest, some
thousand rows at a time; so a page costs the same however much is stored.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from framework_plugin.memory.consent import Consent
from framework_plugin.memory.history import USER, parsed_event
from framework_plugin.memory.pages import PAGE, SENDERS
from framework_plugin.memory.tables import consents, events, of_type

_WINDOW = 2_000
"""Rows looked at in one go."""
_WINDOWS = 10
"""So many for one page; if few users wrote very much, the page is a short one."""
_WALKS = 100
"""Pages of ids that one search goes through."""
_HIGHEST = 2**31 - 1

_BEFORE = sa.bindparam("before", type_=sa.Integer)
_IDS = sa.bindparam("ids", expanding=True)

_newest = (
    sa.select(events.c.id, events.c.sender_id)
    .where(events.c.id < _BEFORE)
    .order_by(events.c.id.desc())
    .limit(_WINDOW)
    .subquery()
)
_groups = (
    sa.select(
        _newest.c.sender_id,
        sa.func.max(_newest.c.id).label("last_row"),
        sa.func.min(_newest.c.id).label("first_row"),
        sa.func.count().label("rows_seen"),
    )
    .group_by(_newest.c.sender_id)
    .subquery()
)
_later = events.alias("later")
_GROUPS: Any = sa.select(
    _groups,
    sa.exists()
    .where(_later.c.sender_id == _groups.c.sender_id, _later.c.id >= _BEFORE)
    .label("goes_on"),
)
"""Whose rows are among the newest before one, and whether they have newer ones."""

_LAST_ROWS: Any = (
    sa.select(events.c.sender_id, sa.func.max(events.c.id).label("last_row"))
    .where(events.c.sender_id.in_(_IDS))
    .group_by(events.c.sender_id)
)
_TIMES: Any = sa.select(events.c.id, events.c.timestamp).where(events.c.id.in_(_IDS))
_AGREED: Any = sa.select(consents.c.user_id).where(
    consents.c.user_id.in_(_IDS), consents.c.state == Consent.GIVEN.value
)
_WORDS: Any = (
    sa.select(events.c.id, events.c.data)
    .where(events.c.sender_id == USER, of_type("user"))
    .order_by(events.c.id.desc())
    .limit(1)
)


@dataclass(frozen=True)
class Conversation:
    """What tells one conversation from others.

    Args:
        sender_id: Whose it is.
        row: The id of its newest row.
        at: When that was, in seconds since the epoch.
        words: What the user said last, as it is stored; may be empty.
        channel: Where they said it, if that is known.
    """

    sender_id: str
    row: int
    at: float
    words: str
    channel: str | None


def last_rows(connection: Connection, senders: Iterable[str]) -> dict[str, int]:
    """The ids of the newest rows of some senders; who has none is left out."""
    found = connection.execute(_LAST_ROWS, {"ids": list(senders)})
    return {row.sender_id: row.last_row for row in found}


def newest_conversations(
    connection: Connection,
    limit: int,
    before: int | None = None,
    *,
    only_agreed: bool = False,
) -> tuple[list[Conversation], int | None]:
    """A page of the conversations, the one that went on last first.

    Args:
        connection: To the database.
        limit: At most how many.
        before: What came with the page before; None for the first one.
        only_agreed: Whether to leave out users who have not agreed to be remembered.

    Returns:
        The conversations, and what to ask the next page with; None if there is none.
        A page may be short though there are more.
    """
    found: dict[str, int] = {}
    edge: int | None = _HIGHEST if before is None else before
    for _ in range(_WINDOWS):
        rows = connection.execute(_GROUPS, {"before": edge}).all()
        whole = sum(row.rows_seen for row in rows) == _WINDOW
        edge = min(row.first_row for row in rows) if whole else None
        new = {row.sender_id: row.last_row for row in rows if not row.goes_on}
        if only_agreed:
            agreed = _agreed(connection, new)
            new = {sender: row for sender, row in new.items() if sender in agreed}
        ordered = sorted(new.items(), key=lambda one: -one[1])
        left = limit - len(found)
        if len(ordered) > left:
            edge = ordered[left - 1][1]
        found.update(ordered[:left])
        if edge is None or len(found) == limit:
            break
    return _told(connection, found), edge


def sought_conversations(
    connection: Connection,
    words: str,
    limit: int,
    after: str | None = None,
    *,
    only_agreed: bool = False,
) -> tuple[list[Conversation], str | None]:
    """Conversations of users whose id holds some words, in whatever case.

    The one whose id is just these words is found first and at once.

    Args:
        connection: To the database.
        words: What is looked for.
        limit: At least one; a page has one more at most.
        after: What came with the page before; None for the first one.
        only_agreed: As for `newest_conversations`.

    Returns:
        The conversations, those that went on last first, and what to ask the next page
        with; None if there is none.
    """
    sought = words.casefold()
    found = [] if after is not None else list(last_rows(connection, [words]))
    for _ in range(_WALKS):
        page = SENDERS.read(connection, after)
        for sender in page:
            after = sender
            if sought in sender.casefold() and sender not in (words, *found):
                found.append(sender)
            if len(found) >= limit:
                break
        else:
            if len(page) == PAGE:
                continue
            after = None
        break
    if only_agreed:
        agreed = _agreed(connection, found)
        found = [sender for sender in found if sender in agreed]
    rows = last_rows(connection, found)
    ordered = sorted(rows.items(), key=lambda one: -one[1])
    return _told(connection, dict(ordered)), after


def _agreed(connection: Connection, senders: Iterable[str]) -> set[str]:
    found = connection.execute(_AGREED, {"ids": list(senders)})
    return set(found.scalars())


def _told(connection: Connection, found: dict[str, int]) -> list[Conversation]:
    """Conversations with their time and last words, in the order given."""
    asked = {"ids": list(found.values())}
    times = {row.id: row.timestamp for row in connection.execute(_TIMES, asked)}
    return [
        Conversation(
            sender, row, float(times.get(row) or 0), *_last(connection, sender)
        )
        for sender, row in found.items()
    ]


def _last(connection: Connection, sender_id: str) -> tuple[str, str | None]:
    """What a user said last, and where."""
    row = connection.execute(_WORDS, {"user": sender_id}).first()
    event = (parsed_event(row) if row else None) or {}
    text, channel = event.get("text"), event.get("input_channel")
    # A text that begins with a slash is an intent sent by a button.
    fine = isinstance(text, str) and not text.startswith("/")
    words = text if fine else (event.get("metadata") or {}).get("title")
    return words if isinstance(words, str) else "", channel
