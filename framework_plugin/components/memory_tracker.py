"""A tracker that carries what is known of its user."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from rasa.shared.core.slots import Slot
from rasa.shared.core.trackers import DialogueStateTracker

from framework_plugin.corpus.dialogue import Turn
from framework_plugin.corpus.user_context import UserContext
from framework_plugin.memory.plans import Plan


class MemoryTracker(DialogueStateTracker):
    """Rasa's tracker with the memory of its user, which its copies keep.

    Args:
        sender_id: Id of the conversation, and of the user.
        slots: The slots of the domain.
        max_event_history: How many events to hold; None for all.
        sender_source: File that a test conversation comes from.
        is_rule_tracker: Whether it stands for a rule of the training data.
    """

    def __init__(
        self,
        sender_id: str,
        slots: Iterable[Slot] | None,
        max_event_history: int | None = None,
        sender_source: str | None = None,
        is_rule_tracker: bool = False,
    ) -> None:
        super().__init__(
            sender_id, slots, max_event_history, sender_source, is_rule_tracker
        )
        self.user_context = UserContext(sender_id)
        self.open_plans: tuple[Plan, ...] = ()
        self.recall: Callable[[str, float, float], tuple[Turn, ...]] | None = None

    def init_copy(self) -> MemoryTracker:
        """An empty tracker of the same user, with the same memory."""
        tracker = MemoryTracker(
            self.sender_id,
            self.slots.values(),
            self._max_event_history,
            is_rule_tracker=self.is_rule_tracker,
        )
        tracker.user_context = self.user_context
        tracker.open_plans = self.open_plans
        tracker.recall = self.recall
        return tracker
