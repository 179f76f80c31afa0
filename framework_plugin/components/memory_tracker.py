"""A tracker that carries what is known of its user."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from copy import copy

from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event, UserUttered
from rasa.shared.core.slots import Slot
from rasa.shared.core.trackers import DialogueStateTracker

from framework_plugin.components.handover_gate import (
    FIRST_ACTIONS,
    ends_turn,
    first_action,
    is_always_heard,
)
from framework_plugin.components.plain_events import plainly_applied
from framework_plugin.corpus.dialogue import Turn
from framework_plugin.corpus.user_context import UserContext
from framework_plugin.handover.entry import NOT_AT_DESK
from framework_plugin.memory.plans import Plan


class MemoryTracker(DialogueStateTracker):
    """Rasa's tracker with the memory of its user, which its copies keep.

    While a person has the conversation it counts as paused, and Rasa then predicts no
    action; messages are stored all the same.

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
        none = None if slots is None else ()
        super().__init__(
            sender_id, none, max_event_history, sender_source, is_rule_tracker
        )
        if slots is not None:
            self.slots = {slot.name: _copied(slot) for slot in slots}
            self._reset_slots()
        self.user_context = UserContext(sender_id)
        self.open_plans: tuple[Plan, ...] = ()
        self.recall: Callable[[str, float, float], tuple[Turn, ...]] | None = None
        self.at_desk = NOT_AT_DESK
        self.is_settled = False
        self._applied: tuple[int, Event, list[Event]] | None = None

    def update(self, event: Event, domain: Domain | None = None) -> None:
        """Applies an event; a message of the user may call for an action of its own.

        Only for a message that has just come does Rasa hand over the domain.
        """
        super().update(event, domain)
        if domain is not None and isinstance(event, UserUttered):
            action = first_action(self, self.at_desk)
            if action in domain.action_names_or_texts:
                self.trigger_followup_action(action)
        elif ends_turn(event):
            self.trigger_followup_action(ACTION_LISTEN_NAME)

    def applied_events(self) -> list[Event]:
        """The events that count; see Rasa. Policies ask for them many times a turn."""
        if not self.events:
            return []
        count, newest = len(self.events), self.events[-1]
        if (
            self._applied is None
            or self._applied[0] != count
            or self._applied[1] is not newest
        ):
            plain = plainly_applied(self.events)
            applied = super().applied_events() if plain is None else plain
            self._applied = (count, newest, applied)
        return list(self._applied[2])

    def is_paused(self) -> bool:
        """Whether Rasa is to predict no action."""
        if super().is_paused():
            return True
        is_called_for = self.followup_action in FIRST_ACTIONS
        return self.at_desk.is_held and not is_called_for and not is_always_heard(self)

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
        tracker.at_desk = self.at_desk
        tracker.is_settled = self.is_settled
        return tracker


def _copied(slot: Slot) -> Slot:
    """A copy as `copy.copy` makes it, in a fraction of its time."""
    if hasattr(slot, "__copy__"):
        return copy(slot)
    other: Slot = object.__new__(type(slot))
    other.__dict__.update(vars(slot))
    return other
