"""A worker process as its supervisor sees it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress

from framework_plugin.cli.serving.orders import Orders
from framework_plugin.errors import PersonalChatError

_LONGEST = 65_536
"""Bytes of what is said between the two at once."""

READY, FAILED, CLOSED = b"ready ", b"failed ", b"closed "
"""What a worker says: it serves; it cannot; so many connections have ended."""
CONNECTION, DRAIN = b"connection", b"drain "
"""What it is told: serve this one; finish, and keep idle ones for so many seconds."""


class Worker:
    """A process that serves the connections it is handed.

    To be made in the main thread: the kernel ends the process with the thread that
    started it.

    Args:
        orders: What to serve.
        environment: Of the process.
        on_change: Called when it got ready, or ended.
    """

    def __init__(
        self,
        orders: Orders,
        environment: Mapping[str, str],
        on_change: Callable[[], None],
    ) -> None:
        loop = asyncio.get_running_loop()
        self.ready: asyncio.Future[dict[str, bool]] = loop.create_future()
        self.ended: asyncio.Future[int] = loop.create_future()
        self.open = 0
        self.draining = False
        self._reaping: asyncio.Task[None] | None = None
        self._on_change = on_change
        # Each message arrives whole, and none after the process has died.
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "framework_plugin.cli.serving.process"),
                    *("--parent", str(os.getpid())),
                    *("--control", str(theirs.fileno())),
                ],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=sys.stderr.fileno(),
                env=dict(environment),
                # Ctrl-C shall reach it only through its supervisor.
                start_new_session=True,
            )
        self._control.send(orders.to_bytes())
        self._control.setblocking(False)
        loop.add_reader(self._control, self._hear)

    @property
    def pid(self) -> int:
        """The id of the process."""
        return self._process.pid

    @property
    def serves(self) -> bool:
        """Whether it can be handed connections."""
        return self.ready.done() and not self.draining and self._reaping is None

    def give(self, connection: socket.socket) -> bool:
        """Hands a connection over; returns whether the worker could take it."""
        try:
            socket.send_fds(self._control, [CONNECTION], [connection.fileno()])
        except OSError:
            # It has just died, or does not keep up.
            return False
        self.open += 1
        return True

    def drain(self, idle_seconds: float) -> None:
        """Has it finish what it has begun, and end.

        Args:
            idle_seconds: How long connections on which nothing happens stay open: who
                keeps one for the next request learns with the answer to that that it
                is closed.
        """
        self.draining = True
        with suppress(OSError):
            self._control.send(DRAIN + str(idle_seconds).encode())

    def kill(self) -> None:
        """Ends it at once."""
        self.draining = True
        self._process.kill()

    def _hear(self) -> None:
        try:
            said = self._control.recv(_LONGEST)
        except BlockingIOError:
            return
        except ConnectionError:
            said = b""
        if said.startswith(READY):
            self.ready.set_result(json.loads(said.removeprefix(READY)))
            self._on_change()
        elif said.startswith(FAILED):
            self._fail(said.removeprefix(FAILED).decode())
        elif said.startswith(CLOSED):
            self.open -= int(said.removeprefix(CLOSED))
        elif not said:
            self._end()

    def _fail(self, why: str) -> None:
        if not self.ready.done():
            self.ready.set_exception(PersonalChatError(why))
            # Who waits for it may have gone; then nobody asks.
            self.ready.exception()

    def _end(self) -> None:
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._control)
        self._control.close()
        self._reaping = loop.create_task(self._reap())

    async def _reap(self) -> None:
        # What it had open is closed; to end, it may still take a moment.
        code = await asyncio.to_thread(self._process.wait)
        self._fail(f"A worker ended {how(code)} before it could serve.")
        self.ended.set_result(code)
        self._on_change()


def how(code: int) -> str:
    """How a process ended, in words."""
    if code < 0:
        return f"by {signal.Signals(-code).name}"
    return f"with exit code {code}"
