"""What another system is yet to be told of the queue: kept until it is delivered.

A notice is written in the transaction that changes its entry, so that there is none
without the other, whenever a process ends.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from framework_plugin.handover.entry import Entry
from framework_plugin.handover.place import QueueDatabase

OPENED, CLOSED = "handover.opened", "handover.closed"

_NOTICE = sa.bindparam("notice", type_=sa.Integer)


@dataclass(frozen=True)
class Notice:
    """One thing to be told.

    Args:
        id: Tells it from others; those of one entry are told in this order.
        entry_id: The entry that it tells of.
        body: What is posted, as JSON: the same at each attempt.
        made_at: When it came about, in seconds since the epoch.
        attempts: How often it was tried, this time included.
    """

    id: int
    entry_id: int
    body: str
    made_at: float
    attempts: int


@dataclass(frozen=True)
class _Statements:
    """Each takes its values by the name of its parameters.

    Args:
        put: Takes a notice in.
        due: The first notice to be tried at `now`.
        next: When the next one is to be tried.
        claim: Reserves `notice`, tried `seen` times, until `due`.
        put_off: Has `notice` tried at `due`.
        drop: Removes `notice`.
    """

    put: Any
    due: Any
    next: Any
    claim: Any
    put_off: Any
    drop: Any


@lru_cache(maxsize=1)
def _statements_for(table: sa.Table) -> _Statements:
    n, before = table.c, table.alias().c
    is_next = ~sa.exists().where(before.handover_id == n.handover_id, before.id < n.id)
    due = sa.bindparam("due", type_=sa.Float)
    return _Statements(
        put=sa.insert(table),
        due=sa.select(table)
        .where(n.due_at <= sa.bindparam("now", type_=sa.Float), is_next)
        .order_by(n.id)
        .limit(1),
        next=sa.select(sa.func.min(n.due_at)).where(is_next),
        claim=sa.update(table)
        .where(n.id == _NOTICE, n.attempts == sa.bindparam("seen", type_=sa.Integer))
        .values(attempts=n.attempts + 1, due_at=due),
        put_off=sa.update(table).where(n.id == _NOTICE).values(due_at=due),
        drop=sa.delete(table).where(n.id == _NOTICE),
    )


class Notices:
    """What is to be told, in the database.

    All moments are in seconds since the epoch. Errors of the database are those of the
    functions that were passed in.

    Args:
        database: Where the queue lives.
    """

    def __init__(self, database: QueueDatabase) -> None:
        self._database = database
        self._sql = _statements_for(database.notices)

    def put(self, connection: Connection, event: str, entry: Entry, now: float) -> None:
        """Takes a notice in, to be told at once.

        Args:
            connection: In the transaction that changes the entry.
            event: `OPENED` or `CLOSED`.
            entry: The entry as it is now.
            now: The present moment.
        """
        row = {
            "handover_id": entry.id,
            "sender_id": entry.sender_id,
            "body": json.dumps(content_of(event, entry), ensure_ascii=False),
            "made_at": now,
            "attempts": 0,
            "due_at": now,
        }
        connection.execute(self._sql.put, row)

    def claim(self, now: float, seconds: float) -> Notice | None:
        """The first notice that is due, which nobody else will tell meanwhile.

        One of an entry waits until those of it before were told or given up.

        Args:
            now: The present moment.
            seconds: Who has neither told it nor put it off after so long has failed;
                then it is due again.

        Returns:
            None if nothing is due.
        """
        while True:
            with self._database.reading() as connection:
                row = connection.execute(self._sql.due, {"now": now}).first()
            if row is None:
                return None
            claim = {"notice": row.id, "seen": row.attempts, "due": now + seconds}
            with self._database.writing() as connection:
                is_ours = connection.execute(self._sql.claim, claim).rowcount == 1
            if is_ours:
                return Notice(
                    *(row.id, row.handover_id, row.body, row.made_at, row.attempts + 1)
                )

    def put_off(self, notice: Notice, until: float) -> None:
        """Has a notice tried again at a later moment."""
        with self._database.writing() as connection:
            connection.execute(self._sql.put_off, {"notice": notice.id, "due": until})

    def drop(self, notice: Notice) -> None:
        """Removes a notice that was told, or that is given up."""
        with self._database.writing() as connection:
            connection.execute(self._sql.drop, {"notice": notice.id})

    def next_due(self) -> float | None:
        """When something is to be tried next; None if nothing is left to be told."""
        with self._database.reading() as connection:
            found: float | None = connection.execute(self._sql.next).scalar()
            return found


def content_of(event: str, entry: Entry) -> dict[str, Any]:
    """What is told of an entry: none of the user's words.

    Args:
        event: `OPENED` or `CLOSED`.
        entry: Which one.
    """
    return {
        "event": event,
        "delivery": uuid.uuid4().hex,
        "id": entry.id,
        "sender_id": entry.sender_id,
        "channel": entry.channel,
        "reason": entry.reason.value,
        "asked_at": entry.asked_at,
        "taken_by": entry.taken_by,
        "closed_at": entry.closed_at,
        "outcome": None if entry.outcome is None else entry.outcome.value,
    }
