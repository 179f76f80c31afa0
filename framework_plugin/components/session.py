"""What a tracker tells about the session, in the terms of the rooms below."""

from __future__ import annotations

from collections.abc import Iterable

from rasa.shared.core.constants import (
    ACTION_LISTEN_NAME,
    ACTION_SESSION_START_NAME,
    DEFAULT_ACTION_NAMES,
)
from rasa.shared.core.events import (
    ActionExecuted,
    BotUttered,
    Event,
    SessionStarted,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker

from framework_plugin.corpus.dialogue import Dialogue, Speaker, Turn

GENERATED_REPLY = "generated_reply"
UTTER_GENERATED = "utter_generated"
UTTER_SERVICE_DOWN = "utter_service_down"
ACTION_RETRIEVE_ANSWER = "action_retrieve_answer"
ACTION_FORGET_MEMORY = "action_forget_memory"
ACTION_RECALL_MEMORY = "action_recall_memory"
ACTION_ANSWER_BESIDES = "action_answer_besides"

FROM_SNAPSHOT = "personal_chat_snapshot"
"""Key in the metadata of events that a tracker begins with in place of older ones."""


def dialogue_of(tracker: DialogueStateTracker) -> Dialogue:
    """The turns of the current session."""
    turns: list[Turn] = []
    for event in tracker.applied_events():
        if isinstance(event, SessionStarted):
            turns.clear()
        elif isinstance(event, UserUttered) and event.text:
            turns.append(Turn(Speaker.USER, event.text))
        elif isinstance(event, BotUttered) and event.text:
            turns.append(Turn(Speaker.BOT, event.text))
    return Dialogue(tuple(turns))


def latest_session(events: Iterable[Event]) -> list[Event]:
    """The events since the action that opened the latest session, all without one."""
    found = list(events)
    for number in range(len(found) - 1, 0, -1):
        if opens_session(found[number]):
            return found[number:]
    return found


def opens_session(event: Event) -> bool:
    """Whether it is the action with which Rasa opens a session.

    What that action says stands before the event that says a session has started.
    """
    return isinstance(event, ActionExecuted) and (
        event.action_name == ACTION_SESSION_START_NAME
    )


def awaits_reply(tracker: DialogueStateTracker) -> bool:
    """Whether the user has spoken and nothing was done about it yet."""
    return bool(tracker.latest_action_name == ACTION_LISTEN_NAME)


def went_unanswered(tracker: DialogueStateTracker) -> bool:
    """Whether a custom action ran for the user's message and nothing was said.

    That is so when the action server could not be reached: Rasa records the action as
    done all the same. In story tests no action ever says a thing; they are told from
    real conversations by having no session.
    """
    events = _since_last_message(tracker)
    ran = [e.action_name or "" for e in events if isinstance(e, ActionExecuted)]
    custom = {n for n in ran if n.startswith("action_")} - set(DEFAULT_ACTION_NAMES)
    spoke = any(isinstance(e, BotUttered) for e in events)
    live = any(isinstance(e, SessionStarted) for e in tracker.events)
    return live and bool(custom) and not spoke and UTTER_SERVICE_DOWN not in ran


def _since_last_message(tracker: DialogueStateTracker) -> list[Event]:
    since: list[Event] = []
    for event in reversed(tracker.applied_events()):
        if isinstance(event, UserUttered):
            break
        since.append(event)
    return since[::-1]
