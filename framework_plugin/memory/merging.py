"""The facts of two users who prove to be one person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from framework_plugin.corpus.user_context import Fact
from framework_plugin.memory.encryption import cipher_of, digest_of
from framework_plugin.memory.fact_rows import all_facts, fact_of
from framework_plugin.memory.likeness import gives_way
from framework_plugin.memory.tables import user_facts

_OF_ROW = user_facts.c.id == sa.bindparam("row")
_DROP: Any = sa.delete(user_facts).where(_OF_ROW)
_CLOSE: Any = sa.update(user_facts).where(_OF_ROW).values(closed_at=sa.bindparam("at"))
_END: Any = sa.update(user_facts).where(_OF_ROW).values(ended_at=sa.bindparam("ended"))
_MOVE: Any = (
    sa.update(user_facts)
    .where(_OF_ROW)
    .values(user_id=sa.bindparam("user"), digest=sa.bindparam("told"))
)


def move_facts(connection: Connection, old: str, new: str) -> None:
    """Gives the facts of one user to another, as if one had told all of them.

    In the order of time: a later name replaces an earlier one, a later dislike a like,
    and what both told is known since the first time. What is replaced is kept as past;
    questions that were open are taken back. A plan that both told is asked about once.

    Args:
        connection: In a transaction that holds both users.
        old: Has none afterwards.
        new: Has those of both.
    """
    both = [row for user in (old, new) for row in all_facts(connection, user)]
    rows = sorted(both, key=lambda row: (row.said_at, row.id))
    doubled = _doubled(rows)
    for row_id, at in _closed_elsewhere(rows, doubled).items():
        connection.execute(_CLOSE, {"row": row_id, "at": at})
    for row in rows:
        if row.asked or row.id in doubled:
            connection.execute(_DROP, {"row": row.id})
    left = [row for row in rows if not row.asked and row.id not in doubled]
    for row_id, at in _replaced(left).items():
        connection.execute(_END, {"row": row_id, "ended": at})
    cipher = cipher_of(connection)
    for row in left:
        if row.user_id == old:
            told = digest_of(cipher, new, row.kind, row.value)
            connection.execute(_MOVE, {"row": row.id, "user": new, "told": told})


def _doubled(rows: Iterable[Any]) -> dict[int, int]:
    """Rows that say what an earlier one says, each with that one."""
    seen: dict[tuple[Any, ...], int] = {}
    doubled: dict[int, int] = {}
    for row in rows:
        said = (row.kind, row.value, row.day, row.ended_at)
        first = seen.setdefault(said, row.id)
        if first != row.id:
            doubled[row.id] = first
    return doubled


def _closed_elsewhere(
    rows: Iterable[Any], doubled: Mapping[int, int]
) -> dict[int, float]:
    """When plans of which another row is kept were asked about."""
    return {
        doubled[row.id]: row.closed_at
        for row in rows
        if row.id in doubled and row.closed_at is not None
    }


def _replaced(rows: Iterable[Any]) -> dict[int, float]:
    """When rows that were true gave way to a later one."""
    current: dict[int, Fact] = {}
    ended: dict[int, float] = {}
    for row in rows:
        fact = fact_of(row)
        if fact.ended_at is not None:
            continue
        for other_id in [i for i, other in current.items() if gives_way(other, fact)]:
            ended[other_id] = fact.said_at
            del current[other_id]
        current[row.id] = fact
    return ended
