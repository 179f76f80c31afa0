"""Plans to ask about become facts, and a fact notes that nobody asks about it.

Until now each plan stood twice: as a fact, and as a row of `user_plans`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

from framework_plugin.memory.encryption import Sealed, cipher_of, digest_of

revision = "4"
down_revision = "3"

_BATCH = 500
_WITHOUT_A_DAY = 14 * 86_400.0
"""Seconds after which a plan without a day was thought to be over."""

_CONFIDENCE = 0.85
"""Of what is said without a word for oneself."""

_DOUBLE = (
    sa.Float()
    .with_variant(mysql.DOUBLE(asdecimal=False), "mysql")
    .with_variant(mysql.DOUBLE(asdecimal=False), "mariadb")
)
_plans = sa.table(
    "user_plans",
    sa.column("id", sa.Integer),
    sa.column("sender_id", sa.String),
    sa.column("plan", Sealed),
    sa.column("said_at", _DOUBLE),
    sa.column("due_at", _DOUBLE),
    sa.column("closed_at", _DOUBLE),
)
_facts = sa.table(
    "user_facts",
    sa.column("id", sa.Integer),
    sa.column("user_id", sa.String),
    sa.column("kind", sa.String),
    sa.column("value", Sealed),
    sa.column("digest", sa.String),
    sa.column("said_at", _DOUBLE),
    sa.column("confidence", _DOUBLE),
    sa.column("source", sa.String),
    sa.column("day", sa.String),
    sa.column("valid_until", _DOUBLE),
    sa.column("asked", sa.Boolean),
    sa.column("ended_at", _DOUBLE),
    sa.column("closed_at", _DOUBLE),
)
_identities = sa.table(
    "identities", sa.column("sender_id", sa.String), sa.column("user_id", sa.String)
)


def upgrade() -> None:
    """Notes in each fact what became of its plan; other open plans become facts."""
    inspector = sa.inspect(op.get_bind())
    # MySQL commits each of these on its own: an interrupted run is gone on with.
    if "closed_at" not in {c["name"] for c in inspector.get_columns("user_facts")}:
        op.add_column("user_facts", sa.Column("closed_at", _DOUBLE))
    if "user_plans" in inspector.get_table_names():
        for plan in _all_plans():
            _take_over(plan)
        op.drop_table("user_plans")


def _all_plans() -> Iterator[Any]:
    last = 0
    while True:
        query = sa.select(_plans).where(_plans.c.id > last)
        rows = op.get_bind().execute(query.order_by(_plans.c.id).limit(_BATCH)).all()
        if not rows:
            return
        yield from rows
        last = rows[-1].id


def _take_over(plan: Any) -> None:
    person = _person(plan.sender_id)
    query = sa.select(_facts).where(_facts.c.user_id == person, _facts.c.kind == "plan")
    fact = next((f for f in op.get_bind().execute(query) if _is_same(f, plan)), None)
    if fact is None and plan.closed_at is None and plan.plan:
        op.get_bind().execute(sa.insert(_facts), _fact_of(plan, person))
    elif fact is not None and plan.closed_at is not None:
        closing = sa.update(_facts).where(_facts.c.id == fact.id)
        op.get_bind().execute(closing.values(closed_at=plan.closed_at))


def _person(sender_id: str) -> str:
    query = sa.select(_identities.c.user_id).where(_identities.c.sender_id == sender_id)
    return str(op.get_bind().execute(query).scalar() or sender_id)


def _is_same(fact: Any, plan: Any) -> bool:
    """Whether a fact tells a plan: of the same day, or by the same message.

    The words of a plan were the normalised ones, without the hour.
    """
    in_same_words = bool(plan.plan) and plan.plan in fact.value
    if fact.day == "" and fact.value == plan.plan and not fact.ended_at:
        return True
    due_at = fact.valid_until or fact.said_at + _WITHOUT_A_DAY
    same_day = abs(due_at - plan.due_at) < 1.0
    same_message = fact.said_at == plan.said_at
    return bool(in_same_words + same_day + same_message >= 2)


def _fact_of(plan: Any, person: str) -> dict[str, Any]:
    dated = plan.due_at - plan.said_at != _WITHOUT_A_DAY
    return {
        "user_id": person,
        "kind": "plan",
        "value": plan.plan,
        "digest": digest_of(cipher_of(op.get_bind()), person, "plan", plan.plan),
        "said_at": plan.said_at,
        "confidence": _CONFIDENCE,
        "source": plan.sender_id,
        # Its last day is known, the first, which a fact tells, is not.
        "day": "",
        "valid_until": plan.due_at if dated else None,
        "asked": False,
        "ended_at": 0.0,
    }
