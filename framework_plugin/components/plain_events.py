"""Events that take nothing back, as nearly all are.

What counts of a conversation Rasa works out for each event anew, by looking whether it
undoes another or belongs to a form.
"""

from __future__ import annotations

from collections.abc import Iterable

from rasa.shared.core.events import (
    ActionExecuted,
    ActionExecutionRejected,
    BotUttered,
    DefinePrevUserUtteredFeaturization,
    Event,
    Restarted,
    SessionStarted,
    SlotSet,
    UserUttered,
)

_PLAIN = {
    ActionExecuted,
    ActionExecutionRejected,
    BotUttered,
    DefinePrevUserUtteredFeaturization,
    SlotSet,
    UserUttered,
}
_BEGINNINGS = {Restarted, SessionStarted}


def plainly_applied(events: Iterable[Event]) -> list[Event] | None:
    """The events since the last beginning, if all of them are plain; else None."""
    applied: list[Event] = []
    for event in events:
        kind = type(event)
        if kind in _PLAIN:
            applied.append(event)
        elif kind in _BEGINNINGS:
            applied = []
        else:
            return None
    return applied
