"""The action server, called on connections that stay open.

Rasa opens a connection for every action, and closes it behind.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from rasa.utils.endpoints import EndpointConfig


class ActionEndpoint(EndpointConfig):
    """An action server that one event loop calls.

    Args:
        url: Where.
        idle_seconds: How long a connection is kept for the next call; shorter than
            the server keeps it.
    """

    def __init__(self, url: str, idle_seconds: float) -> None:
        super().__init__(url)
        self._idle_seconds = idle_seconds
        self._kept: aiohttp.ClientSession | None = None

    @asynccontextmanager
    async def session(self) -> AsyncIterator[aiohttp.ClientSession]:
        """The session for a call, which stays open behind it."""
        if self._kept is None:
            async with super().session() as plain:
                timeout = plain.timeout
            # There are no cookies between the two.
            self._kept = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=0, keepalive_timeout=self._idle_seconds
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=timeout,
            )
        yield self._kept

    async def close(self, *_: Any) -> None:
        """Closes all connections; a call after that opens new ones."""
        if self._kept is not None:
            await self._kept.close()
            self._kept = None
