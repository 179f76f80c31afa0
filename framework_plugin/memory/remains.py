"""What is kept of a user beside facts and events, for the user to read."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from framework_plugin.memory.answer_feedback import feedback_of
from framework_plugin.memory.dates import iso_time
from framework_plugin.memory.summaries import all_summaries
from framework_plugin.memory.tables import channel_notes, turn_terms
from framework_plugin.memory.unanswered import unanswered_of


def export_remains(connection: Connection, user_id: str) -> dict[str, Any]:
    """Summaries of sessions, and the words by which messages are found.

    Returns:
        `sessions`, `search`, `unanswered`, `answer_feedback` and `channel_notes`, ready
        for JSON; see `export_person`.
    """
    return {
        "sessions": [
            {
                "first_event": one.first_event_id,
                "last_event": one.last_event_id,
                "started_at": iso_time(one.started_at),
                "ended_at": iso_time(one.ended_at),
                "topics": list(one.topics),
                "mood": one.mood,
                "plans": [_readable(plan) for plan in one.plans],
                "questions": list(one.questions),
            }
            for one in all_summaries(connection, [user_id])
        ],
        "search": _terms(connection, user_id),
        "unanswered": _unanswered(connection, user_id),
        "answer_feedback": _feedback(connection, user_id),
        "channel_notes": _notes(connection, user_id),
    }


def _unanswered(connection: Connection, user_id: str) -> list[dict[str, Any]]:
    return [
        {
            "question": one.question,
            "reason": one.reason.value,
            "asked_at": iso_time(one.asked_at),
            "state": one.state.value,
            "closed_at": iso_time(one.closed_at),
        }
        for one in unanswered_of(connection, user_id)
    ]


def _feedback(connection: Connection, user_id: str) -> list[dict[str, Any]]:
    return [
        {
            "passage": one.passage_id,
            "question": one.question,
            "answered_at": iso_time(one.answered_at),
            "helpful": one.helpful,
            "given_at": iso_time(one.given_at),
        }
        for one in feedback_of(connection, user_id)
    ]


def _notes(connection: Connection, user_id: str) -> list[dict[str, Any]]:
    rows = connection.execute(
        sa.select(channel_notes)
        .where(channel_notes.c.sender_id == user_id)
        .order_by(channel_notes.c.id)
    )
    return [
        {"value": row.value, "keep_until": iso_time(row.keep_until)} for row in rows
    ]


def _terms(connection: Connection, user_id: str) -> list[dict[str, Any]]:
    rows = connection.execute(
        sa.select(turn_terms)
        .where(turn_terms.c.sender_id == user_id)
        .order_by(turn_terms.c.event_id, turn_terms.c.term)
    )
    words: dict[tuple[int, float, int], list[str]] = defaultdict(list)
    for row in rows:
        words[row.event_id, row.said_at, row.importance].append(row.term)
    return [
        {
            "event": event,
            "said_at": iso_time(said_at),
            "importance": matters / 100,
            "words": found,
        }
        for (event, said_at, matters), found in words.items()
    ]


def _readable(plan: dict[str, Any]) -> dict[str, Any]:
    times = {key: iso_time(plan[key]) for key in ("said_at", "due_at")}
    return {**plan, **times}
