"""Asking users whether they may be remembered, where `consent` is `required`."""

from __future__ import annotations

import logging
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import ActionExecuted, EventType, SessionStarted
from rasa_sdk.executor import CollectingDispatcher

from actions.resources import Resources
from actions.shop_action import ShopAction
from framework_plugin.errors import PersonalChatError
from framework_plugin.memory.consent import (
    ASKS,
    Consent,
    ConsentReader,
    read_consent,
)

logger = logging.getLogger(__name__)

QUESTION = (
    "想先问一句：你告诉我的事和我们的聊天，可以让我记下来吗？只存在小铺自己的机器上。"
    "说「同意」我就记；说「不同意」就不记，照样陪你聊，以后也随时可以「撤回同意」。"
)
GIVEN = "谢谢你信任我，那我就记着了。哪天不想让我记，说「撤回同意」，我会全部删掉。"
REFUSED = "好，我不记。之前存着的也都删掉了。想让我记的时候，说「我同意你记住」就行。"
NOT_KEPT = "你没有同意我记东西，所以这些我只在这次聊天里用，不会存下来。"
NOT_NEEDED = (
    "这里不用先同意：你告诉我的小事我会记着。不想让我记，说「忘掉关于我的一切」。"
)
_CHOICES = [
    {"title": "同意", "payload": "我同意你记住"},
    {"title": "不同意", "payload": "我不同意你记住"},
]


class ActionConsent(ShopAction):
    """Answers whoever agrees, refuses or takes it back.

    The tracker store does on saving what is said here.
    """

    action_name = "action_consent"

    async def run(
        self,
        dispatcher: CollectingDispatcher,
        tracker: Tracker,
        domain: dict[str, Any],
    ) -> list[EventType]:
        """Says what that means, or asks."""
        if not self._resources.opened.privacy.consent_required:
            dispatcher.utter_message(text=NOT_NEEDED)
            return []
        told = _told_now(tracker)
        if told is None:
            _ask(dispatcher)
        else:
            dispatcher.utter_message(text=GIVEN if told is Consent.GIVEN else REFUSED)
        return []


class ActionSessionStart(ShopAction):
    """Opens a session with the question, for users who have never answered it.

    Only used where the domain lists `action_session_start` among its actions.
    """

    action_name = "action_session_start"

    async def run(
        self,
        dispatcher: CollectingDispatcher,
        tracker: Tracker,
        domain: dict[str, Any],
    ) -> list[EventType]:
        """Does what Rasa's own action does, and asks."""
        try:
            required = self._resources.opened.privacy.consent_required
            if required and _known(self._resources, tracker) is None:
                _ask(dispatcher)
        except PersonalChatError as error:
            logger.error("Whether the user agreed cannot be read: %s", error)
        config = domain.get("session_config") or {}
        kept = {
            event["name"]: dict(event)
            for event in tracker.events
            if event.get("event") == "slot"
            and config.get("carry_over_slots_to_new_session", True)
        }
        for event in kept.values():
            event.pop("timestamp", None)
        return [SessionStarted(), *kept.values(), ActionExecuted("action_listen")]


def say_without_consent(
    dispatcher: CollectingDispatcher, tracker: Tracker, resources: Resources
) -> bool:
    """Says honestly that nothing is kept, or asks, where consent is missing.

    Returns:
        Whether it is missing, and something was said.

    Raises:
        PersonalChatError: The memory cannot be reached.
    """
    if not resources.opened.privacy.consent_required:
        return False
    known = _known(resources, tracker)
    if known is Consent.GIVEN:
        return False
    if known is None:
        _ask(dispatcher)
    else:
        dispatcher.utter_message(text=NOT_KEPT)
    return True


def _known(resources: Resources, tracker: Tracker) -> Consent | None:
    """What the user said about it, with the message that is being answered."""
    told = _told_now(tracker)
    if told is not None:
        return told
    with resources.memory.reading() as connection:
        return read_consent(connection, tracker.sender_id)


def _told_now(tracker: Tracker) -> Consent | None:
    """What the latest message says about it."""
    reader = ConsentReader()
    told = None
    for event in tracker.events:
        kind = event.get("event")
        if kind == "action" and event.get("name") == ActionSessionStart.action_name:
            reader.begin_session()
        elif kind == "bot":
            reader.hear_bot(event.get("metadata"))
        elif kind == "user":
            told = reader.hear_user(str(event.get("text") or ""))
    return told


def _ask(dispatcher: CollectingDispatcher) -> None:
    dispatcher.utter_message(text=QUESTION, buttons=_CHOICES, source={"kind": ASKS})
