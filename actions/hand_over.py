"""Handing over to a person of the shop, and back; what that person says."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import ActionExecuted, EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.consent import say_without_consent
from actions.conversation import latest_intent, session_events
from actions.people import way_to_a_person
from actions.replying import say
from actions.resources import Desk, Resources
from actions.shop_action import ShopAction
from actions.telling import tell_what_is_left
from framework_plugin.errors import PersonalChatError
from framework_plugin.handover import sentences
from framework_plugin.handover.anger import is_angry
from framework_plugin.handover.entry import Entry, Reason

logger = logging.getLogger(__name__)

NEEDS_CONSENT = "转给同事，得先把这段聊天记下来给他们看。不想记的话：{way}"

_SOURCE = {"kind": "handover"}
_UNANSWERED = 2
"""So many of the last three answers that were none."""


class ActionHandOver(ShopAction):
    """Puts the user into the queue and tells their place, or tells it again.

    Without a `handover.yml` there is no queue: then it tells the way to a person, and
    whether one is there now.
    """

    action_name = "action_hand_over"

    def __init__(self, resources: Resources | None = None) -> None:
        super().__init__(resources)
        if resources is None:
            # Made by the action server, when that starts.
            tell_what_is_left()

    async def run(
        self,
        dispatcher: CollectingDispatcher,
        tracker: Tracker,
        domain: dict[str, Any],
    ) -> list[EventType]:
        """Asks for a person."""
        now = self._resources.clock()
        try:
            if self._resources.desk is None:
                say(dispatcher, way_to_a_person(now), {"kind": "person"})
            elif self._may_be_shown(dispatcher, tracker, now):
                self._ask(dispatcher, tracker, self._resources.desk, now)
        except PersonalChatError as error:
            logger.error("Nobody can be put into the queue: %s", error)
            say(dispatcher, way_to_a_person(now), {"kind": "person"})
        return []

    def _may_be_shown(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, now: datetime
    ) -> bool:
        """Whether the user lets the conversation be kept; else that is said."""
        question = CollectingDispatcher()
        if not say_without_consent(question, tracker, self._resources):
            return True
        way = way_to_a_person(now)
        say(dispatcher, NEEDS_CONSENT.format(way=way), {"kind": "person"})
        dispatcher.messages.extend(question.messages)
        return False

    def _ask(
        self,
        dispatcher: CollectingDispatcher,
        tracker: Tracker,
        desk: Desk,
        now: datetime,
    ) -> None:
        sender, at, why = tracker.sender_id, now.timestamp(), reason_of(tracker)
        user = self._resources.memory.person(sender).user_id
        channel = tracker.get_latest_input_channel()
        asked = desk.queue.ask(sender, user, channel, why, at)
        if asked.is_new:
            _wake(desk)
        if asked.entry.sender_id != sender:
            text = sentences.ELSEWHERE
        elif asked.is_new:
            text = sentences.queued(why, asked.ahead, opening(desk, at))
        else:
            text = place_of(desk, asked.entry, asked.ahead, at)
        say(dispatcher, text, _SOURCE)


class ActionQueuePosition(ShopAction):
    """Tells a user who waits for a person how many are in front."""

    action_name = "action_queue_position"

    async def run(
        self,
        dispatcher: CollectingDispatcher,
        tracker: Tracker,
        domain: dict[str, Any],
    ) -> list[EventType]:
        """Tells it."""
        now = self._resources.clock()
        try:
            text = self._place(tracker.sender_id, now)
        except PersonalChatError as error:
            logger.error("The queue cannot be read: %s", error)
            text = way_to_a_person(now)
        say(dispatcher, text, _SOURCE)
        return []

    def _place(self, sender: str, now: datetime) -> str:
        desk = self._resources.desk
        if desk is None:
            return way_to_a_person(now)
        entry = desk.queue.entry_of(sender)
        if entry is None:
            return sentences.NOT_IN_QUEUE
        return place_of(desk, entry, desk.queue.ahead(entry), now.timestamp())


class ActionBackToAssistant(ShopAction):
    """Takes the user out of the queue, or back from the person."""

    action_name = "action_back_to_assistant"

    async def run(
        self,
        dispatcher: CollectingDispatcher,
        tracker: Tracker,
        domain: dict[str, Any],
    ) -> list[EventType]:
        """Leaves; whoever the user was with is told so."""
        now = self._resources.clock()
        desk = None
        left: Entry | None = None
        try:
            desk = self._resources.desk
            left = (
                desk.queue.leave(tracker.sender_id, now.timestamp()) if desk else None
            )
        except PersonalChatError as error:
            logger.error("The queue cannot be left: %s", error)
            say(dispatcher, way_to_a_person(now), _SOURCE)
            return []
        if desk is None or left is None:
            say(dispatcher, sentences.NOT_IN_QUEUE, _SOURCE)
            return []
        _wake(desk)
        if left.is_waiting:
            say(dispatcher, sentences.LEFT_QUEUE, _SOURCE)
            return []
        say(dispatcher, sentences.LEFT_PERSON, _SOURCE)
        # The turn began while the assistant was silent: no policy will end it.
        return [ActionExecuted("action_listen")]


class ActionPersonSpeaks(ShopAction):
    """Says what people at the desk have to say to the user, before anything else.

    The tracker store calls for it when a message comes and there is something to say,
    or when the person who has the conversation has been silent for too long. Behind it
    the message is as if it had just come: if nobody has the conversation any more, the
    policies answer it.
    """

    action_name = "action_person_speaks"

    async def run(
        self,
        dispatcher: CollectingDispatcher,
        tracker: Tracker,
        domain: dict[str, Any],
    ) -> list[EventType]:
        """Says it."""
        try:
            desk = self._resources.desk
            if desk is not None:
                now = self._resources.clock().timestamp()
                self._speak(dispatcher, tracker.sender_id, desk, now)
        except PersonalChatError as error:
            logger.error("What people have said cannot be read: %s", error)
        return [ActionExecuted("action_listen")]

    def _speak(
        self, dispatcher: CollectingDispatcher, sender: str, desk: Desk, now: float
    ) -> None:
        lapsed = desk.queue.lapse(sender, now)
        for reply in desk.outbox.claim_due(sender, now):
            say(dispatcher, reply.text, reply.source)
        if lapsed is not None:
            _wake(desk)
            say(dispatcher, sentences.LAPSED, _SOURCE)


def place_of(desk: Desk, entry: Entry, ahead: int, now: float) -> str:
    """How the wish of a user for a person stands.

    Args:
        desk: Where people are.
        entry: The wish.
        ahead: How many wait in front.
        now: The present moment, in seconds since the epoch.
    """
    if entry.taken_by is not None:
        return sentences.WITH_PERSON.format(name=entry.taken_by)
    return sentences.still_queued(ahead, opening(desk, now))


def opening(desk: Desk, now: float) -> str | None:
    """When somebody is there, in words; None if that is now.

    Args:
        desk: Where people are.
        now: The present moment, in seconds since the epoch.
    """
    hours = desk.settings.hours
    if hours.is_open(now):
        return None
    there = hours.next_opening(now)
    if there is None:
        return "过些日子"
    return sentences.opening_said(there, hours.local(now))


def reason_of(tracker: Tracker) -> Reason:
    """Why a person is wanted, as the conversation shows."""
    intent = latest_intent(tracker)
    events = session_events(tracker)
    if intent == "talk_to_human":
        return Reason.ASKED
    if is_angry(_messages(events)):
        return Reason.ANGER
    actions = [e.get("name") for e in events if e.get("event") == "action"]
    spoken = [name for name in actions if name != "action_listen"]
    if intent == "complain" or spoken[-1:] == ["utter_ask_complaint"]:
        return Reason.COMPLAINT
    kinds = [
        ((event.get("metadata") or {}).get("source") or {}).get("kind")
        for event in events
        if event.get("event") == "bot"
    ]
    if kinds[-3:].count("unknown") >= _UNANSWERED:
        return Reason.UNANSWERED
    return Reason.ASKED


def _messages(events: list[dict[str, Any]]) -> list[tuple[str, str | None]]:
    found: list[tuple[str, str | None]] = []
    for event in events:
        if event.get("event") == "action" and event.get("name") == "action_hand_over":
            found.clear()
        elif event.get("event") == "user":
            parsed = event.get("parse_data") or {}
            intent = (parsed.get("intent") or {}).get("name")
            found.append((str(event.get("text") or ""), intent))
    return found


def _wake(desk: Desk) -> None:
    """Has another system told of what was changed, if there is one."""
    if desk.webhook:
        desk.webhook.wake()
