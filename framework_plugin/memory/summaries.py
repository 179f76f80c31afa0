"""What remains of a session: its topics, the user's mood, plans and open questions."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from framework_plugin.corpus.user_context import FactKind
from framework_plugin.memory.clauses import split_clauses
from framework_plugin.memory.encryption import (
    Keyed,
    all_forms,
    cipher_of,
    stored_forms,
)
from framework_plugin.memory.history import SESSION_STARTED, USER, parsed_event
from framework_plugin.memory.identities import person_of
from framework_plugin.memory.mood import mood_of, tells_mood
from framework_plugin.memory.plans import due_at
from framework_plugin.memory.postings import rarities
from framework_plugin.memory.tables import (
    events,
    of_type,
    session_summaries,
    turn_terms,
    user_facts,
)
from framework_plugin.memory.terms import MOST_TERMS, content_terms
from framework_plugin.memory.whose import PERSON

_MOST_TOPICS = 5
_MOST_MESSAGES = 400
"""Of a longer session the last ones, the assistant's included, are summarised."""

_BEFORE = sa.bindparam("before", type_=sa.Integer)
_START: Any = (
    sa.select(events.c.id)
    .where(
        events.c.sender_id == USER,
        of_type(SESSION_STARTED),
        events.c.id < _BEFORE,
    )
    .order_by(events.c.id.desc())
    .limit(1)
)
"""The event that opens the session before another."""


def _said(speaker: str) -> Any:
    return (
        sa.select(events.c.id, events.c.type_name, events.c.data)
        .where(
            events.c.sender_id == USER,
            of_type(speaker),
            events.c.id > sa.bindparam("start", type_=sa.Integer),
            events.c.id < _BEFORE,
        )
        .order_by(events.c.id.desc())
        .limit(_MOST_MESSAGES // 2)
        .subquery()
    )


_MESSAGES: Any = sa.union_all(
    *(sa.select(_said(speaker)) for speaker in ("user", "bot"))
).order_by("id")
_IS_THERE: Any = sa.select(session_summaries.c.id).where(
    session_summaries.c.sender_id == USER,
    session_summaries.c.first_event_id == sa.bindparam("first", type_=sa.Integer),
)
_FOUND: Any = sa.select(turn_terms.c.event_id, turn_terms.c.term).where(
    turn_terms.c.sender_id == USER,
    turn_terms.c.term.in_(sa.bindparam("terms", expanding=True, type_=Keyed)),
    turn_terms.c.event_id.between(sa.bindparam("first"), sa.bindparam("last")),
)
_PLANS: Any = (
    sa.select(user_facts)
    .where(
        user_facts.c.user_id == PERSON,
        user_facts.c.source == USER,
        user_facts.c.kind == FactKind.PLAN.value,
        user_facts.c.said_at.between(sa.bindparam("began"), sa.bindparam("ended")),
    )
    .order_by(user_facts.c.id)
)
_ALL: Any = (
    sa.select(session_summaries)
    .where(session_summaries.c.sender_id.in_(sa.bindparam("senders", expanding=True)))
    .order_by(session_summaries.c.started_at, session_summaries.c.id)
)


@dataclass(frozen=True)
class SessionSummary:
    """A session in short.

    Args:
        sender_id: Rasa's, by whom it was.
        first_event_id: Of the first thing the user said in it, a row of `events`.
        last_event_id: Of the last.
        started_at: When that first thing was said, in seconds since the epoch.
        ended_at: When the last was.
        topics: The words that it was most about, the weightiest first.
        mood: How the user sounded, from -1 (badly) to 1 (well); None if unclear.
        plans: What the user said they would do.
        questions: What the user asked and the assistant had no answer to.
    """

    sender_id: str
    first_event_id: int
    last_event_id: int
    started_at: float
    ended_at: float
    topics: tuple[str, ...]
    mood: float | None
    plans: tuple[dict[str, Any], ...]
    questions: tuple[str, ...]


@dataclass(frozen=True)
class _Said:
    """A message of the user.

    Args:
        id: Its row in `events`.
        text: As typed.
        at: In seconds since the epoch.
        terms: Those of its words that were not forgotten since.
        unanswered: Whether the assistant had no answer to it.
    """

    id: int
    text: str
    at: float
    terms: tuple[str, ...] = ()
    unanswered: bool = False


def summarise_before(connection: Connection, user_id: str, event_id: int) -> None:
    """Writes the summary of the session that ended before an event, if there is none.

    The cost grows with that session up to some hundred messages, not with the history.

    Args:
        connection: In a transaction that writes.
        user_id: Rasa's `sender_id`.
        event_id: The row in `events` of the event that opened the next session.
    """
    asked: dict[str, Any] = {"user": user_id, "before": event_id}
    asked["start"] = connection.execute(_START, asked).scalar() or 0
    summary = _summary(connection, user_id, connection.execute(_MESSAGES, asked).all())
    if summary is not None:
        _write(connection, user_id, summary)


def summarise_rows(connection: Connection, user_id: str, rows: Iterable[Any]) -> None:
    """Writes the summaries of the sessions in some rows of `events`, in order."""
    session: list[Any] = []
    for row in rows:
        if row.type_name == SESSION_STARTED:
            _summarise_whole(connection, user_id, session)
            session = []
        elif row.type_name in ("user", "bot"):
            session.append(row)
    _summarise_whole(connection, user_id, session)


def all_summaries(
    connection: Connection, sender_ids: Sequence[str]
) -> list[SessionSummary]:
    """The summaries of what some senders said, the oldest first."""
    return [
        SessionSummary(
            row.sender_id,
            row.first_event_id,
            row.last_event_id,
            row.started_at,
            row.ended_at,
            tuple(json.loads(row.topics)),
            row.mood,
            tuple(json.loads(row.plans)),
            tuple(json.loads(row.questions)),
        )
        for row in connection.execute(_ALL, {"senders": list(sender_ids)})
    ]


def _summarise_whole(
    connection: Connection, user_id: str, session: Sequence[Any]
) -> None:
    summary = _summary(connection, user_id, session[-_MOST_MESSAGES:])
    if summary is not None:
        _write(connection, user_id, summary)


def _summary(
    connection: Connection, user_id: str, rows: Sequence[Any]
) -> SessionSummary | None:
    said = _remembered(connection, user_id, rows)
    if not said:
        return None
    return SessionSummary(
        user_id,
        said[0].id,
        said[-1].id,
        said[0].at,
        said[-1].at,
        _topics(connection, user_id, said),
        mood_of(one.text for one in said),
        _plans(connection, user_id, said),
        tuple(one.text for one in said if one.unanswered),
    )


def _remembered(
    connection: Connection, user_id: str, rows: Sequence[Any]
) -> list[_Said]:
    """What the user said and can still be found.

    What the user asked to forget is in the index no more; what says nothing never was.
    """
    said: list[_Said] = []
    for row in rows:
        event = parsed_event(row) or {}
        text, at = event.get("text"), event.get("timestamp")
        if row.type_name == "bot":
            if said and _is_unknown(event):
                said[-1] = replace(said[-1], unanswered=_asks(said[-1].text))
        elif isinstance(text, str) and isinstance(at, int | float):
            said.append(_Said(row.id, text, float(at), content_terms(text)))
    asked = {term for one in said for term in one.terms}
    if not asked:
        return []
    cipher = cipher_of(connection)
    found = connection.execute(
        _FOUND,
        {
            "user": user_id,
            "terms": all_forms(cipher, sorted(asked)),
            "first": said[0].id,
            "last": said[-1].id,
        },
    )
    by_message: dict[int, set[str]] = defaultdict(set)
    for row in found:
        by_message[row.event_id].add(row.term)
    return [
        replace(
            one,
            terms=tuple(
                term
                for term in one.terms
                if not by_message[one.id].isdisjoint(stored_forms(cipher, term))
            ),
        )
        for one in said
        if one.id in by_message
    ]


def _is_unknown(event: Mapping[str, Any]) -> bool:
    """Whether the assistant said that it does not know."""
    source = (event.get("metadata") or {}).get("source")
    return isinstance(source, dict) and source.get("kind") == "unknown"


def _asks(text: str) -> bool:
    return any(clause.asked for clause in split_clauses(text))


def _topics(
    connection: Connection, user_id: str, said: Sequence[_Said]
) -> tuple[str, ...]:
    """The words said most often here and most rarely elsewhere (tf-idf).

    Elsewhere is whatever the person ever said, by any sender.
    """
    often = Counter(t for one in said for t in one.terms if not tells_mood(t))
    likely = [term for term, _ in often.most_common(MOST_TERMS)]
    senders = person_of(connection, user_id).senders
    rarity = rarities(connection, [one.sender_id for one in senders], likely)
    weighty = sorted(likely, key=lambda term: -often[term] * rarity[term])
    topics: list[str] = []
    for term in weighty:
        # Of `青海` and `青海湖` the longer one says both.
        if not any(term in other or other in term for other in topics):
            topics.append(term)
    return tuple(topics[:_MOST_TOPICS])


def _plans(
    connection: Connection, user_id: str, said: Sequence[_Said]
) -> tuple[dict[str, Any], ...]:
    asked = {"user": user_id, "began": said[0].at, "ended": said[-1].at}
    return tuple(
        {"plan": row.value, "said_at": row.said_at, "due_at": due_at(row)}
        for row in connection.execute(_PLANS, asked)
        if row.value
    )


def _write(connection: Connection, user_id: str, summary: SessionSummary) -> None:
    asked = {"user": user_id, "first": summary.first_event_id}
    if connection.execute(_IS_THERE, asked).scalar() is not None:
        return
    try:
        with connection.begin_nested():
            connection.execute(
                sa.insert(session_summaries).values(
                    sender_id=user_id,
                    first_event_id=summary.first_event_id,
                    last_event_id=summary.last_event_id,
                    started_at=summary.started_at,
                    ended_at=summary.ended_at,
                    topics=_json(summary.topics),
                    mood=summary.mood,
                    plans=_json(summary.plans),
                    questions=_json(summary.questions),
                )
            )
    except sa.exc.IntegrityError:
        # Another process was faster.
        return


def _json(values: Sequence[Any]) -> str:
    return json.dumps(values, ensure_ascii=False)
