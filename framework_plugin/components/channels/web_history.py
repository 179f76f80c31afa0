"""What a visitor and the assistant have said, read from where it is kept."""

from __future__ import annotations

import asyncio
from typing import Any

from framework_plugin.components.channels.web_messages import Shown, shown_messages
from framework_plugin.components.tracker_store import MemoryTrackerStore
from framework_plugin.memory.answer_feedback import feedback_of
from framework_plugin.memory.event_pages import (
    NumberedEvent,
    events_before,
    events_since,
)
from framework_plugin.memory.history import last_row

_PAGE = 240
"""Events; a turn has about eight."""


class History:
    """The conversations of visitors.

    All methods may raise a `MemoryStoreError` where the database cannot be read.

    Args:
        store: Where they are kept.
    """

    def __init__(self, store: MemoryTrackerStore) -> None:
        self._store = store

    async def page(self, sender_id: str, before: int | None = None) -> dict[str, Any]:
        """The last messages of a visitor.

        Args:
            sender_id: Who it is.
            before: Only those before the message of this id.

        Returns:
            `messages`, the oldest first, the id for the next page under `before`, null
            if there is none, and under `last` the newest row; 0 if none is stored.
        """
        events, more = await asyncio.to_thread(self._before, sender_id, before)
        if not events and before is None:
            # Of those who have not agreed to be remembered nothing is stored.
            events = await self._of_this_process(sender_id)
        return await self._page_of(sender_id, events, more)

    async def stored(self, sender_id: str, before: int | None = None) -> dict[str, Any]:
        """As `page`, but only what is stored: what others than the visitor may see."""
        events, more = await asyncio.to_thread(self._before, sender_id, before)
        return await self._page_of(sender_id, events, more)

    async def _page_of(
        self, sender_id: str, events: list[NumberedEvent], more: bool
    ) -> dict[str, Any]:
        if more:
            events = _from_first_message(events)
        messages = await self._judged(sender_id, shown_messages(events))
        rest = events[0][0] if more and events else None
        last = max(events[-1][0], 0) if events else 0
        return {"messages": messages, "before": rest, "last": last}

    async def since(self, sender_id: str, row: int) -> list[Shown]:
        """The messages behind the row of an id, in order."""
        events = await asyncio.to_thread(self._since, sender_id, row)
        return shown_messages(events)

    async def last(self, sender_id: str) -> int:
        """The id of the newest row of a visitor; 0 if there is none."""
        return await asyncio.to_thread(self._last, sender_id)

    async def has(self, sender_id: str, message_id: str) -> bool:
        """Whether one of the last messages of a visitor has the id that a page made."""
        events, _ = await asyncio.to_thread(self._before, sender_id, None)
        return any(event.get("message_id") == message_id for _, event in events)

    async def around(self, sender_id: str, message: int) -> list[NumberedEvent]:
        """The events up to a message, with those that led to it."""
        events, _ = await asyncio.to_thread(self._before, sender_id, message + 1)
        return events

    async def _of_this_process(self, sender_id: str) -> list[NumberedEvent]:
        tracker = await self._store.retrieve(sender_id)
        if tracker is None:
            return []
        # Numbers below zero are no rows: what has one cannot be judged. They stay the
        # same from one look to the next.
        said = [event.as_dict() for event in tracker.events]
        return [(-round(1e6 * event["timestamp"]), event) for event in said]

    async def _judged(self, sender_id: str, messages: list[Shown]) -> list[Shown]:
        """The messages, with what the visitor said of those that are replies."""
        said = await asyncio.to_thread(self._feedback, sender_id)
        asked_at = 0.0
        for message in messages:
            if message["from"] == "user":
                asked_at = message["at"]
                continue
            verdict = said.get((judged_as(message["why"]), asked_at))
            if verdict is not None:
                message["helpful"] = verdict
        return messages

    def _feedback(self, sender_id: str) -> dict[tuple[str, float], bool]:
        with self._store.memory.repository.reading() as connection:
            given = feedback_of(connection, sender_id)
        return {(one.passage_id, one.answered_at): one.helpful for one in given}

    def _before(
        self, sender_id: str, row: int | None
    ) -> tuple[list[NumberedEvent], bool]:
        with self._store.memory.repository.reading() as connection:
            return events_before(connection, sender_id, _PAGE, row)

    def _since(self, sender_id: str, row: int) -> list[NumberedEvent]:
        with self._store.memory.repository.reading() as connection:
            return events_since(connection, sender_id, _PAGE, row)

    def _last(self, sender_id: str) -> int:
        with self._store.memory.repository.reading() as connection:
            return last_row(connection, sender_id)


def judged_as(why: Shown) -> str:
    """Under what a verdict on a reply is kept: its passage, else who said it."""
    return str(why.get("entry") or f"said:{why.get('action')}")


def _from_first_message(events: list[NumberedEvent]) -> list[NumberedEvent]:
    """Without what belongs to a turn that begins on the page before."""
    for number, (_, event) in enumerate(events):
        if event.get("event") == "user":
            return events[number:]
    return events
