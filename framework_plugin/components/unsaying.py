"""Taking out of the database what a user does not want to be kept."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from rasa.shared.core.events import UserUttered
from sqlalchemy.engine import Connection

from framework_plugin.components.stored_events import event_of
from framework_plugin.components.user_memory import told_changes
from framework_plugin.memory.answer_feedback import remove_answered_since
from framework_plugin.memory.changes import FactChange, Operation
from framework_plugin.memory.history import SESSION_START, USER, parsed_event
from framework_plugin.memory.repository import MemoryRepository
from framework_plugin.memory.tables import events, of_type, tracker_snapshots
from framework_plugin.memory.turns import Message, unnote_message
from framework_plugin.memory.unanswered import remove_asked_since
from framework_plugin.memory.unsaying import blanked

_LATEST_TURN: Any = (
    sa.select(events)
    .where(
        events.c.sender_id == USER,
        events.c.id
        >= sa.select(events.c.id)
        .where(
            events.c.sender_id == USER,
            of_type("user"),
            events.c.id > sa.func.coalesce(SESSION_START, 0),
        )
        .order_by(events.c.id.desc())
        .limit(1)
        .scalar_subquery(),
    )
    .order_by(events.c.id)
)
"""The last message of the running session and all that followed it."""


def unsay_latest(
    connection: Connection, repository: MemoryRepository, user: str
) -> None:
    """Takes the words of the latest stored turn, and what they taught, out again.

    Args:
        connection: In the transaction that writes the message which asks for it.
        repository: Of the same database.
        user: Rasa's `sender_id`.
    """
    rows = connection.execute(_LATEST_TURN, {"user": user}).all()
    if not rows:
        return
    parsed = [(row.id, parsed_event(row)) for row in rows]
    message = event_of(parsed[0][1] or {}, f"Row {rows[0].id} of table 'events'")
    if not isinstance(message, UserUttered):
        return
    for id_, event in parsed:
        if event is not None:
            data = json.dumps(blanked(event, message.text or ""))
            connection.execute(
                sa.update(events).where(events.c.id == id_).values(data=data)
            )
    remove_asked_since(connection, user, message.timestamp)
    remove_answered_since(connection, user, message.timestamp)
    unnote_message(connection, Message(user, rows[0].id, message.text or "", 0.0))
    repository.write_changes(connection, user, _undone(message), message.timestamp)
    connection.execute(
        sa.delete(tracker_snapshots).where(
            tracker_snapshots.c.sender_id == user,
            tracker_snapshots.c.event_id >= rows[0].id,
        )
    )


def _undone(message: UserUttered) -> tuple[FactChange, ...]:
    """What removes the facts that a message told."""
    return tuple(
        FactChange(Operation.REMOVE, change.kind, change.value)
        for change in told_changes(message)
        if change.operation in (Operation.SET, Operation.ADD)
    )
