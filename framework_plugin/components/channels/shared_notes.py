"""The notes of a server: in Redis or SQL where it has them, else in its own memory."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any, TypeVar

import redis
from rasa.core.lock_store import RedisLockStore

from framework_plugin.components.channels.notes import MemoryNotes, Notes
from framework_plugin.components.channels.notes_redis import RedisNotes
from framework_plugin.components.channels.notes_sql import SqlNotes
from framework_plugin.components.guarded_routes import Refused, store_of
from framework_plugin.components.lock_store import ExactLockStore
from framework_plugin.errors import MemoryStoreError

logger = logging.getLogger(__name__)

Result = TypeVar("Result")


class SharedNotes:
    """Notes that are never in the way: while they cannot be reached, memory serves.

    Args:
        notes: Where they are; known only once a server runs.
    """

    def __init__(self, notes: Notes | None = None) -> None:
        self._own = MemoryNotes()
        self._notes = notes
        self._app: Any = None

    def serve(self, app: Any) -> None:
        """Takes the notes of a server that has started.

        Args:
            app: Rasa's; its agent, with the stores, may be loaded later.
        """
        self._app = app

    async def put_new(self, key: str, value: str, seconds: float) -> bool:
        """See `Notes.put_new`."""
        return await self._try(lambda notes: notes.put_new(key, value, seconds))

    async def read(self, key: str) -> str | None:
        """See `Notes.read`."""
        return await self._try(lambda notes: notes.read(key))

    async def write(
        self, key: str, value: str, seconds: float, sender: str | None = None
    ) -> None:
        """See `Notes.write`."""
        await self._try(lambda notes: notes.write(key, value, seconds, sender))

    async def remove(self, key: str) -> None:
        """See `Notes.remove`."""
        await self._try(lambda notes: notes.remove(key))

    async def _try(self, asked: Callable[[Notes], Result]) -> Result:
        try:
            return await asyncio.to_thread(lambda: asked(self._notes or self._find()))
        except (MemoryStoreError, redis.RedisError, OSError) as error:
            logger.error(
                "What servers share about messages cannot be reached; until it can, "
                "this one keeps it for itself: %s",
                error,
            )
            return asked(self._own)

    def _find(self) -> Notes:
        """The notes of the server; its own memory until it has an agent."""
        agent = getattr(getattr(self._app, "ctx", None), "agent", None)
        if agent is None:
            return self._own
        self._notes = notes_in_redis(agent) or _notes_in_sql(self._app) or self._own
        return self._notes


def notes_in_redis(agent: Any) -> Notes | None:
    """The notes in the Redis of a lock store; None if that has none.

    Args:
        agent: Rasa's.
    """
    store = getattr(agent, "lock_store", None)
    if isinstance(store, ExactLockStore):
        return RedisNotes(store.redis)
    if isinstance(store, RedisLockStore):
        return RedisNotes(store.red)
    return None


def _notes_in_sql(app: Any) -> Notes | None:
    try:
        store = store_of(app)
    except Refused:
        return None
    return SqlNotes(store.memory.repository)
