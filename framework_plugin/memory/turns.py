"""What the memory keeps of a message beside its facts: its words and its plans."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from framework_plugin.memory.changes import FactChange, Operation
from framework_plugin.memory.clauses import split_clauses
from framework_plugin.memory.extraction import FactExtractor
from framework_plugin.memory.fact_rows import all_facts
from framework_plugin.memory.forgotten_turns import requested_removals
from framework_plugin.memory.history import USER, message_text
from framework_plugin.memory.identities import person_of
from framework_plugin.memory.plans import (
    close_plan,
    closed_plans,
    open_plans,
    write_plans,
)
from framework_plugin.memory.recall import asked_kinds, asks_last_topic
from framework_plugin.memory.remembered import asked_topic
from framework_plugin.memory.search import said_with
from framework_plugin.memory.tables import (
    events,
    of_type,
    session_summaries,
    turn_terms,
    user_plans,
)
from framework_plugin.memory.terms import (
    content_terms,
    importance,
    remove_terms,
    write_terms,
)
from framework_plugin.memory.unsaying import Unsaid, asks_to_unsay

_LAST_MESSAGES: Any = (
    sa.select(events.c.id, events.c.data)
    .where(
        events.c.sender_id == USER,
        of_type("user"),
        events.c.id < sa.bindparam("event_id", type_=sa.Integer),
    )
    .order_by(events.c.id.desc())
    .limit(1)
)
_ALL_MESSAGES: Any = (
    sa.select(events.c.id, events.c.timestamp, events.c.data)
    .where(events.c.sender_id == USER, of_type("user"))
    .order_by(events.c.id)
)


@dataclass(frozen=True)
class Message:
    """A message of a user, as it was stored.

    Args:
        user_id: Rasa's `sender_id`.
        event_id: Its row in `events`.
        text: As typed.
        said_at: In seconds since the epoch.
    """

    user_id: str
    event_id: int
    text: str
    said_at: float


def is_kept(text: str) -> bool:
    """Whether a message says something to be found again.

    Buttons, requests to forget and questions about the memory itself say nothing: a
    user who asked whether they spoke of a thing has not spoken of it.
    """
    if not text.strip() or text.startswith("/") or asks_to_unsay(text):
        return False
    if requested_removals(text):
        return False
    if not any(clause.asked for clause in split_clauses(text)):
        return asked_topic(text) is None
    return not (
        asked_kinds(text) or asks_last_topic(text) or asked_topic(text) is not None
    )


def note_message(
    connection: Connection, message: Message, changes: Sequence[FactChange]
) -> None:
    """Makes a message findable and notes its plans, or forgets what it asks to.

    To be called before the facts are changed.

    Args:
        connection: In the transaction that wrote the message.
        message: What was said.
        changes: What it changes in the facts.
    """
    text = message.text
    if asks_to_unsay(text) is Unsaid.BEFORE:
        _forget_message_before(connection, message)
    elif removed := requested_removals(text):
        _forget_matters(connection, message.user_id, removed)
    elif is_kept(text):
        taught = any(
            change.operation in (Operation.SET, Operation.ADD) for change in changes
        )
        write_terms(
            connection,
            message.user_id,
            message.event_id,
            content_terms(text),
            message.said_at,
            importance(text, taught=taught),
        )
        write_plans(
            connection, message.user_id, message.event_id, text, message.said_at
        )


def unnote_message(connection: Connection, message: Message) -> None:
    """Makes a message unfindable, and removes its plans; its time does not matter."""
    user_id, event_id = message.user_id, message.event_id
    remove_terms(connection, user_id, event_id, content_terms(message.text))
    connection.execute(
        sa.delete(user_plans).where(
            user_plans.c.sender_id == user_id, user_plans.c.event_id == event_id
        )
    )


def forget_found(connection: Connection, user_id: str) -> None:
    """Makes all that a user said unfindable, and removes plans and summaries."""
    for table in (turn_terms, user_plans, session_summaries):
        connection.execute(sa.delete(table).where(table.c.sender_id == user_id))


def index_user(connection: Connection, user_id: str) -> None:
    """Makes all that a user said findable, and notes the plans, from the beginning.

    Summaries stay: sessions that are not in the database any more have theirs too.

    Args:
        connection: In a transaction that writes.
        user_id: Rasa's `sender_id`.
    """
    closed = closed_plans(connection, user_id)
    for table in (turn_terms, user_plans):
        connection.execute(sa.delete(table).where(table.c.sender_id == user_id))
    extractor = FactExtractor()
    rows = connection.execute(_ALL_MESSAGES, {"user": user_id})
    for row in rows.all():
        text = message_text(row.data)
        if text and row.timestamp is not None:
            message = Message(user_id, row.id, text, float(row.timestamp))
            note_message(connection, message, extractor.changes(text))
    # What was asked already is not asked again.
    for plan in open_plans(connection, user_id, sys.maxsize):
        at = closed.get((plan.what, plan.said_at))
        if at is not None:
            close_plan(connection, user_id, plan.id, at)


def _forget_message_before(connection: Connection, message: Message) -> None:
    asked = {"user": message.user_id, "event_id": message.event_id}
    last = connection.execute(_LAST_MESSAGES, asked).first()
    text = message_text(last.data) if last else None
    if text is not None:
        unnote_message(connection, Message(message.user_id, last.id, text, 0.0))


def _forget_matters(
    connection: Connection, user_id: str, removed: Sequence[FactChange]
) -> None:
    """Makes unfindable what was said of the facts that are to be forgotten."""
    if any(change.operation is Operation.CLEAR for change in removed):
        forget_found(connection, user_id)
        return
    known = all_facts(connection, person_of(connection, user_id).user_id)
    for change in removed:
        values = {change.value} if change.value else set()
        if change.kind is not None and change.value is None:
            values = {f.value for f in known if f.kind == change.kind.value}
        for value in values:
            _forget_word(connection, user_id, str(value))


def _forget_word(connection: Connection, user_id: str, value: str) -> None:
    """Makes every message unfindable that names something, and removes such plans."""
    for event_id, text in said_with(connection, user_id, value):
        remove_terms(connection, user_id, event_id, content_terms(text))
    plans = connection.execute(
        sa.select(user_plans.c.id, user_plans.c.plan).where(
            user_plans.c.sender_id == user_id
        )
    )
    for plan in plans.all():
        if value in plan.plan:
            connection.execute(sa.delete(user_plans).where(user_plans.c.id == plan.id))
