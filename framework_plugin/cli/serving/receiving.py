"""Rasa's web application on connections that another process has accepted."""

from __future__ import annotations

import asyncio
import signal
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from sanic import Sanic
from sanic.models.server_types import Signal
from sanic.request import Request
from sanic.response import BaseHTTPResponse
from sanic.server.async_server import AsyncioServer
from sanic.server.loop import try_use_uvloop
from sanic.server.protocols.http_protocol import HttpProtocol
from sanic.server.protocols.websocket_protocol import WebSocketProtocol

from framework_plugin.cli.serving.worker import CLOSED, DRAIN

_LONGEST = 1_024
_LOOK_EVERY = 0.02
_FOREVER = 1e9


class _Connections(set[Any]):
    """The open connections; whoever hands them out is told of those that end."""

    def __init__(self, control: socket.socket) -> None:
        super().__init__()
        self._control = control
        self._untold = 0

    def discard(self, connection: Any) -> None:
        if connection in self:
            self._untold += 1
        super().discard(connection)
        if self._untold:
            # Whoever does not listen now is told of both next time.
            with suppress(OSError):
                self._control.send(CLOSED + str(self._untold).encode())
                self._untold = 0


class Receiver:
    """Serves an application, in Sanic's way but for where connections come from.

    Args:
        app: The application.
        control: The socket to the supervisor.
    """

    def __init__(self, app: Sanic, control: socket.socket) -> None:
        self._app = app
        self._control = control
        self._draining = False
        self._signal = Signal()
        self._connections = _Connections(control)
        self._beginning: set[asyncio.Task[Any]] = set()
        app.register_middleware(self._say_goodbye, "response")

    def run(self, announce: Callable[[], None]) -> None:
        """Serves until the supervisor says that it is enough, or is gone.

        Args:
            announce: Called when connections can come.
        """
        try_use_uvloop()
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        self._app.is_running, self._app.asgi = True, False
        server = AsyncioServer(self._app, loop, None, self._connections)
        loop.run_until_complete(server.startup())
        loop.run_until_complete(server.before_start())
        loop.run_until_complete(self._serve(server, announce))
        loop.close()

    async def _serve(self, server: AsyncioServer, announce: Callable[[], None]) -> None:
        await server.after_start()
        loop = asyncio.get_running_loop()
        enough: asyncio.Future[float] = loop.create_future()
        self._control.setblocking(False)
        loop.add_reader(self._control, self._hear, enough)
        loop.add_signal_handler(signal.SIGTERM, _settle, enough, 0.0)
        announce()
        idle_seconds = await enough
        self._draining = True
        await server.before_stop()
        await self._drain(idle_seconds)
        loop.remove_reader(self._control)
        await server.after_stop()

    def _hear(self, enough: asyncio.Future[float]) -> None:
        while True:
            try:
                said, sockets, _, _ = socket.recv_fds(self._control, _LONGEST, 1)
            except BlockingIOError:
                return
            for descriptor in sockets:
                self._take(socket.socket(fileno=descriptor))
            if said.startswith(DRAIN):
                _settle(enough, float(said.removeprefix(DRAIN)))
            elif not said:
                asyncio.get_running_loop().remove_reader(self._control)
                _settle(enough, 0.0)
                return

    def _take(self, connection: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        connection.setblocking(False)
        with suppress(OSError):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        config = self._app.config
        protocol = partial(
            HttpProtocol,
            loop=loop,
            connections=self._connections,
            signal=self._signal,
            app=self._app,
        )
        if self._app.websocket_enabled:
            protocol = partial(
                WebSocketProtocol,
                *protocol.args,
                **protocol.keywords,
                websocket_max_size=config.WEBSOCKET_MAX_SIZE,
                websocket_ping_timeout=config.WEBSOCKET_PING_TIMEOUT,
                websocket_ping_interval=config.WEBSOCKET_PING_INTERVAL,
            )
        task = loop.create_task(loop.connect_accepted_socket(protocol, connection))
        self._beginning.add(task)
        task.add_done_callback(self._beginning.discard)

    async def _drain(self, idle_seconds: float) -> None:
        """Waits until all is answered; the supervisor ends what takes too long."""
        begun = time.monotonic()
        while self._beginning or self._connections or self._turns_under_way():
            if time.monotonic() - begun >= idle_seconds:
                self._signal.stopped = True
                for connection in list(self._connections):
                    connection.close_if_idle()
            await asyncio.sleep(_LOOK_EVERY)

    def _turns_under_way(self) -> int:
        """Channels may have answered a request before the turn is over."""
        agent = getattr(self._app.ctx, "agent", None)
        return int(getattr(agent, "under_way", 0))

    def _say_goodbye(self, request: Request, _: BaseHTTPResponse) -> None:
        """Tells who is answered now not to come back by the same connection."""
        if self._draining and request.stream is not None:
            request.stream.keep_alive = False


def _settle(future: asyncio.Future[float], value: float) -> None:
    if not future.done():
        future.set_result(value)
