"""Plans of a person that nobody has heard of since: what to ask about, and when.

A plan is a fact of kind `plan`. One is settled by asking about it, by speaking of it
once its time has come, by planning it anew and by calling it off; whose day is over is
past, and yet may be asked about. A person's plans are theirs on every channel.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from framework_plugin.corpus.user_context import FactKind
from framework_plugin.memory.asking_after import is_grave, words_to_ask
from framework_plugin.memory.changes import FactChange, Operation
from framework_plugin.memory.fact_rows import HOLDS, StoredFacts, facts_in
from framework_plugin.memory.tables import user_facts
from framework_plugin.memory.terms import content_terms
from framework_plugin.memory.whose import PERSON

SOMETIME = 14 * 86_400.0
"""Seconds after which a plan without a day is thought to have come about."""

_STALE = 30 * 86_400.0
"""Seconds after which nobody asks any more."""

_MOST_OPEN = 20
_CANCELLED = re.compile(
    "取消|不(?:用|去|打算|准备|想|要|考|参加|办)|改期|延期|推迟|黄了|算了|没(?:去|考|参加)成?"
)

_C: Any = user_facts.c
_IS_OPEN: Any = sa.and_(
    _C.kind == FactKind.PLAN.value,
    _C.closed_at.is_(None),
    # Not those that were called off; those that ended with their day.
    sa.or_(_C.ended_at == 0, _C.ended_at == _C.valid_until),
)
OPEN: Any = (
    sa.select(user_facts)
    .where(_C.user_id == PERSON, _IS_OPEN)
    .order_by(_C.id.desc())
    .limit(sa.bindparam("limit", type_=sa.Integer))
)
_WHOSE: Any = sa.select(PERSON.label("person")).subquery()
_PRESENT: Any = (
    sa.select(_WHOSE.c.person, user_facts, HOLDS.label("holds"))
    .select_from(
        _WHOSE.outerjoin(
            user_facts,
            sa.and_(_C.user_id == _WHOSE.c.person, sa.or_(HOLDS, _IS_OPEN)),
        )
    )
    .order_by(_C.said_at, _C.id)
)
"""Of somebody without facts one row, which says who it is."""

_CLOSE: Any = (
    sa.update(user_facts)
    .where(
        _C.id == sa.bindparam("plan_id"),
        _C.user_id == PERSON,
        _C.kind == FactKind.PLAN.value,
        _C.closed_at.is_(None),
    )
    .values(closed_at=sa.bindparam("at"))
)


@dataclass(frozen=True)
class Plan:
    """Something a person said they would do.

    Args:
        id: Of the fact, its row in `user_facts`.
        what: In the user's words, fit to follow `要`: `面试`, `去西藏`.
        said_at: In seconds since the epoch.
        due_at: When it will be over, in seconds since the epoch.
    """

    id: int
    what: str
    said_at: float
    due_at: float


@dataclass(frozen=True)
class FactsAndPlans:
    """What is known of a person.

    Args:
        user_id: Whose the facts are: the sender's own, or a person's of several.
        facts: As from `read_facts`.
        plans: As from `open_plans`.
        is_settled: Whether no plan is open, nor anything asked.
    """

    user_id: str
    facts: StoredFacts
    plans: tuple[Plan, ...]
    is_settled: bool


def is_cancelled(text: str) -> bool:
    """Whether a message says that something will not be, or was not."""
    return bool(_CANCELLED.search(text))


def open_plans(
    connection: Connection, sender_id: str, limit: int = _MOST_OPEN
) -> tuple[Plan, ...]:
    """The plans of a person of which nothing was heard since, the newest first.

    Args:
        connection: To the database.
        sender_id: Rasa's, any of the person's.
        limit: At most how many.
    """
    rows = _open_rows(connection, sender_id, limit)
    return tuple(plan for row in rows if (plan := _plan_of(row)))


def facts_and_plans(
    connection: Connection, sender_id: str, now: float
) -> FactsAndPlans:
    """Who a sender is, what is true of them, and their plans, by one query.

    Args:
        connection: To the database.
        sender_id: Rasa's.
        now: In seconds since the epoch.
    """
    found = connection.execute(_PRESENT, {"user": sender_id, "now": now}).all()
    rows = [row for row in found if row.value]
    unsettled = [
        row
        for row in rows
        if row.asked or (row.kind == FactKind.PLAN.value and row.closed_at is None)
    ]
    opened = [plan for row in unsettled if not row.asked if (plan := _plan_of(row))]
    opened.sort(key=attrgetter("id"), reverse=True)
    return FactsAndPlans(
        found[0].person,
        facts_in([row for row in rows if row.holds]),
        tuple(opened[:_MOST_OPEN]),
        not unsettled,
    )


def settle_plans(
    connection: Connection,
    sender_id: str,
    text: str,
    changes: Sequence[FactChange],
    said_at: float,
    *,
    tells: bool = True,
) -> None:
    """Closes the plans that a message tells the outcome of, or that none asks about.

    Args:
        connection: In the transaction that wrote what the message changes.
        sender_id: Rasa's, who said it.
        text: As typed.
        changes: What it changed in the facts.
        said_at: In seconds since the epoch.
        tells: Whether the message tells anything, as no question about the memory does.
    """
    rows = _open_rows(connection, sender_id, _MOST_OPEN)
    told = {
        (change.value, change.period.day if change.period else "")
        for change in changes
        if change.kind is FactKind.PLAN and change.operation is Operation.ADD
    }
    for row in rows:
        plan, retold = _plan_of(row), (row.value, row.day) in told
        if retold and row.said_at == said_at:
            over = plan is None or is_grave(text)
        else:
            anew = bool(told) and not retold
            over = due_at(row) + _STALE < said_at or bool(
                plan and tells and _is_outcome(plan, text, said_at, anew)
            )
        if over:
            close_plan(connection, sender_id, row.id, said_at)


def close_plan(connection: Connection, sender_id: str, plan_id: int, at: float) -> None:
    """Notes that a plan was spoken of, so that it is asked about no more."""
    asked = {"user": sender_id, "plan_id": plan_id, "at": at}
    connection.execute(_CLOSE, asked)


def due_plan(plans: Iterable[Plan], before: float, now: float) -> Plan | None:
    """The plan to ask about: the one whose time came last.

    Args:
        plans: From `open_plans`.
        before: Only plans told before this time, in seconds since the epoch.
        now: The present moment, in seconds since the epoch.

    Returns:
        None where none has come about within the last month.
    """
    due = [p for p in plans if p.said_at < before and 0 <= now - p.due_at < _STALE]
    return max(due, key=lambda plan: plan.due_at, default=None)


def due_at(row: Any) -> float:
    """When the plan of a row of `user_facts` is over, in seconds since the epoch."""
    if row.valid_until is None:
        return float(row.said_at) + SOMETIME
    return float(row.valid_until)


def _open_rows(connection: Connection, sender_id: str, limit: int) -> list[Any]:
    rows = connection.execute(OPEN, {"user": sender_id, "limit": limit})
    return list(rows)


def _plan_of(row: Any) -> Plan | None:
    """The plan of a row, if it is one to ask about."""
    dated = row.valid_until is not None
    what = words_to_ask(row.value, dated=dated)
    return None if what is None else Plan(row.id, what, row.said_at, due_at(row))


def _is_outcome(plan: Plan, text: str, said_at: float, anew: bool) -> bool:
    """Whether a message says what has become of a plan, or plans it anew."""
    if not (plan.due_at <= said_at or anew or is_cancelled(text)):
        return False
    return set(content_terms(text)).issuperset(content_terms(plan.what) or (plan.what,))
