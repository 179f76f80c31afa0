"""How often somebody may do something: counted here, or for all servers together."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import math
import time
from collections import OrderedDict
from typing import Any

import redis

logger = logging.getLogger(__name__)

AT_ONCE = 6
"""What may be done at once at least, however little it may be in a minute."""

_KNOWN = 10_000
"""Callers that are counted at once; who did nothing for longest is left out."""

_WINDOW = 60
"""Seconds; in Redis, what is done is counted within each."""


class Limit:
    """A bucket of tokens for each caller, refilled evenly.

    Args:
        per_minute: How many are refilled.
        at_once: How many a full bucket holds.
    """

    def __init__(self, per_minute: float, at_once: int) -> None:
        self._rate = per_minute / 60
        self._size = float(at_once)
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, caller: str, now: float) -> float:
        """Takes a token, or tells how long there is none.

        Args:
            caller: Whose bucket.
            now: Any clock that never goes back, in seconds.

        Returns:
            0 if a token was taken; else the seconds until there is one.
        """
        left, since = self._buckets.pop(caller, (self._size, now))
        left = min(self._size, left + (now - since) * self._rate)
        wait = 0.0 if left >= 1 else (1 - left) / self._rate
        self._buckets[caller] = (left if wait else left - 1, now)
        if len(self._buckets) > _KNOWN:
            self._buckets.popitem(last=False)
        return wait


class SharedLimit:
    """So many a minute for each caller.

    Servers that share a Redis, for their locks, count there together. Without, or
    while it is away, each counts for itself.

    Args:
        name: What is counted, for the keys.
        per_minute: How many; 0 for any number.
        at_once: How many of them at once where a server counts for itself; by default
            all.
    """

    def __init__(self, name: str, per_minute: int, at_once: int | None = None) -> None:
        self._name = name
        self._per_minute = per_minute
        self._own = Limit(max(per_minute, 1), at_once or max(AT_ONCE, per_minute))

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
