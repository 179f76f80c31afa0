"""Connections to PostgreSQL that are known to be alive without asking for it.

SQLAlchemy's `pool_pre_ping` asks the server before every use: two of the twenty round
trips of a turn. A server that has ended, or has cut a connection, has said so on the
line, which costs nothing to look at; only a line that was quiet for long may be dead
without a word.
"""

from __future__ import annotations

import select
import time
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine

_TRUSTED = 30.0
"""Seconds for which a line that says nothing is taken to be alive."""

_USED = "personal_chat_used"


def notice_gone(engine: Engine) -> None:
    """Lets an engine replace connections that are gone before they are used."""

    def on_checkout(connection: Any, record: Any, _: Any) -> None:
        used = record.info.get(_USED)
        fresh = used is None or time.monotonic() - used < _TRUSTED
        if fresh and not _has_news(connection):
            return
        if not engine.dialect.do_ping(connection):
            raise sa.exc.DisconnectionError("the server has ended the connection")

    sa.event.listen(engine, "checkin", _on_checkin)
    sa.event.listen(engine, "checkout", on_checkout)


def _on_checkin(_: Any, record: Any) -> None:
    record.info[_USED] = time.monotonic()


def _has_news(connection: Any) -> bool:
    """Whether the server has sent something unasked, as it does when it ends."""
    if connection.closed:
        return True
    line = select.poll()
    line.register(connection.fileno(), select.POLLIN)
    return bool(line.poll(0))
