"""What of an event may leave the process, and what this process still knows of it."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

from rasa.shared.core.events import Event, SessionStarted, SlotSet, UserUttered

from framework_plugin.components.session import FROM_SNAPSHOT
from framework_plugin.components.stored_events import event_of, signature_of
from framework_plugin.memory.masking import mask_values
from framework_plugin.memory.unsaying import Unsaid, asks_to_unsay, blanked

_USERS = 100
_KEPT_SECONDS = 3_600.0
"""For how long a form can still use a number as it was typed."""


class Discretion:
    """Hides personal numbers in what is stored, and knows them for a while itself.

    A form that asks for a phone number needs it until it is done; what is stored is
    read back for every message. So the events as they were are kept in this process,
    for an hour and for the last hundred users, and put in the place of what comes back
    masked. Other processes, and this one after a restart, see `138****1234`.

    Args:
        masking: Whether anything is hidden.
    """

    def __init__(self, masking: bool) -> None:
        self._masking = masking
        self._whole: OrderedDict[str, dict[Any, Event]] = OrderedDict()
        self._slots: dict[str, dict[str, tuple[Any, Any]]] = {}

    def stored_form(self, user: str, event: Event) -> dict[str, Any]:
        """The event as it may be stored, from `Event.as_dict`."""
        data: dict[str, Any] = event.as_dict()
        if not self._masking:
            return data
        masked: dict[str, Any] = mask_values(data)
        if masked is not data:
            self._keep(user, event, masked)
        return masked

    def published_form(self, event: Event) -> Event:
        """The event as others may see it."""
        data = event.as_dict()
        masked = mask_values(data) if self._masking else data
        return event if masked is data else event_of(masked, "The masking") or event

    def stored_slots(self, slots: str) -> str:
        """The slots of a snapshot as they may be stored, as JSON."""
        if not self._masking:
            return slots
        values = json.loads(slots)
        masked = mask_values(list(values.values()))
        return json.dumps(dict(zip(values, masked, strict=True)))

    def as_it_was(self, user: str, event: Event) -> Event:
        """What came back masked, as it was when it was stored from here."""
        if user not in self._whole:
            return event
        if isinstance(event, SlotSet) and FROM_SNAPSHOT in event.metadata:
            masked, value = self._slots[user].get(event.key, (None, None))
            if event.value == masked is not None:
                return SlotSet(event.key, value, event.timestamp, event.metadata)
            return event
        return self._whole[user].get(signature_of(event.as_dict()), event)

    def forget(self, user: str) -> None:
        """Knows nothing of a user any more."""
        self._whole.pop(user, None)
        self._slots.pop(user, None)

    def _keep(self, user: str, event: Event, masked: dict[str, Any]) -> None:
        kept = self._whole.setdefault(user, {})
        self._whole.move_to_end(user)
        oldest = event.timestamp - _KEPT_SECONDS
        for key in [k for k, e in kept.items() if e.timestamp < oldest]:
            del kept[key]
        kept[signature_of(masked)] = event
        slots = self._slots.setdefault(user, {})
        if isinstance(event, SlotSet):
            slots[event.key] = (masked["value"], event.value)
        if len(self._whole) > _USERS:
            self.forget(next(iter(self._whole)))


def without_unsaid(said: Sequence[Event]) -> tuple[list[Event], bool]:
    """Events without the words that their user does not want to be kept.

    Args:
        said: In order.

    Returns:
        As many events, and whether the words to be taken out were said before them.
    """
    events = list(said)
    reaches_back = False
    before: int | None = None
    session_is_new = False
    for number, event in enumerate(said):
        if isinstance(event, SessionStarted):
            before, session_is_new = None, True
        elif isinstance(event, UserUttered):
            wanted = asks_to_unsay(event.text or "")
            if wanted is Unsaid.THIS:
                _blank(events, number, _end_of_turn(said, number))
            elif wanted is Unsaid.BEFORE and before is not None:
                _blank(events, before, number)
            elif wanted is Unsaid.BEFORE and not session_is_new:
                reaches_back = True
            before = number
    return events, reaches_back


def _end_of_turn(said: Sequence[Event], first: int) -> int:
    others = range(first + 1, len(said))
    ends = (n for n in others if isinstance(said[n], UserUttered | SessionStarted))
    return next(ends, len(said))


def _blank(events: list[Event], first: int, end: int) -> None:
    message = events[first]
    words = message.text or "" if isinstance(message, UserUttered) else ""
    for number in range(first, end):
        data = events[number].as_dict()
        events[number] = event_of(blanked(data, words), "Taking out") or events[number]
