"""The conversations last saved here, which go on while the database is away."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import replace

from rasa.shared.core.slots import Slot
from rasa.shared.core.trackers import DialogueStateTracker

from framework_plugin.components.memory_tracker import MemoryTracker
from framework_plugin.components.session import latest_session
from framework_plugin.components.user_memory import current_user_context

_MOST = 100


class RecentTrackers:
    """Keeps the trackers of the last users, as they were given to be saved."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, DialogueStateTracker] = OrderedDict()

    def keep(self, tracker: DialogueStateTracker) -> None:
        """Keeps a tracker in place of an earlier one of its user."""
        self._kept[tracker.sender_id] = tracker
        self._kept.move_to_end(tracker.sender_id)
        if len(self._kept) > _MOST:
            self._kept.popitem(last=False)

    def forget(self, user: str) -> None:
        """Keeps nothing of a user."""
        self._kept.pop(user, None)

    def of(self, user: str, slots: Iterable[Slot]) -> MemoryTracker | None:
        """The session last saved of a user, with what its last message taught.

        Args:
            user: Rasa's `sender_id`.
            slots: Of the domain.

        Returns:
            None if nothing is kept.
        """
        last = self._kept.get(user)
        if last is None:
            return None
        tracker = MemoryTracker(user, slots)
        for event in latest_session(last.events):
            tracker.update(event)
        # A conversation that begins has a tracker of Rasa's own, without a memory.
        context = getattr(last, "user_context", tracker.user_context)
        now = current_user_context(last)
        tracker.user_context = replace(context, facts=now.facts, asked=now.asked)
        tracker.at_desk = getattr(last, "at_desk", tracker.at_desk)
        return tracker
