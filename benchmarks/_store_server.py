"""What a Rasa server does with its stores for a message, without understanding it.

Reads turns from standard input, one JSON list `[number, user, text]` a line, takes all
of them at once, each under the lock of its conversation, and answers `[number, error]`
as each is saved; `error` is null if it is.

Run by `_server_process.py`:

    python benchmarks/_store_server.py {ours,stock} URL REDIS_PORT

Without a lock, which is what a port of 0 means, turns of one user overlap.
"""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import nullcontext
from typing import Any

import sqlalchemy as sa
from rasa.core.lock_store import LockError, LockStore
from rasa.core.tracker_store import FailSafeTrackerStore, SQLTrackerStore, TrackerStore
from rasa.shared.core.events import UserUttered
from rasa.utils.endpoints import EndpointConfig
from tracker_store import DOMAIN, keys, session, turn

from framework_plugin.components.lock_store import ExactLockStore
from framework_plugin.components.tracker_store import MemoryTrackerStore

STORES = {"ours": MemoryTrackerStore, "stock": SQLTrackerStore}


class Server:
    """Two stores behind the questions of a client.

    Args:
        store: Keeps the conversations.
        locks: Says who is served; None serves all at once.
    """

    def __init__(self, store: TrackerStore, locks: LockStore | None) -> None:
        self._store = FailSafeTrackerStore(store)
        self._locks = locks

    async def take(self, number: int, user: str, text: str) -> None:
        """One turn, as Rasa's agent takes it."""
        error = None
        try:
            async with self._locks.lock(user) if self._locks else nullcontext():
                await self._converse(user, text)
        except LockError as refusal:
            error = str(refusal)
        print(json.dumps([number, error]), flush=True)

    async def _converse(self, user: str, text: str) -> None:
        tracker = await self._store.get_or_create_tracker(
            user, append_action_listen=False
        )
        if not tracker.events:
            for event in session():
                tracker.update(event)
        for event in turn(0):
            if isinstance(event, UserUttered):
                event.text = text
            tracker.update(event)
        await self._store.save(tracker)


async def serve(server: Server) -> None:
    """Takes turns until standard input ends."""
    reader: Any = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    print("ready", flush=True)
    running = set()
    while line := await reader.readline():
        task = asyncio.create_task(server.take(*json.loads(line)))
        running.add(task)
        task.add_done_callback(running.discard)
    await asyncio.gather(*running)


def main() -> None:
    kind, url, port = sys.argv[1:]
    store = STORES[kind](DOMAIN, **keys(sa.engine.make_url(url)))
    place = EndpointConfig("127.0.0.1", port=int(port))
    locks = ExactLockStore(place) if int(port) else None
    asyncio.run(serve(Server(store, locks)))


if __name__ == "__main__":
    main()
