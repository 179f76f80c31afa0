"""A person leaves the database, with all that was said by any of their senders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from framework_plugin.memory.identities import held_user, person_of
from framework_plugin.memory.tables import (
    answer_feedback,
    channel_notes,
    consents,
    events,
    handover_notices,
    handover_replies,
    handovers,
    identities,
    link_codes,
    session_summaries,
    tracker_snapshots,
    turn_terms,
    unanswered_questions,
    user_facts,
)

OF_SENDERS = (
    *(events, tracker_snapshots, turn_terms, session_summaries),
    *(link_codes, identities, unanswered_questions, answer_feedback),
    *(handovers, handover_replies, handover_notices, channel_notes),
)
"""Tables with a column `sender_id`."""


@dataclass(frozen=True)
class Forgotten:
    """What was removed.

    Args:
        facts: Number of facts.
        events: Number of events of conversations.
    """

    facts: int
    events: int


def forget_person(connection: Connection, sender_id: str) -> Forgotten:
    """Removes all facts and all conversations of a person.

    Args:
        connection: In a transaction that writes.
        sender_id: Rasa's `sender_id` of any of their senders.
    """
    held_user(connection, sender_id)
    person = person_of(connection, sender_id)
    senders = [sender.sender_id for sender in person.senders]
    facts = _delete(connection, user_facts.c.user_id, [person.user_id])
    counts = [_delete(connection, table.c.sender_id, senders) for table in OF_SENDERS]
    _delete(connection, consents.c.user_id, senders)
    return Forgotten(facts, counts[0])


def _delete(connection: Connection, column: Any, ids: list[str]) -> int:
    deleted = connection.execute(sa.delete(column.table).where(column.in_(ids)))
    return int(deleted.rowcount)
