"""Messages that come twice: platforms send again what is not answered at once."""

from __future__ import annotations

from framework_plugin.components.channels.shared_notes import SharedNotes

KEPT = 24 * 3_600.0
"""Seconds for which a message is known; Feishu sends again for seven hours."""


class Duplicates:
    """Which messages of a channel have come, whichever server they reached.

    Args:
        notes: Where it is written down.
        channel: Its name, since two platforms may use one id.
    """

    def __init__(self, notes: SharedNotes, channel: str) -> None:
        self._notes = notes
        self._channel = channel

    async def is_first(self, message_id: str) -> bool:
        """Whether a message comes for the first time; of several at once, one does."""
        key = f"message:{self._channel}:{message_id}"
        return await self._notes.put_new(key, "1", KEPT)
