"""The SQL of the queue, built once for the tables that are passed in."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

CLAIM_SECONDS = 60.0
"""After this time whoever went to say something and did not has failed."""

_SENDER = sa.bindparam("sender", type_=sa.String)
_ENTRY = sa.bindparam("entry", type_=sa.Integer)
_REPLY = sa.bindparam("reply", type_=sa.Integer)
_STALE = sa.bindparam("stale", type_=sa.Float)


@dataclass(frozen=True)
class Statements:
    """Each takes its values by the name of its parameters.

    Args:
        at_desk: Rows (`kind`, `held_until`): the open entry, and one thing due.
        open_for: The open entry of a `user`, or of a `sender` that was linked then.
        open_of: The open entry of a `sender`.
        entry: That of an id.
        opened: All open entries, those asked first in front.
        newest: At most `limit` entries, open or not, newest first.
        ahead: How many wait in front of `entry`.
        ask: Makes an entry.
        change: Changes `entry`.
        say: Notes what is to be said.
        due: What is to be said to a `sender`, in order.
        due_senders: To whom something is to be said, and their channels.
        claim: Reserves `reply` for whoever goes to say it.
        sent: Notes that `reply` was said.
        drop: Takes back what the assistant has not said yet for `entry`.
        pending: What was not yet said for `entry`, in order.
    """

    at_desk: Any
    open_for: Any
    open_of: Any
    entry: Any
    opened: Any
    newest: Any
    ahead: Any
    ask: Any
    change: Any
    say: Any
    due: Any
    due_senders: Any
    claim: Any
    sent: Any
    drop: Any
    pending: Any


@lru_cache(maxsize=1)
def statements_for(entries: sa.Table, replies: sa.Table) -> Statements:
    """The statements on two tables; see the columns in the migrations."""
    e, r = entries.c, replies.c
    is_open = e.closed_at.is_(None)
    unsaid = r.sent_at.is_(None)
    is_due = sa.and_(unsaid, sa.or_(r.claimed_at.is_(None), r.claimed_at < _STALE))
    open_entry = sa.select(
        sa.literal("entry").label("kind"), e.held_until.label("held_until")
    ).where(e.sender_id == _SENDER, is_open)
    one_due = (
        sa.select(sa.literal("due").label("kind"), sa.literal(0.0).label("held_until"))
        .where(r.sender_id == _SENDER, is_due)
        .limit(1)
    )
    chosen = sa.select(entries)
    return Statements(
        at_desk=sa.union_all(open_entry, sa.select(one_due.subquery())),
        open_for=chosen.where(
            is_open,
            sa.or_(
                e.open_for == sa.bindparam("user", type_=sa.String),
                e.sender_id == _SENDER,
            ),
        ).order_by(e.id),
        open_of=chosen.where(e.sender_id == _SENDER, is_open),
        entry=chosen.where(e.id == _ENTRY),
        opened=chosen.where(is_open).order_by(e.id),
        newest=chosen.order_by(e.id.desc()).limit(
            sa.bindparam("limit", type_=sa.Integer)
        ),
        ahead=sa.select(sa.func.count())
        .select_from(entries)
        .where(is_open, e.taken_at.is_(None), e.id < _ENTRY),
        ask=sa.insert(entries),
        change=sa.update(entries).where(e.id == _ENTRY),
        say=sa.insert(replies),
        due=sa.select(replies).where(r.sender_id == _SENDER, is_due).order_by(r.id),
        due_senders=sa.select(r.sender_id, e.channel)
        .join(entries, e.id == r.handover_id)
        .where(is_due)
        .distinct(),
        claim=sa.update(replies)
        .where(r.id == _REPLY, is_due)
        .values(claimed_at=sa.bindparam("now", type_=sa.Float)),
        sent=sa.update(replies)
        .where(r.id == _REPLY, r.sender_id == _SENDER, unsaid)
        .values(sent_at=sa.bindparam("now", type_=sa.Float)),
        drop=sa.delete(replies).where(
            r.handover_id == _ENTRY, unsaid, r.speaker.is_(None)
        ),
        pending=sa.select(replies)
        .where(r.handover_id == _ENTRY, unsaid)
        .order_by(r.id),
    )
