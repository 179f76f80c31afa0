"""Not faster than a platform allows."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable


class Pace:
    """Lets so many through per second, and a few at once.

    Args:
        per_second: In the long run.
        at_once: After a while of rest.
        clock: Seconds of a clock that never goes back.
        sleep: Waits for so many seconds.
    """

    def __init__(
        self,
        per_second: float,
        at_once: int,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._per_second = per_second
        self._at_once = at_once
        self._clock = clock
        self._sleep = sleep
        self._left = float(at_once)
        self._seen = clock()

    async def wait(self) -> None:
        """Returns when the next one may go; who asks first goes first."""
        now = self._clock()
        grown = self._left + (now - self._seen) * self._per_second
        self._left = min(float(self._at_once), grown) - 1
        self._seen = now
        if self._left < 0:
            await self._sleep(-self._left / self._per_second)
