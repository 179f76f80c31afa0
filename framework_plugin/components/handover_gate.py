"""What the desk has to do with a turn: who answers, and what must be said first."""

from __future__ import annotations

from collections.abc import Iterable

from rasa.shared.core.constants import FOLLOWUP_ACTION
from rasa.shared.core.events import (
    ActionExecuted,
    BotUttered,
    Event,
    SessionStarted,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker
from sqlalchemy.engine import Connection

from framework_plugin.handover.anger import is_angry
from framework_plugin.handover.entry import AtDesk
from framework_plugin.handover.leaving import wants_no_person
from framework_plugin.handover.outbox import at_desk, note_sent
from framework_plugin.memory.tables import handover_replies, handovers

ACTION_HAND_OVER = "action_hand_over"
ACTION_PERSON_SPEAKS = "action_person_speaks"
ACTION_BACK_TO_ASSISTANT = "action_back_to_assistant"
FIRST_ACTIONS = (ACTION_HAND_OVER, ACTION_PERSON_SPEAKS, ACTION_BACK_TO_ASSISTANT)
"""Actions that come before whatever the policies predict."""

_ALWAYS_HEARD = "self_harm"
"""Intent that the assistant answers whoever has the conversation: people pause."""

_LOOKED_BACK = 3


def read_desk(connection: Connection, sender_id: str, now: float) -> AtDesk:
    """How a conversation stands with the desk.

    Args:
        connection: To the database.
        sender_id: Whose conversation it is.
        now: The present moment, in seconds since the epoch.
    """
    return at_desk(connection, handovers, handover_replies, sender_id, now)


def note_said(connection: Connection, sender_id: str, said: Iterable[Event]) -> None:
    """Notes which words of the desk the user has got by now.

    Args:
        connection: In the transaction that wrote the events.
        sender_id: Whose conversation it is.
        said: The events.
    """
    for event in said:
        source = event.metadata.get("source") if isinstance(event, BotUttered) else None
        reply = source.get("reply") if isinstance(source, dict) else None
        if isinstance(reply, int):
            tables = (handovers, handover_replies)
            note_sent(connection, *tables, sender_id, [reply], event.timestamp)


def first_action(tracker: DialogueStateTracker, desk: AtDesk) -> str | None:
    """The action that the latest message calls for, whatever the policies think of it.

    Args:
        tracker: Its last event is that message.
        desk: How its conversation stood when it came.
    """
    text = tracker.latest_message.text or "" if tracker.latest_message else ""
    if desk.is_held and wants_no_person(text):
        return ACTION_BACK_TO_ASSISTANT
    if desk.has_due or desk.is_lapsed:
        return ACTION_PERSON_SPEAKS
    # A form has rules of its own for whoever has had enough.
    if desk.is_open or tracker.active_loop_name:
        return None
    return ACTION_HAND_OVER if is_angry(_latest_messages(tracker)) else None


def ends_turn(event: Event) -> bool:
    """Whether an action came in place of what the policies predict, and was all.

    They know nothing of it, and might take the turn for a failed one.
    """
    return (
        isinstance(event, ActionExecuted)
        and event.action_name == ACTION_HAND_OVER
        and event.policy == FOLLOWUP_ACTION
    )


def is_always_heard(tracker: DialogueStateTracker) -> bool:
    """Whether the assistant answers the latest message although a person is there."""
    message = tracker.latest_message
    return message is not None and message.intent.get("name") == _ALWAYS_HEARD


def _latest_messages(tracker: DialogueStateTracker) -> list[tuple[str, str | None]]:
    """The last messages of this session with their intents, oldest first.

    Those from before the user was last handed over, or left, have had their answer.
    """
    found: list[tuple[str, str | None]] = []
    for event in reversed(tracker.events):
        if isinstance(event, SessionStarted) or _is_of_desk(event):
            break
        if isinstance(event, UserUttered):
            found.append((event.text or "", event.intent_name))
            if len(found) == _LOOKED_BACK:
                break
    return found[::-1]


def _is_of_desk(event: Event) -> bool:
    desk = (ACTION_HAND_OVER, ACTION_BACK_TO_ASSISTANT)
    return isinstance(event, ActionExecuted) and event.action_name in desk
