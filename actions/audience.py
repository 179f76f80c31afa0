"""To which groups the user of a conversation belongs."""

from __future__ import annotations

from rasa_sdk import Tracker

AUDIENCE = "audience"
"""Slot with the name of a group, or a list of them.

It is set by who knows the user, never by what the user says: what is for an audience
answers only users of it.
"""


def audience_of(tracker: Tracker) -> tuple[str, ...]:
    """The groups of the user; none where nobody has said any.

    Args:
        tracker: The conversation.
    """
    told = tracker.get_slot(AUDIENCE)
    names = [told] if isinstance(told, str) else told
    if not isinstance(names, list):
        return ()
    stripped = (name.strip() for name in names if isinstance(name, str))
    return tuple(dict.fromkeys(name for name in stripped if name))
