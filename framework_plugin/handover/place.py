"""Where the queue lives, and what its rows hold."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from framework_plugin.handover.entry import Entry, Outcome, Reason, Reply


@dataclass(frozen=True)
class QueueDatabase:
    """The database of the queue, as whoever has it passes it in.

    Args:
        entries: The table of entries.
        replies: The table of what is to be said.
        notices: The table of what another system is to be told.
        reading: Opens a connection to read from.
        writing: Opens a transaction.
        hold: Waits for a lock of some name, and holds it until the transaction ends.
    """

    entries: sa.Table
    replies: sa.Table
    notices: sa.Table
    reading: Callable[[], AbstractContextManager[Connection]]
    writing: Callable[[], AbstractContextManager[Connection]]
    hold: Callable[[Connection, str], None]


def entry_of_row(row: Any) -> Entry:
    """The entry of a row."""
    return Entry(
        row.id,
        row.sender_id,
        row.channel,
        Reason(row.reason),
        row.asked_at,
        row.taken_at,
        row.taken_by,
        row.held_until,
        row.closed_at,
        None if row.outcome is None else Outcome(row.outcome),
    )


def reply_of_row(row: Any) -> Reply:
    """The reply of a row."""
    return Reply(row.id, row.handover_id, row.speaker, row.text, row.said_at)
