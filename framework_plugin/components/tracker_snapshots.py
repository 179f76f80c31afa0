"""Trackers that go on from a snapshot instead of a session's first event.

Policies look back over a few turns, and slots say the rest. So a tracker whose first
events set the slots as they were, and whose others are those of the last turns, leads
to the same predictions as one of the whole session.
"""

from __future__ import annotations

import json

from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.events import (
    ActionExecuted,
    BotUttered,
    Event,
    SessionStarted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker

from framework_plugin.components.session import FROM_SNAPSHOT, GENERATED_REPLY

_PLAIN = {ActionExecuted, BotUttered, SlotSet, UserUttered}
"""Events that take nothing back."""


def is_at_rest(tracker: DialogueStateTracker) -> bool:
    """Whether nothing but slots must be known to go on from here.

    Not so within a form, a pause or a turn, nor with an action to follow.
    """
    return (
        tracker.latest_action_name == ACTION_LISTEN_NAME
        and tracker.active_loop is None
        and tracker.followup_action is None
        and not tracker.is_paused()
    )


def slots_at_rest(tracker: DialogueStateTracker) -> str | None:
    """The slots that have been set, as JSON; None if more is going on."""
    if not is_at_rest(tracker):
        return None
    slots = {
        slot.name: slot.value
        for slot in tracker.slots.values()
        if slot.has_been_set and slot.name != GENERATED_REPLY
    }
    try:
        return json.dumps(slots)
    except (TypeError, ValueError):
        return None


def opening_events(slots: str, before: float) -> list[Event]:
    """The events that a tracker begins with in the place of those left out.

    Args:
        slots: From `slots_at_rest`.
        before: Time of the first event behind them, in seconds since the epoch.

    Raises:
        ValueError: If `slots` is damaged.
    """
    values = json.loads(slots)
    if not isinstance(values, dict):
        raise ValueError(f"expected slots by name, not {slots[:40]!r}")
    mark = {FROM_SNAPSHOT: True}
    slots_set = [SlotSet(name, value, before, mark) for name, value in values.items()]
    listening = ActionExecuted(ACTION_LISTEN_NAME, timestamp=before, metadata=mark)
    return [SessionStarted(before, mark), *slots_set, listening]


def actions_behind(tracker: DialogueStateTracker, opening: Event) -> int:
    """How many actions count that came after the opening events.

    A policy sees the state before each. Actions taken back do not count, nor do those
    of a form, except the last.

    Args:
        tracker: One that begins with `opening_events`.
        opening: The last of them.

    Returns:
        Their number; 0 if more was taken back than the tracker holds.
    """
    held = list(tracker.events)
    if all(type(event) in _PLAIN for event in held[1:]):
        # Rasa need not look for what was taken back, which takes it longest of all.
        applied = held[1:]
    else:
        applied = tracker.applied_events()
    if all(event is not opening for event in applied):
        return 0
    return sum(isinstance(event, ActionExecuted) for event in applied) - 1
