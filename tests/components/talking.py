"""A tracker store and turns said to it, as Rasa and our policy leave them."""

from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    BotUttered,
    SessionStarted,
    SlotSet,
    UserUttered,
)

from framework_plugin.components.tracker_store import MemoryTrackerStore

DOMAIN = Domain.from_yaml(
    """
version: "3.1"
slots:
  generated_reply:
    type: text
    influence_conversation: false
    mappings:
    - type: custom
  topic:
    type: text
    mappings:
    - type: custom
"""
)


def open_store(path):
    return MemoryTrackerStore(DOMAIN, db=str(path))


def begin_session(tracker):
    tracker.update(ActionExecuted("action_session_start"))
    tracker.update(SessionStarted())
    tracker.update(ActionExecuted("action_listen"))


def say(tracker, text, reply="好呀", entities=()):
    """One whole turn, as Rasa's processor and our policy leave it on a tracker."""
    tracker.update(UserUttered(text, {"name": "chat"}, list(entities)))
    tracker.update(SlotSet("generated_reply", reply))
    tracker.update(ActionExecuted("utter_generated"))
    tracker.update(BotUttered(reply))
    tracker.update(ActionExecuted("action_listen"))


async def turn(store, user, text, reply="好呀"):
    tracker = await store.get_or_create_tracker(user, append_action_listen=False)
    if not tracker.events:
        begin_session(tracker)
    say(tracker, text, reply)
    await store.save(tracker)


def texts(tracker, kind=UserUttered):
    return [e.text for e in tracker.events if isinstance(e, kind)]


def facts(tracker, kind):
    return tracker.user_context.values(kind)
