"""Notes in the Redis of the lock store."""

from __future__ import annotations

import hashlib
from typing import Any


class RedisNotes:
    """Notes that all servers with one Redis share; it forgets them by its own clock.

    Args:
        client: Of redis-py.
    """

    def __init__(self, client: Any) -> None:
        self._client = client

    def put_new(self, key: str, value: str, seconds: float) -> bool:
        """See `Notes`."""
        life = _milliseconds(seconds)
        return bool(self._client.set(_name(key), value, px=life, nx=True))

    def read(self, key: str) -> str | None:
        """See `Notes`."""
        found = self._client.get(_name(key))
        return found.decode() if isinstance(found, bytes) else found

    def write(
        self, key: str, value: str, seconds: float, sender: str | None = None
    ) -> None:
        """See `Notes`."""
        self._client.set(_name(key), value, px=_milliseconds(seconds))

    def remove(self, key: str) -> None:
        """See `Notes`."""
        self._client.delete(_name(key))


def _name(key: str) -> str:
    return f"channel_note:{hashlib.sha256(key.encode()).hexdigest()}"


def _milliseconds(seconds: float) -> int:
    return max(1, round(1000 * seconds))
