"""The facts of a user as rows of the table `user_facts`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from framework_plugin.corpus.user_context import Fact, FactKind
from framework_plugin.memory.changes import Book, FactChange, heard
from framework_plugin.memory.history import USER
from framework_plugin.memory.likeness import is_meant
from framework_plugin.memory.tables import user_facts
from framework_plugin.memory.whose import PERSON

_C: Any = user_facts.c
_OF_USER = _C.user_id == USER
_IN_ORDER = (_C.said_at, _C.id)

HOLDS: Any = sa.and_(
    _C.ended_at == 0,
    sa.or_(
        _C.valid_until.is_(None),
        _C.valid_until >= sa.bindparam("now", 0.0, sa.Float),
    ),
)
"""The condition that a row is true, or asked, at the time `now`."""

FACTS: Any = sa.select(user_facts).where(_OF_USER, HOLDS).order_by(*_IN_ORDER)
"""What is true at the time `now`, past plans included where that is 0."""

_ALL: Any = sa.select(user_facts).where(_OF_USER).order_by(*_IN_ORDER)
_INSERT: Any = sa.insert(user_facts)
_BY_ID = _C.id == sa.bindparam("row")
_END: Any = sa.update(user_facts).where(_BY_ID).values(ended_at=sa.bindparam("ended"))
_DELETE: Any = sa.delete(user_facts).where(_BY_ID)
_CLEAR: Any = sa.delete(user_facts).where(_OF_USER)
_WITHDRAW: Any = sa.delete(user_facts).where(_OF_USER, _C.asked == sa.true())
_TAKE_BACK: Any = sa.delete(user_facts).where(
    _C.user_id == PERSON, _C.asked == sa.true()
)


@dataclass(frozen=True)
class StoredFacts:
    """What is stored of a user and true.

    Args:
        facts: The facts, oldest first.
        asked: What the user has yet to agree to.
    """

    facts: tuple[Fact, ...] = ()
    asked: Fact | None = None


def read_facts(connection: Connection, user_id: str, now: float = 0.0) -> StoredFacts:
    """What is true of a user.

    Args:
        connection: To the database.
        user_id: Whose.
        now: Plans whose days were over then are left out, in seconds since the epoch.
    """
    return facts_in(_current(connection, user_id, now))


def facts_in(rows: Sequence[Any]) -> StoredFacts:
    """What rows tell, oldest first and none of them damaged."""
    asked = [fact_of(row) for row in rows if row.asked]
    return StoredFacts(
        tuple(fact_of(row) for row in rows if not row.asked),
        asked[-1] if asked else None,
    )


def facts_by_id(
    connection: Connection, user_id: str, now: float = 0.0
) -> dict[int, Fact]:
    """What is true of a user, by the ids of the rows, oldest first.

    Args:
        connection: To the database.
        user_id: Whose.
        now: Plans whose days were over then are left out, in seconds since the epoch.
    """
    rows = _current(connection, user_id, now)
    return {row.id: fact_of(row) for row in rows if not row.asked}


def read_past(connection: Connection, user_id: str, now: float) -> tuple[Fact, ...]:
    """What was true of a user and is no longer, oldest first.

    A plan whose days were over at the time `now` ended with them.
    """
    facts = [fact_of(row) for row in all_facts(connection, user_id) if not row.asked]
    over = (
        replace(f, ended_at=f.valid_until)
        if f.ended_at is None and f.valid_until is not None and f.valid_until < now
        else f
        for f in facts
    )
    return tuple(fact for fact in over if fact.ended_at is not None)


def all_facts(connection: Connection, user_id: str) -> Sequence[Any]:
    """All rows of a user, the past and what was asked included."""
    rows = connection.execute(_ALL, {"user": user_id})
    return [row for row in rows if row.value]


def write_message(
    connection: Connection,
    user_id: str,
    changes: Sequence[FactChange],
    at: float,
    source: str,
) -> None:
    """Writes what a message says; see `changes.heard`.

    Args:
        connection: In a transaction.
        user_id: Who said it.
        changes: What it says.
        at: When it was said, in seconds since the epoch.
        source: The conversation it was said in.
    """
    rows = _current(connection, user_id)
    ids = {fact_of(row): row.id for row in rows if not row.asked}
    asked = next((fact_of(row) for row in rows if row.asked), None)
    book = heard(Book(tuple(ids), asked), changes, at, source)
    if asked is not None:
        connection.execute(_WITHDRAW, {"user": user_id})
    for kind, value in book.erased:
        _erase(connection, user_id, kind, value)
    for fact in book.ended:
        row = ids.get(replace(fact, ended_at=None))
        if row is not None:
            connection.execute(_END, {"row": row, "ended": fact.ended_at})
    new = [_row(user_id, fact) for fact in book.facts if fact not in ids]
    if book.asked is not None:
        new.append({**_row(user_id, book.asked), "asked": True})
    if new:
        connection.execute(_INSERT, new)


def take_back_question(connection: Connection, sender_id: str) -> None:
    """Deletes what a person was asked to agree to, who spoke of something else."""
    connection.execute(_TAKE_BACK, {"user": sender_id})


def erase_plans(connection: Connection, user_id: str, word: str, before: float) -> None:
    """Deletes the plans that name something, told before a time, the past included."""
    for row in all_facts(connection, user_id):
        is_plan = row.kind == FactKind.PLAN.value and row.said_at < before
        if is_plan and word.casefold() in row.value.casefold():
            connection.execute(_DELETE, {"row": row.id})


def _current(connection: Connection, user_id: str, now: float = 0.0) -> list[Any]:
    """The rows of what is true or asked; not damaged ones, whose value is empty."""
    rows = connection.execute(FACTS, {"user": user_id, "now": now})
    return [row for row in rows if row.value]


def _erase(
    connection: Connection, user_id: str, kind: FactKind | None, value: str | None
) -> None:
    """Deletes facts to the last trace, those that ended long ago too."""
    if kind is None:
        connection.execute(_CLEAR, {"user": user_id})
        return
    for row in all_facts(connection, user_id):
        if is_meant(fact_of(row), kind, value):
            connection.execute(_DELETE, {"row": row.id})


def fact_of(row: Any) -> Fact:
    """What a row of the table tells."""
    return Fact(
        FactKind(row.kind),
        row.value,
        row.said_at,
        row.confidence,
        row.source,
        row.day or None,
        row.valid_from,
        row.valid_until,
        row.ended_at or None,
    )


def _row(user_id: str, fact: Fact) -> dict[str, Any]:
    return {
        "user_id": user_id,
        "kind": fact.kind.value,
        "value": fact.value,
        "said_at": fact.said_at,
        "confidence": fact.confidence,
        "source": fact.source,
        "day": fact.day or "",
        "valid_from": fact.valid_from,
        "valid_until": fact.valid_until,
        "asked": False,
        "ended_at": 0.0,
        "closed_at": None,
    }
