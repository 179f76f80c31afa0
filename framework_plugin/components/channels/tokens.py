"""Access tokens, fetched once for all servers and renewed when they are refused."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from framework_plugin.components.channels.notes import Clock
from framework_plugin.components.channels.shared_notes import SharedNotes

_LOCKED = 15.0
"""Seconds after which who went to fetch a token counts as lost."""
_LOOK = 0.05
"""Seconds between two looks whether another server has fetched it."""
_EARLY = 300.0
"""Seconds before its end at which a token is not used any more."""


@dataclass(frozen=True)
class Token:
    """What a platform has given.

    Args:
        value: The token.
        seconds: How long it is good.
    """

    value: str
    seconds: float


class Tokens:
    """The access token of one app.

    WeChat makes a token worthless when another is fetched: two servers that fetch
    theirs at once would take it from each other. So one fetches, and the rest wait.

    Args:
        notes: Where the servers share it.
        name: Of the app, such as `wechat:wx1234`.
        fetch: Asks the platform for one.
        clock: What time it is.
    """

    def __init__(
        self,
        notes: SharedNotes,
        name: str,
        fetch: Callable[[], Awaitable[Token]],
        clock: Clock = time.time,
    ) -> None:
        self._notes = notes
        self._key = f"token:{name}"
        self._fetch = fetch
        self._clock = clock
        self._known: tuple[str, float] | None = None

    async def current(self) -> str:
        """A token that is good.

        Raises:
            SendError: If the platform gives none.
        """
        if self._known and self._known[1] > self._clock():
            return self._known[0]
        return await self._shared() or await self._renewed(None)

    async def renewed(self, refused: str) -> str:
        """A token in place of one that the platform did not take.

        Args:
            refused: The token. Where another server has renewed it already, its
                token is taken.

        Raises:
            SendError: If the platform gives none.
        """
        self._known = None
        shared = await self._shared()
        if shared and shared != refused:
            return shared
        return await self._renewed(refused)

    async def _shared(self) -> str | None:
        """What the servers share, if it is still good."""
        note = await self._notes.read(self._key)
        if note is None:
            return None
        value, until = json.loads(note)
        if until <= self._clock():
            return None
        self._known = (value, until)
        return str(value)

    async def _renewed(self, refused: str | None) -> str:
        """Fetches a token, or waits for the server that does."""
        lock, owner = f"{self._key}:lock", uuid.uuid4().hex
        while not await self._notes.put_new(lock, owner, _LOCKED):
            await asyncio.sleep(_LOOK)
            shared = await self._shared()
            if shared and shared != refused:
                return shared
        try:
            shared = await self._shared()
            if shared and shared != refused:
                # It came between the look and the lock.
                return shared
            token = await self._fetch()
            life = max(token.seconds - _EARLY, token.seconds / 2)
            self._known = (token.value, self._clock() + life)
            await self._notes.write(self._key, json.dumps(self._known), life)
            return token.value
        finally:
            if await self._notes.read(lock) == owner:
                await self._notes.remove(lock)
