"""Whether answers from the documents helped, as users said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from framework_plugin.memory.tables import answer_feedback as table


@dataclass(frozen=True)
class Feedback:
    """What a user said of one answer.

    Args:
        passage_id: The passage that was given as the answer.
        question: What was asked, personal numbers masked.
        answered_at: When it was asked, in seconds since the epoch.
        helpful: Whether the answer helped.
        given_at: When the user said so, in seconds since the epoch.
    """

    passage_id: str
    question: str
    answered_at: float
    helpful: bool
    given_at: float


@dataclass(frozen=True)
class Verdicts:
    """How often a passage helped.

    Args:
        helpful: How often it did.
        unhelpful: How often it did not.
    """

    helpful: int = 0
    unhelpful: int = 0

    def __add__(self, other: Verdicts) -> Verdicts:
        return Verdicts(self.helpful + other.helpful, self.unhelpful + other.unhelpful)


_OF_SENDER = table.c.sender_id == sa.bindparam("sender", type_=sa.String)
_AT = sa.bindparam("at", type_=sa.Float)
_PUT: Any = sa.insert(table)
_OF: Any = sa.select(table).where(_OF_SENDER).order_by(table.c.id)
_REMOVE: Any = sa.delete(table).where(
    _OF_SENDER,
    table.c.passage_id == sa.bindparam("passage", type_=sa.String),
    table.c.answered_at == _AT,
)
_REMOVE_SINCE: Any = sa.delete(table).where(_OF_SENDER, table.c.answered_at >= _AT)
_REMOVE_BEFORE: Any = sa.delete(table).where(_OF_SENDER, table.c.answered_at < _AT)
_COUNTS: Any = sa.select(
    table.c.passage_id, table.c.helpful, sa.func.count().label("times")
).group_by(table.c.passage_id, table.c.helpful)


def write_feedback(connection: Connection, sender_id: str, feedback: Feedback) -> None:
    """Keeps what a user says of an answer, instead of what they said of it before.

    Args:
        connection: In a transaction.
        sender_id: Who says so.
        feedback: What they say.
    """
    said = {
        "sender": sender_id,
        "passage": feedback.passage_id,
        "at": feedback.answered_at,
    }
    connection.execute(_REMOVE, said)
    row = {
        "sender_id": sender_id,
        "passage_id": feedback.passage_id,
        "question": feedback.question,
        "answered_at": feedback.answered_at,
        "helpful": feedback.helpful,
        "given_at": feedback.given_at,
    }
    connection.execute(_PUT, row)


def count_feedback(connection: Connection) -> Mapping[str, Verdicts]:
    """How often each passage helped, by its id."""
    counts: dict[str, Verdicts] = {}
    for row in connection.execute(_COUNTS):
        said = Verdicts(row.times, 0) if row.helpful else Verdicts(0, row.times)
        counts[row.passage_id] = counts.get(row.passage_id, Verdicts()) + said
    return counts


def feedback_of(connection: Connection, sender_id: str) -> list[Feedback]:
    """All that a sender said, oldest first."""
    rows = connection.execute(_OF, {"sender": sender_id})
    return [
        Feedback(
            row.passage_id,
            row.question,
            row.answered_at,
            bool(row.helpful),
            row.given_at,
        )
        for row in rows
    ]


def remove_answered_before(connection: Connection, sender_id: str, at: float) -> None:
    """Removes what was said of answers before a time, in seconds since the epoch."""
    connection.execute(_REMOVE_BEFORE, {"sender": sender_id, "at": at})


def remove_answered_since(connection: Connection, sender_id: str, at: float) -> None:
    """Removes what was said of answers since a time, in seconds since the epoch."""
    connection.execute(_REMOVE_SINCE, {"sender": sender_id, "at": at})
