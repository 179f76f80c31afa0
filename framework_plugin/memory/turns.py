"""What the memory keeps of a message beside its facts: its words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from framework_plugin.memory.changes import FactChange, Operation
from framework_plugin.memory.clauses import split_clauses
from framework_plugin.memory.extraction import FactExtractor
from framework_plugin.memory.fact_rows import all_facts, erase_plans
from framework_plugin.memory.forgotten_turns import requested_removals
from framework_plugin.memory.history import USER, message_text
from framework_plugin.memory.identities import person_of
from framework_plugin.memory.recall import asked_kinds, asks_last_topic
from framework_plugin.memory.remembered import asked_topic
from framework_plugin.memory.search import said_with
from framework_plugin.memory.tables import (
    events,
    of_type,
    session_summaries,
    turn_terms,
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
) -> bool:
    """Makes a message findable, or forgets what it asks to.

    To be called before the facts are changed.

    Args:
        connection: In the transaction that wrote the message.
        message: What was said.
        changes: What it changes in the facts.

    Returns:
        Whether the message says something to be found again.
    """
    text = message.text
    if asks_to_unsay(text) is Unsaid.BEFORE:
        _forget_message_before(connection, message)
    elif removed := requested_removals(text):
        _forget_matters(connection, message, removed)
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
        return True
    return False


def unnote_message(connection: Connection, message: Message) -> None:
    """Makes a message unfindable; its time does not matter."""
    terms = content_terms(message.text)
    remove_terms(connection, message.user_id, message.event_id, terms)


def index_person(connection: Connection, sender_id: str) -> None:
    """Makes all that a person said findable, from the beginning.

    By all their senders and in the order of time: what was to be forgotten by one was
    said by another. Summaries of what was said since stay, for sessions that are not in
    the database any more have theirs too.

    Args:
        connection: In a transaction that writes.
        sender_id: Rasa's, any of the person's.
    """
    senders = _senders(connection, sender_id)
    connection.execute(sa.delete(turn_terms).where(turn_terms.c.sender_id.in_(senders)))
    messages = [
        Message(sender, row.id, text, float(row.timestamp))
        for sender in senders
        for row in connection.execute(_ALL_MESSAGES, {"user": sender}).all()
        if row.timestamp is not None and (text := message_text(row.data))
    ]
    extractor = FactExtractor()
    for message in sorted(messages, key=lambda one: (one.said_at, one.event_id)):
        changes = extractor.changes(message.text, at=message.said_at)
        note_message(connection, message, changes)


def _senders(connection: Connection, sender_id: str) -> list[str]:
    return [one.sender_id for one in person_of(connection, sender_id).senders]


def _forget_message_before(connection: Connection, message: Message) -> None:
    asked = {"user": message.user_id, "event_id": message.event_id}
    last = connection.execute(_LAST_MESSAGES, asked).first()
    text = message_text(last.data) if last else None
    if text is not None:
        unnote_message(connection, Message(message.user_id, last.id, text, 0.0))


def _forget_matters(
    connection: Connection, message: Message, removed: Sequence[FactChange]
) -> None:
    """Makes unfindable what was said of what is to be forgotten, by any sender."""
    if any(change.operation is Operation.CLEAR for change in removed):
        _forget_all(connection, message)
        return
    person = person_of(connection, message.user_id)
    known = all_facts(connection, person.user_id)
    for change in removed:
        values = {change.value} if change.value else set()
        if change.kind is not None and change.value is None:
            values = {f.value for f in known if f.kind == change.kind.value}
        for value in map(str, values):
            for sender in person.senders:
                _forget_word(connection, sender.sender_id, value)
            erase_plans(connection, person.user_id, value, message.said_at)


def _forget_word(connection: Connection, sender_id: str, value: str) -> None:
    for event_id, text in said_with(connection, sender_id, value):
        remove_terms(connection, sender_id, event_id, content_terms(text))


def _forget_all(connection: Connection, message: Message) -> None:
    """Leaves nothing findable of what was said before, nor a summary of it."""
    senders = _senders(connection, message.user_id)
    for table, said_at in (
        (turn_terms, turn_terms.c.said_at),
        (session_summaries, session_summaries.c.started_at),
    ):
        connection.execute(
            sa.delete(table).where(
                table.c.sender_id.in_(senders), said_at <= message.said_at
            )
        )
