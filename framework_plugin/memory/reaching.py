"""A server of ours that cannot be reached makes few wait, and not for long.

A host that is gone answers nobody: its name is looked for, or its address called, for
seconds. Who asks meanwhile, or soon after, is told at once what the last one found out
(Nygard 2007, "Release It!", circuit breaker). A server that refuses says so at once,
and is asked again at once.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine

CONNECT_SECONDS = 5
"""How long an address is called."""

_REST, _LONGEST_REST = 2.0, 5.0
"""For so many times as long as an attempt took none follows, and at most seconds."""


def spare_waiting(engine: Engine) -> None:
    """Lets an engine ask for connections through an `Attempts`."""
    attempts = Attempts()

    def on_connect(dialect: Any, _: Any, args: Any, options: Any) -> Any:
        return attempts.connected(lambda: dialect.connect(*args, **options))

    sa.event.listen(engine, "do_connect", on_connect)


class Attempts:
    """Of those who want a connection after one was not to be had, lets one try."""

    def __init__(self) -> None:
        self._trying = threading.Lock()
        self._failure: Exception | None = None
        self._rests_until = 0.0

    def connected(self, connect: Callable[[], Any]) -> Any:
        """A connection.

        Args:
            connect: Makes one, or raises why not.

        Raises:
            Exception: As `connect`, or as it did before.
        """
        failure = self._failure
        if failure is None:
            return self._tried(connect)
        if time.monotonic() < self._rests_until or not self._trying.acquire(False):
            raise type(failure)(*failure.args)
        try:
            return self._tried(connect)
        finally:
            self._trying.release()

    def _tried(self, connect: Callable[[], Any]) -> Any:
        began = time.monotonic()
        try:
            connection = connect()
        except Exception as error:
            ended = time.monotonic()
            self._rests_until = ended + min(_REST * (ended - began), _LONGEST_REST)
            self._failure = error.with_traceback(None)
            raise
        self._failure = None
        return connection
