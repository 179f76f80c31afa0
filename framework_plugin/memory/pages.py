"""All ids of a column, a page at a time, at a cost that grows with the ids alone.

`SELECT DISTINCT` reads one entry of the index for every event. These statements go from
each id straight to the next one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from framework_plugin.memory.tables import events, identities, user_facts

PAGE = 500
"""Ids in a page; MariaDB ends a recursion after a thousand."""

_AFTER = sa.bindparam("after", type_=sa.String)
_LIMIT = sa.bindparam("limit", type_=sa.Integer)

Connecting = Callable[[], AbstractContextManager[Connection]]
"""Opens a connection for one page."""


class IdPages:
    """The different values of an indexed column, in the order of the database.

    Args:
        column: The first column of an index, never null.
    """

    def __init__(self, column: Any) -> None:
        self.first = _walk(column)
        self.next = _walk(column, column > _AFTER)

    def read(
        self, connection: Connection, after: str | None = None, limit: int = PAGE
    ) -> list[str]:
        """One page.

        Args:
            connection: To the database.
            after: The last id of the page before; None for the first page.
            limit: At most how many, from 1 to `PAGE`.

        Returns:
            The ids; fewer than asked for only on the last page.

        Raises:
            ValueError: If `limit` is impossible.
        """
        if not 1 <= limit <= PAGE:
            raise ValueError(f"limit is {limit}; expected 1 to {PAGE} ids in a page.")
        asked: dict[str, Any] = {"limit": limit}
        query = self.first
        if after is not None:
            query, asked["after"] = self.next, after
        return list(connection.execute(query, asked).scalars())

    def all(self, connecting: Connecting) -> Iterator[list[str]]:
        """Page after page, each on a connection of its own."""
        after: str | None = None
        while True:
            with connecting() as connection:
                page = self.read(connection, after)
            if page:
                yield page
                after = page[-1]
            if len(page) < PAGE:
                return


def _walk(column: Any, *conditions: Any) -> Any:
    first = sa.select(column).where(*conditions).order_by(column).limit(1)
    walk: Any = sa.select(
        first.scalar_subquery().label("found"), sa.literal(1).label("number")
    ).cte("walk", recursive=True)
    table = column.table.alias("following")
    following = table.c[column.name]
    after = (
        sa.select(following)
        .where(following > walk.c.found)
        .order_by(following)
        .limit(1)
        .correlate(walk)
        .scalar_subquery()
    )
    walk = walk.union_all(
        sa.select(after, walk.c.number + 1).where(
            walk.c.found.is_not(None), walk.c.number < _LIMIT
        )
    )
    found = sa.select(walk.c.found).where(walk.c.found.is_not(None))
    return found.order_by(walk.c.number)


SENDERS = IdPages(events.c.sender_id)
PEOPLE = IdPages(identities.c.user_id)
KNOWN = IdPages(user_facts.c.user_id)
"""Who has conversations, who has several senders, who has facts."""


def all_users(connecting: Connecting) -> Iterator[str]:
    """The ids of all users with facts or conversations, each once.

    Linked senders are one user, under the id they share.

    Args:
        connecting: Opens a connection to read from.
    """
    for page in SENDERS.all(connecting):
        linked = _among(connecting, identities.c.sender_id, page)
        yield from (user for user in page if user not in linked)
    for page in PEOPLE.all(connecting):
        yield from page
    for page in KNOWN.all(connecting):
        speaking = _among(connecting, events.c.sender_id, page)
        people = _among(connecting, identities.c.user_id, page)
        yield from (user for user in page if user not in speaking | people)


def _among(connecting: Connecting, column: Any, ids: Iterable[str]) -> set[str]:
    asked = sa.select(column).where(column.in_(list(ids))).distinct()
    with connecting() as connection:
        return set(connection.execute(asked).scalars())
