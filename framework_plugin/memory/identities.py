"""One person who speaks from several channels.

Facts belong to a person, conversations to a sender. A sender that was linked to no
other is a person of their own, under their own id, and has no row. Linked senders share
an id that no channel gave; facts move to it when they are linked.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from framework_plugin.memory.history import USER
from framework_plugin.memory.holding import hold
from framework_plugin.memory.merging import move_facts
from framework_plugin.memory.tables import identities
from framework_plugin.memory.whose import USER_OF

_OWN = identities.alias("own")

SENDERS: Any = (
    sa.select(identities)
    .join(_OWN, _OWN.c.user_id == identities.c.user_id)
    .where(_OWN.c.sender_id == USER)
    .order_by(identities.c.linked_at, identities.c.sender_id)
)
"""The rows of all senders of the person that a sender belongs to; none if unlinked."""

_SENDERS_OF: Any = (
    sa.select(identities.c.sender_id)
    .where(identities.c.user_id == USER)
    .order_by(identities.c.sender_id)
)


@dataclass(frozen=True)
class Sender:
    """One way by which a person speaks.

    Args:
        sender_id: Rasa's `sender_id`.
        channel: Name of the channel, if it is known.
        linked_at: When it was linked, in seconds since the epoch; None if it is not.
    """

    sender_id: str
    channel: str | None = None
    linked_at: float | None = None


@dataclass(frozen=True)
class Person:
    """Who a sender is.

    Args:
        user_id: Whose the facts are.
        senders: All by which they speak, those linked first in front.
    """

    user_id: str
    senders: tuple[Sender, ...]

    def others(self, sender_id: str) -> tuple[str, ...]:
        """The ids of all senders but one."""
        ids = (sender.sender_id for sender in self.senders)
        return tuple(one for one in ids if one != sender_id)


def person_of(connection: Connection, sender_id: str) -> Person:
    """Who a sender is, by one query on primary keys."""
    rows = connection.execute(SENDERS, {"user": sender_id}).all()
    if not rows:
        return alone(sender_id)
    return Person(rows[0].user_id, tuple(_sender(row) for row in rows))


def alone(sender_id: str) -> Person:
    """Who a sender is that was never linked."""
    return Person(sender_id, (Sender(sender_id),))


def held_user(connection: Connection, *sender_ids: str) -> tuple[str, ...]:
    """The users of senders, held until the transaction ends.

    Meanwhile no other transaction that asks here changes their facts, or whose the
    senders are. Without that, two servers could each give a person a name, and a fact
    told while its sender is being linked could stay behind.

    Args:
        connection: In a transaction that writes.
        sender_ids: At least one.

    Returns:
        Whose the facts of each are, in the order given.
    """
    users = tuple(_user_of(connection, sender) for sender in sender_ids)
    held: set[str] = set()
    while True:
        for user_id in sorted(set(users) - held):
            hold(connection, user_id)
            held.add(user_id)
        found = tuple(_user_of(connection, sender) for sender in sender_ids)
        if held.issuperset(found):
            return found
        users = found


def link(connection: Connection, one: Sender, other: Sender, at: float) -> bool:
    """Makes two senders one person, who knows what was known of either.

    Of two facts that cannot stand together the one said later stays.

    Args:
        connection: In a transaction that writes.
        one: A sender, with all that are linked to it.
        other: Another.
        at: Now, in seconds since the epoch.

    Returns:
        False if they were one person already.
    """
    users = held_user(connection, one.sender_id, other.sender_id)
    if users[0] == users[1]:
        return False
    linked = [
        user
        for user, sender in zip(users, (one, other), strict=True)
        if user != sender.sender_id
    ]
    person = linked[0] if linked else f"person-{secrets.token_hex(16)}"
    for sender, user in zip((one, other), users, strict=True):
        if user == sender.sender_id:
            _insert(connection, sender, person, at)
        elif user != person:
            _rename(connection, user, person)
        if user != person:
            move_facts(connection, user, person)
    return True


def unlink(connection: Connection, sender_id: str) -> bool:
    """Makes a sender a person of their own, of whom nothing is known yet.

    The facts stay with the others. If only one is left, it is a sender as any other
    again, under its own id.

    Args:
        connection: In a transaction that writes.
        sender_id: Rasa's `sender_id`.

    Returns:
        False if it was linked to no other.
    """
    (person,) = held_user(connection, sender_id)
    if person == sender_id:
        return False
    _delete(connection, sender_id)
    last, *others = connection.execute(_SENDERS_OF, {"user": person}).scalars()
    if not others:
        _delete(connection, last)
        move_facts(connection, person, last)
    return True


def _user_of(connection: Connection, sender_id: str) -> str:
    found = connection.execute(USER_OF, {"user": sender_id}).scalar()
    return sender_id if found is None else str(found)


def _sender(row: Any) -> Sender:
    return Sender(row.sender_id, row.channel, row.linked_at)


def _insert(connection: Connection, sender: Sender, person: str, at: float) -> None:
    connection.execute(
        sa.insert(identities).values(
            sender_id=sender.sender_id,
            user_id=person,
            channel=sender.channel,
            linked_at=at,
        )
    )


def _rename(connection: Connection, old: str, new: str) -> None:
    connection.execute(
        sa.update(identities).where(identities.c.user_id == old).values(user_id=new)
    )


def _delete(connection: Connection, sender_id: str) -> None:
    connection.execute(sa.delete(identities).where(identities.c.sender_id == sender_id))
