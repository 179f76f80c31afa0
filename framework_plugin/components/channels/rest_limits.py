"""How often a user or an address may send a message, counted for all servers."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import math
import time
from typing import Any

import redis

from framework_plugin.components.channels.web_limits import Limit

logger = logging.getLogger(__name__)

_WINDOW = 60
"""Seconds; in Redis, messages are counted within each."""

_AT_ONCE = 6


class SharedLimit:
    """So many a minute for each caller.

    Servers that share a Redis, for their locks, count there together. Without, or
    while it is away, each counts for itself.

    Args:
        name: What is counted, for the keys.
        per_minute: How many; 0 for any number.
    """

    def __init__(self, name: str, per_minute: int) -> None:
        self._name = name
        self._per_minute = per_minute
        self._own = Limit(max(per_minute, 1), max(_AT_ONCE, per_minute))

    async def wait(self, agent: Any, caller: str) -> int:
        """Counts one more of a caller.

        Args:
            agent: Rasa's, whose lock store may have a Redis.
            caller: Who.

        Returns:
            0 if it is allowed; else after how many whole seconds it may be.
        """
        if not self._per_minute:
            return 0
        store = getattr(agent, "lock_store", None)
        client = getattr(store, "redis", None) or getattr(store, "red", None)
        if client is not None:
            try:
                return await asyncio.to_thread(self._count, client, caller)
            except redis.RedisError as error:
                logger.warning("This server counts requests for itself: %s", error)
        return math.ceil(self._own.wait(caller, time.monotonic()))

    def _count(self, client: Any, caller: str) -> int:
        now = time.time()
        window = int(now // _WINDOW)
        # Names of users are nothing that Redis needs to know.
        who = hashlib.sha256(caller.encode()).hexdigest()[:24]
        key = f"limit:{self._name}:{who}:{window}"
        counting = client.pipeline(transaction=False)
        counting.incr(key)
        counting.expire(key, 2 * _WINDOW)
        count = counting.execute()[0]
        return 0 if count <= self._per_minute else math.ceil(_WINDOW - now % _WINDOW)
