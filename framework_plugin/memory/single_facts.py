"""Facts of a user one by one: listed with an id, corrected, removed."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from framework_plugin.corpus.user_context import Fact
from framework_plugin.errors import PersonalChatError
from framework_plugin.memory.encryption import cipher_of, digest_of
from framework_plugin.memory.fact_rows import facts_by_id
from framework_plugin.memory.tables import user_facts
from framework_plugin.memory.words import LONGEST_VALUE, presentable


class FactRefused(PersonalChatError):
    """A value is not fit to be kept, or is known already."""


def correct_fact(
    connection: Connection, user_id: str, fact_id: int, value: str, at: float
) -> Fact | None:
    """Gives a fact another value.

    Args:
        connection: In a transaction.
        user_id: Whose it is.
        fact_id: From `facts_by_id`.
        value: The new one.
        at: When it was corrected, in seconds since the epoch.

    Returns:
        The fact as it is now; None if the user has no such fact.

    Raises:
        FactRefused: If the value cannot be kept, or the user has such a fact already.
    """
    rows = facts_by_id(connection, user_id)
    old = rows.pop(fact_id, None)
    if old is None:
        return None
    fit = presentable(value)
    if fit is None:
        raise FactRefused(
            f"The value cannot be kept; expected 1 to {LONGEST_VALUE} characters "
            "without punctuation, and no number that reaches a person."
        )
    new = Fact(old.kind, fit, at)
    if any((f.kind, f.value) == (new.kind, fit) for f in rows.values()):
        raise FactRefused(
            f"A fact of kind '{new.kind.value}' with this value is there already; "
            "remove one of the two instead."
        )
    connection.execute(
        sa.update(user_facts)
        .where(user_facts.c.user_id == user_id, user_facts.c.id == fact_id)
        .values(
            value=fit,
            digest=digest_of(cipher_of(connection), user_id, new.kind.value, fit),
            said_at=at,
        )
    )
    return new


def remove_fact(connection: Connection, user_id: str, fact_id: int) -> bool:
    """Removes one fact for good; returns whether the user had it."""
    done = connection.execute(
        sa.delete(user_facts).where(
            user_facts.c.user_id == user_id, user_facts.c.id == fact_id
        )
    )
    return bool(done.rowcount)
