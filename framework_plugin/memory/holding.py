"""One writer at a time for what is known of a user, whichever server it is on.

All databases read what is committed by now, not what was when a transaction began: who
waited for a user sees what the one before has written.
"""

from __future__ import annotations

import zlib
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql
from sqlalchemy.engine import Connection

from framework_plugin.memory.tables import held_users

_SPACE = 0x70636D65
"""Tells our locks in PostgreSQL from those of other programs."""

_ADVISORY: Any = sa.select(
    sa.func.pg_advisory_xact_lock(
        sa.bindparam("space", type_=sa.Integer), sa.bindparam("key", type_=sa.Integer)
    )
)
# Without the update, a row that is there would be locked for reading first, and two
# that have it so would wait for each other.
_TAKE: Any = mysql.insert(held_users).on_duplicate_key_update(
    user_id=held_users.c.user_id
)

_PLACES = 4_096
"""Rows that users are held by on MySQL and MariaDB; some share one.

They stay. A row that is removed while others wait for it leaves them with locks on the
gap behind it, by which they wait for each other.
"""


def hold(connection: Connection, user_id: str) -> None:
    """Waits until no other transaction holds a user, and holds it until this one ends.

    Args:
        connection: In a transaction that writes.
        user_id: Whose facts, or senders, are about to change.
    """
    key = zlib.crc32(user_id.encode())
    # SQLite has only one writer at a time.
    if connection.dialect.name == "postgresql":
        connection.execute(_ADVISORY, {"space": _SPACE, "key": key - 2**31})
    elif connection.dialect.name in ("mysql", "mariadb"):
        connection.execute(_TAKE, {"user_id": f"place {key % _PLACES}"})
