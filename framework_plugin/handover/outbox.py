"""What people at the desk have said and users have yet to get."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from framework_plugin.handover.entry import NOT_AT_DESK, AtDesk, Reply
from framework_plugin.handover.place import QueueDatabase, reply_of_row
from framework_plugin.handover.statements import CLAIM_SECONDS, statements_for


class Outbox:
    """Says what is due, and to whom, and how a conversation stands with the desk.

    All moments (`now`) are in seconds since the epoch.

    Args:
        database: Where the queue lives.
    """

    def __init__(self, database: QueueDatabase) -> None:
        self._database = database
        self._sql = statements_for(database.entries, database.replies)

    def claim_due(self, sender_id: str, now: float) -> tuple[Reply, ...]:
        """What is to be said to a user, in order, which nobody else will say meanwhile.

        Whoever does not say it within a minute has failed: then it is due again.
        """
        asked = {"sender": sender_id, "stale": now - CLAIM_SECONDS}
        with self._database.writing() as connection:
            self._database.hold(connection, f"outbox of {sender_id}")
            rows = connection.execute(self._sql.due, asked).all()
            for row in rows:
                claim = {"reply": row.id, "now": now, "stale": asked["stale"]}
                connection.execute(self._sql.claim, claim)
        return tuple(map(reply_of_row, rows))

    def due_senders(self, now: float) -> list[tuple[str, str | None]]:
        """To whom something is to be said, each with the channel they asked in."""
        with self._database.reading() as connection:
            rows = connection.execute(
                self._sql.due_senders, {"stale": now - CLAIM_SECONDS}
            )
            return [(row.sender_id, row.channel) for row in rows]


def note_sent(
    connection: Connection,
    entries: sa.Table,
    replies: sa.Table,
    sender_id: str,
    said: Iterable[int],
    now: float,
) -> None:
    """Notes that replies were said, in the transaction that stores the messages.

    Args:
        connection: In that transaction.
        entries: The table of entries.
        replies: The table of what is to be said.
        sender_id: Whose conversation it is.
        said: The ids of the replies.
        now: When, in seconds since the epoch.
    """
    sql = statements_for(entries, replies)
    for reply in said:
        connection.execute(sql.sent, {"reply": reply, "sender": sender_id, "now": now})


def at_desk(
    connection: Connection,
    entries: sa.Table,
    replies: sa.Table,
    sender_id: str,
    now: float,
) -> AtDesk:
    """How a conversation stands with the desk, by one query.

    Args:
        connection: To the database.
        entries: The table of entries.
        replies: The table of what is to be said.
        sender_id: Whose conversation it is.
        now: The present moment, in seconds since the epoch.
    """
    sql = statements_for(entries, replies)
    asked = {"sender": sender_id, "stale": now - CLAIM_SECONDS}
    rows = connection.execute(sql.at_desk, asked).all()
    if not rows:
        return NOT_AT_DESK
    until = [row.held_until for row in rows if row.kind == "entry"]
    held = [one for one in until if one is not None]
    return AtDesk(
        is_open=bool(until),
        is_held=any(now < one for one in held),
        is_lapsed=any(now >= one for one in held),
        has_due=len(until) < len(rows),
    )
