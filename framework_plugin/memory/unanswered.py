"""What users asked and got no answer to, until somebody answers or drops it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from framework_plugin.memory.tables import unanswered_questions as table


class Reason(str, Enum):
    """Why a question counts as unanswered."""

    NOT_FOUND = "not_found"
    NONE_OF_THEM = "none_of_them"
    """None of the choices offered was meant."""
    UNHELPFUL = "unhelpful"
    """The user said that the answer did not help."""


class State(str, Enum):
    """What became of it."""

    OPEN = "open"
    ANSWERED = "answered"
    DROPPED = "dropped"


@dataclass(frozen=True)
class Unanswered:
    """A question without an answer.

    Args:
        id: Of its row.
        question: The words, personal numbers masked.
        reason: Why it counts as unanswered.
        asked_at: In seconds since the epoch.
        state: What became of it.
        closed_at: When, in seconds since the epoch; None while it is open.
    """

    id: int
    question: str
    reason: Reason
    asked_at: float
    state: State = State.OPEN
    closed_at: float | None = None


_OF_SENDER = table.c.sender_id == sa.bindparam("sender", type_=sa.String)
_AT = sa.bindparam("at", type_=sa.Float)
_PUT: Any = sa.insert(table)
_OPEN: Any = (
    sa.select(table).where(table.c.state == State.OPEN.value).order_by(table.c.id)
)
_OF: Any = sa.select(table).where(_OF_SENDER).order_by(table.c.id)
_CLOSE: Any = (
    sa.update(table)
    .where(
        table.c.id == sa.bindparam("row", type_=sa.Integer),
        table.c.state == State.OPEN.value,
    )
    .values(state=sa.bindparam("new_state"), closed_at=_AT)
)
_REMOVE_BEFORE: Any = sa.delete(table).where(_OF_SENDER, table.c.asked_at < _AT)
_REMOVE_SINCE: Any = sa.delete(table).where(_OF_SENDER, table.c.asked_at >= _AT)


def write_unanswered(
    connection: Connection, sender_id: str, question: str, reason: Reason, at: float
) -> None:
    """Notes a question.

    Args:
        connection: In a transaction.
        sender_id: Who asked.
        question: The words, as they may be stored.
        reason: Why it counts as unanswered.
        at: When it was asked, in seconds since the epoch.
    """
    row = {
        "sender_id": sender_id,
        "question": question,
        "reason": reason.value,
        "asked_at": at,
        "state": State.OPEN.value,
    }
    connection.execute(_PUT, row)


def open_questions(connection: Connection) -> list[Unanswered]:
    """All that nobody has answered or dropped, oldest first."""
    return [_of(row) for row in connection.execute(_OPEN)]


def unanswered_of(connection: Connection, sender_id: str) -> list[Unanswered]:
    """All of a sender, oldest first."""
    return [_of(row) for row in connection.execute(_OF, {"sender": sender_id})]


def close_questions(
    connection: Connection, ids: Sequence[int], state: State, at: float
) -> None:
    """Marks questions that are open.

    Args:
        connection: In a transaction.
        ids: Of their rows; those that are closed stay as they are.
        state: What became of them.
        at: When, in seconds since the epoch.
    """
    rows = [{"row": id_, "new_state": state.value, "at": at} for id_ in ids]
    if rows:
        connection.execute(_CLOSE, rows)


def remove_asked_before(connection: Connection, sender_id: str, at: float) -> None:
    """Removes what a sender asked before a time, in seconds since the epoch."""
    connection.execute(_REMOVE_BEFORE, {"sender": sender_id, "at": at})


def remove_asked_since(connection: Connection, sender_id: str, at: float) -> None:
    """Removes what a sender asked at a time or later, in seconds since the epoch."""
    connection.execute(_REMOVE_SINCE, {"sender": sender_id, "at": at})


def _of(row: Any) -> Unanswered:
    return Unanswered(
        row.id,
        row.question,
        Reason(row.reason),
        row.asked_at,
        State(row.state),
        row.closed_at,
    )
