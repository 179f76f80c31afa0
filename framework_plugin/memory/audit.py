"""Who looked at or changed whose memory, and when: never what was in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from framework_plugin.memory.tables import memory_audit

_LONGEST_ACTOR = 64
_LONGEST_DETAIL = 255
_INSERT: Any = sa.insert(memory_audit)


@dataclass(frozen=True)
class AuditEntry:
    """One access to the memory.

    Args:
        at: When, in seconds since the epoch.
        actor: Who: `cli:<login name>`, `http:<address>`, or `user` for users who ask
            by talking.
        action: What: `show`, `export`, `forget`, `rotate`, `retention`, …
        user_id: Whose memory; None if it was that of all.
        detail: How much; never what.
    """

    at: float
    actor: str
    action: str
    user_id: str | None = None
    detail: str = ""


def write_audit(connection: Connection, entry: AuditEntry) -> None:
    """Appends an entry; entries are never changed."""
    row = {
        "at": entry.at,
        "actor": entry.actor[:_LONGEST_ACTOR],
        "action": entry.action,
        "user_id": entry.user_id,
        "detail": entry.detail[:_LONGEST_DETAIL],
    }
    connection.execute(_INSERT, row)


def read_audit(
    connection: Connection, user_id: str | None = None, limit: int | None = None
) -> Sequence[AuditEntry]:
    """The entries in order, the newest last.

    Args:
        connection: To the database.
        user_id: Only those of this user's memory, and those of all memories.
        limit: At most so many of the newest.
    """
    query = sa.select(memory_audit).order_by(memory_audit.c.id.desc())
    if user_id is not None:
        of_user = memory_audit.c.user_id == user_id
        query = query.where(sa.or_(of_user, memory_audit.c.user_id.is_(None)))
    if limit is not None:
        query = query.limit(limit)
    rows = connection.execute(query).all()
    return [
        AuditEntry(row.at, row.actor, row.action, row.user_id, row.detail)
        for row in reversed(rows)
    ]
