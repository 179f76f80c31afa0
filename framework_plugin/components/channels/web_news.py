"""The stream by which an open page hears what happens."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

from sanic.request import Request

from framework_plugin.components.channels.web_guard import PRIVATE
from framework_plugin.components.channels.web_history import History
from framework_plugin.components.channels.web_hub import Hub, News
from framework_plugin.errors import MemoryStoreError

logger = logging.getLogger(__name__)

_LOOK_EVERY = 15.0
"""Seconds of silence after which the database is asked whether all was heard, and
whether all is still there. Proxies that cut silent connections see a sign of life."""

_QUIET: News = {"type": "quiet"}


class NewsStream:
    """Server-sent events for one open page.

    Each carries the newest row that the page knows then. A browser whose stream breaks
    tells the last one to the server that it reaches next, whichever that is; so nothing
    is missed.

    Args:
        hub: Tells what happens.
        history: Knows what has happened.
        sender_id: Whose page.
    """

    def __init__(self, hub: Hub, history: History, sender_id: str) -> None:
        self._hub = hub
        self._history = history
        self._sender_id = sender_id

    async def run(self, request: Request, since: int | None) -> None:
        """Streams until the page or the server goes.

        Args:
            request: Of the page.
            since: The newest row that it knows; None if it does not say.

        Raises:
            MemoryStoreError: If the database cannot be read at the beginning.
        """
        last = await self._history.last(self._sender_id)
        stream = await request.respond(
            content_type="text/event-stream",
            headers={**PRIVATE, "X-Accel-Buffering": "no"},
        )
        with self._hub.page(self._sender_id, last) as queue:
            await stream.send(f"retry: 3000\nid: {last}\n\n")
            news: News | None = _missed(since, last)
            if news == _QUIET:
                news = await self._next(queue)
            while news is not None:
                await stream.send(self._event(news))
                news = await self._next(queue)
        await stream.eof()

    async def _next(self, queue: asyncio.Queue[News | None]) -> News | None:
        try:
            return await asyncio.wait_for(queue.get(), _LOOK_EVERY)
        except asyncio.TimeoutError:
            return await self._look()

    async def _look(self) -> News:
        told = self._hub.open_pages.get(self._sender_id, 0)
        try:
            last = await self._history.last(self._sender_id)
        except MemoryStoreError as error:
            logger.error("%s", error)
            return _QUIET
        self._hub.reset(self._sender_id, last)
        return _missed(told, last)

    def _event(self, news: dict[str, Any]) -> str:
        row = self._hub.open_pages.get(self._sender_id, 0)
        return f"id: {row}\ndata: {json.dumps(news, ensure_ascii=False)}\n\n"


def _missed(known: int | None, last: int) -> News:
    """What a page is told that knows all up to a row.

    Rows that are not there any more were forgotten.
    """
    if known is None or known == last:
        return _QUIET
    return {"type": "changed" if known < last else "anew"}
