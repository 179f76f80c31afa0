"""Who has been looking at what, so that a page that looks again is noted once."""

from __future__ import annotations

_AGAIN = 600.0
"""Seconds after which a look counts as another one."""
_REMEMBERED = 1_000


class Looks:
    """Tells first looks from those of a page that keeps itself up to date."""

    def __init__(self) -> None:
        self._noted: dict[tuple[str, int], float] = {}

    def is_new(self, actor: str, entry_id: int, now: float) -> bool:
        """Whether a look is to be noted.

        Args:
            actor: Who looks.
            entry_id: At what.
            now: The present moment, in seconds since the epoch.
        """
        key = (actor, entry_id)
        if now - self._noted.get(key, float("-inf")) < _AGAIN:
            return False
        self._noted.pop(key, None)
        self._noted[key] = now
        if len(self._noted) > _REMEMBERED:
            del self._noted[next(iter(self._noted))]
        return True
