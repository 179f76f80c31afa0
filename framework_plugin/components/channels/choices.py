"""What stands behind numbers and titles that a user was given to choose from."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Sequence

from framework_plugin.components.channels.rendering import Button
from framework_plugin.components.channels.shared_notes import SharedNotes

KEPT = 3_600.0
"""Seconds for which a choice can be made."""

_NUMBER = re.compile(r"(?:第|选|选择)?\s*(\d{1,2})\s*(?:个|项|号)?[.。、)）]?")


class Choices:
    """The buttons that users saw last, where they can only be answered in words.

    Args:
        notes: Where they are written down.
    """

    def __init__(self, notes: SharedNotes) -> None:
        self._notes = notes

    async def offer(self, sender: str, buttons: Sequence[Button]) -> None:
        """Notes what a user can choose from; it counts for their next message."""
        pairs = [(one.title, one.payload) for one in buttons if one.payload]
        if pairs:
            note = json.dumps(pairs, ensure_ascii=False)
            await self._notes.write(_key(sender), note, KEPT, sender)

    async def chosen(self, sender: str, text: str) -> str | None:
        """What a message chooses; None if it is an ordinary one.

        Whatever it is, the choice is over: a later `2` may be a number of parcels.
        """
        note = await self._notes.read(_key(sender))
        if note is None:
            return None
        await self._notes.remove(_key(sender))
        pairs = json.loads(note)
        said = unicodedata.normalize("NFKC", text).strip()
        for title, payload in pairs:
            if said == unicodedata.normalize("NFKC", title).strip():
                return str(payload)
        number = _NUMBER.fullmatch(said)
        if number and 1 <= int(number[1]) <= len(pairs):
            return str(pairs[int(number[1]) - 1][1])
        return None


def _key(sender: str) -> str:
    return f"choice:{sender}"
