"""How often somebody may do something."""

from __future__ import annotations

from collections import OrderedDict

_KNOWN = 10_000
"""Callers that are counted at once; who did nothing for longest is left out."""


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
