"""The open pages of visitors, and the turns under way, in this process."""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Coroutine, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

_PAGES = 6
"""Open pages of one visitor; the oldest is left alone beyond that."""
_HELD = 50
"""News that one page has not fetched."""
_REMEMBERED = 5_000
_WAITING = 3
"""Messages of one visitor under way at once."""

News = dict[str, Any]


class Hub:
    """Brings news to the open pages, and keeps a message from being taken twice."""

    def __init__(self) -> None:
        self._pages: dict[str, list[asyncio.Queue[News | None]]] = {}
        self._told: dict[str, int] = {}
        self._taken: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._under_way: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[Any]] = set()

    @contextmanager
    def page(self, sender_id: str, row: int) -> Iterator[asyncio.Queue[News | None]]:
        """The news for one open page; None says that it is to be closed.

        Args:
            sender_id: Whose page.
            row: The newest row of theirs that it knows of.
        """
        self._told.setdefault(sender_id, row)
        queue: asyncio.Queue[News | None] = asyncio.Queue(_HELD)
        pages = self._pages.setdefault(sender_id, [])
        if len(pages) >= _PAGES:
            _put(pages.pop(0), None)
        pages.append(queue)
        try:
            yield queue
        finally:
            if queue in pages:
                pages.remove(queue)
            if not pages and self._pages.get(sender_id) is pages:
                del self._pages[sender_id]
                del self._told[sender_id]

    @property
    def open_pages(self) -> Mapping[str, int]:
        """Up to which row the open pages of each visitor were told what was said."""
        return self._told

    def told(self, sender_id: str, row: int) -> None:
        """Notes that the open pages of a visitor know of a row, and those before it."""
        if row > self._told.get(sender_id, row):
            self._told[sender_id] = row

    def reset(self, sender_id: str, row: int) -> None:
        """Notes the newest row there is of a visitor; it may be an older one."""
        if sender_id in self._told:
            self._told[sender_id] = row

    def tell(self, sender_id: str, news: News) -> None:
        """Brings news to all pages of a visitor."""
        for queue in self._pages.get(sender_id, ()):
            _put(queue, news)

    def close(self) -> None:
        """Has all pages closed, since the server stops."""
        for pages in self._pages.values():
            for queue in pages:
                _put(queue, None)

    def take(self, sender_id: str, message_id: str) -> bool:
        """Whether a message is new, and may be answered; then it no longer is."""
        key = (sender_id, message_id)
        if key in self._taken:
            return False
        self._taken[key] = None
        if len(self._taken) > _REMEMBERED:
            self._taken.popitem(last=False)
        return True

    def is_busy(self, sender_id: str) -> bool:
        """Whether a visitor has as many messages under way as may be."""
        return self._under_way[sender_id] >= _WAITING

    def is_answering(self, sender_id: str) -> bool:
        """Whether a message of a visitor is under way here."""
        return self._under_way[sender_id] > 0

    def start(
        self, sender_id: str, turn: Coroutine[Any, Any, None]
    ) -> asyncio.Task[None]:
        """Runs a turn to its end, even if the visitor leaves."""
        task = asyncio.ensure_future(turn)
        self._under_way[sender_id] += 1
        self._tasks.add(task)

        def done(_: Any) -> None:
            self._tasks.discard(task)
            self._under_way[sender_id] -= 1
            if not self._under_way[sender_id]:
                del self._under_way[sender_id]

        task.add_done_callback(done)
        return task


def _put(queue: asyncio.Queue[News | None], news: News | None) -> None:
    if queue.full():
        # What was missed is in the history, which the page then reads.
        queue.get_nowait()
    queue.put_nowait(news)
