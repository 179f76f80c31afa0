"""What other processes say to visitors whose pages are open here.

A page is connected to one of several servers, and any of them may say something: an
answer to a message, what a person at the desk wrote, a reminder. All of it gets into
the database; there each server looks, for all of its pages at once.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import Any

from sanic import Sanic

from framework_plugin.components.channels.web_history import History
from framework_plugin.components.channels.web_hub import Hub, News
from framework_plugin.components.channels.web_messages import Shown
from framework_plugin.components.guarded_routes import Refused, store_of
from framework_plugin.components.tracker_store import MemoryTrackerStore
from framework_plugin.memory.event_pages import newest_row, rows_since

logger = logging.getLogger(__name__)

_PAUSE = 1.0
"""Seconds between two looks."""
_LONG_PAUSE = 15.0
"""While the database is away."""
_OVERLAP = 10
"""Looks that are looked over again: rows get their numbers before they are there."""


class Watch:
    """Looks for what was said, and has the open pages told.

    A look costs two queries on the newest rows, whatever the number of pages.

    Args:
        hub: Has the open pages.
    """

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._task: asyncio.Task[None] | None = None
        self._floors: deque[int] = deque(maxlen=_OVERLAP)

    async def start(self, app: Sanic, *_: Any) -> None:
        """Looks as long as the server runs."""
        self._task = asyncio.ensure_future(self._run(app))

    async def stop(self, *_: Any) -> None:
        """Looks no more."""
        if self._task:
            self._task.cancel()

    async def _run(self, app: Sanic) -> None:
        pause = _PAUSE
        while True:
            await asyncio.sleep(pause)
            pause = _PAUSE
            try:
                await self._look(store_of(app))
            except Refused:
                # No model is loaded yet.
                continue
            except Exception as error:
                # Whatever the database raises: pages ask again by themselves.
                logger.error("What other servers say waits: %s", error)
                pause = _LONG_PAUSE

    async def _look(self, store: MemoryTrackerStore) -> None:
        floor = self._floors[0] if self._floors else None
        newest, found = await asyncio.to_thread(_read, store, floor)
        self._floors.append(newest)
        history = History(store)
        if floor is None:
            # At the first look, what pages have missed that were opened before it.
            found = {one: await history.last(one) for one in [*self._hub.open_pages]}
        for sender_id, row in found.items():
            told = self._hub.open_pages.get(sender_id)
            # A turn that runs here tells of itself, and is looked at when it is over.
            if (
                told is not None
                and row > told
                and not self._hub.is_answering(sender_id)
            ):
                messages = await history.since(sender_id, told)
                self._hub.told(sender_id, row)
                for news in news_of(messages):
                    self._hub.tell(sender_id, news)


def news_of(messages: list[Shown]) -> list[News]:
    """What a page is told of messages that it has not got.

    What is said unasked is brought, and read out. The rest belongs to a turn that
    another page began: the page reads it by itself.
    """
    if any(message["from"] == "user" for message in messages):
        return [{"type": "changed"}]
    return [{"type": "said", "message": message} for message in messages]


def _read(store: MemoryTrackerStore, floor: int | None) -> tuple[int, dict[str, int]]:
    """The newest row of all, and whose rows lie behind the floor."""
    with store.memory.repository.reading() as connection:
        newest = newest_row(connection)
        if floor is None or newest <= floor:
            return newest, {}
        return newest, rows_since(connection, floor)
