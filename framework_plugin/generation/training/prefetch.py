"""Work done ahead in a thread, so that a step never waits for its batch."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

Item = TypeVar("Item")

_DEPTH = 4
_LOOK_UP_SECONDS = 0.1


class _End:
    """Marks that nothing follows, or the error that ended it."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error


class Prefetched(Generic[Item]):
    """The items of an iterable, made in another thread a few ahead.

    Use it in a `with` statement: leaving it ends the thread, whatever was read. An
    error while making an item is raised where that item would have been read.

    Args:
        items: Iterated in the other thread alone.
        depth: How many items are kept ready.
    """

    def __init__(self, items: Iterable[Item], depth: int = _DEPTH) -> None:
        self._ready: queue.Queue[Item | _End] = queue.Queue(depth)
        self._stop = threading.Event()
        self._thread = threading.Thread(
            target=self._fill, args=(items,), name="batches", daemon=True
        )

    def __enter__(self) -> Prefetched[Item]:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def __iter__(self) -> Iterator[Item]:
        while True:
            item = self._ready.get()
            if isinstance(item, _End):
                if item.error is not None:
                    raise item.error
                return
            yield item

    def _fill(self, items: Iterable[Item]) -> None:
        try:
            for item in items:
                if not self._put(item):
                    return
            self._put(_End())
        except BaseException as error:
            self._put(_End(error))

    def _put(self, item: Item | _End) -> bool:
        """Waits for room; False if nobody reads any more."""
        while not self._stop.is_set():
            try:
                self._ready.put(item, timeout=_LOOK_UP_SECONDS)
            except queue.Full:
                continue
            return True
        return False
