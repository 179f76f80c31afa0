"""Showing the user what is remembered, and forgetting it."""

from __future__ import annotations

import logging
import re
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.conversation import fresh_wording, latest_text
from actions.profile import MEMORY_DOWN, Profile, describe_facts, load_profile
from actions.replying import say
from actions.shop_action import ShopAction
from actions.unsaying import say_unsaid
from framework_plugin.corpus.user_context import FactKind
from framework_plugin.errors import PersonalChatError
from framework_plugin.memory.notes import notes_on
from framework_plugin.memory.questions import asked_of_the_past
from framework_plugin.memory.recall import (
    ALL_KINDS,
    asked_kinds,
    asks_last_topic,
    describe,
    describe_earlier,
)
from framework_plugin.memory.remembered import ANSWERING, asked_topic, describe_found

logger = logging.getLogger(__name__)

NOTHING_TO_FORGET = (
    "我这里本来就没有记着你的事，不用删。",
    "放心，眼下我没有记着关于你的什么。",
)
NOTHING_BEFORE = "以前的，你还没跟我说过呢。"
_CONVERSATIONS = re.compile("聊天|记录|对话|说过的话")
_RECORDS = (
    "聊天记录我自己删不了，要请店里来删：在订单页点「联系人工」，每天9:00–21:00。"
)


class ActionRecallMemory(ShopAction):
    """Tells the user what is known of them, or what they last spoke of."""

    action_name = "action_recall_memory"

    async def run(
        self,
        dispatcher: CollectingDispatcher,
        tracker: Tracker,
        domain: dict[str, Any],
    ) -> list[EventType]:
        """Answers from the memory and from what this session told."""
        text = latest_text(tracker)
        now = self._resources.clock().timestamp()
        try:
            answer = self._answer(tracker, text, now)
        except PersonalChatError as error:
            logger.error("The memory cannot be reached: %s", error)
            say(dispatcher, MEMORY_DOWN.format(what="我说不准记着你什么"))
            return []
        say(dispatcher, answer, {"kind": "memory"})
        return []

    def _answer(self, tracker: Tracker, text: str, now: float) -> str:
        """The words that answer what is asked of the memory."""
        user = load_profile(self._resources, tracker).now
        told = self._told(tracker.sender_id, text, now)
        if told is not None:
            return told
        if noted := notes_on(text, user.values(FactKind.NOTE)):
            return describe_facts(tuple(f for f in user.facts if f.value in noted))
        if past := asked_of_the_past(text):
            return self._before(tracker.sender_id, past, now)
        if asks_last_topic(text):
            return describe_earlier(user, now)
        kinds = asked_kinds(text)
        answer = describe(user, kinds or ALL_KINDS)
        if kinds is None and user.facts:
            # What was asked is none of the kinds that are kept.
            answer = f"我记着的是这些：{answer}"
        return answer

    def _before(self, sender_id: str, kinds: tuple[FactKind, ...], now: float) -> str:
        """What was true once, of some kinds."""
        past = self._resources.memory.past_facts(sender_id, now)
        known = tuple(fact for fact in past if fact.kind in kinds)
        if not known:
            return NOTHING_BEFORE
        return describe_facts(known).replace("你", "你以前", 1)

    def _told(self, user_id: str, text: str, now: float) -> str | None:
        """The answer to a question whether, or when, the user spoke of something."""
        topic = asked_topic(text)
        if topic is None or asks_last_topic(text) or asked_kinds(text):
            return None
        found = self._resources.memory.recall(user_id, topic, now, settings=ANSWERING)
        return describe_found(text, topic, found, now)


class ActionForgetMemory(ShopAction):
    """Says what a request to forget removes; the tracker store removes it on saving.

    Nothing is called forgotten that stays in the memory.
    """

    action_name = "action_forget_memory"

    async def run(
        self,
        dispatcher: CollectingDispatcher,
        tracker: Tracker,
        domain: dict[str, Any],
    ) -> list[EventType]:
        """Names what is forgotten, or asks what is meant."""
        if say_unsaid(dispatcher, tracker):
            return []
        try:
            profile = load_profile(self._resources, tracker)
        except PersonalChatError as error:
            logger.error("The memory cannot be reached: %s", error)
            say(dispatcher, MEMORY_DOWN.format(what="现在还忘不掉"))
            return []
        say(dispatcher, _answer(profile, tracker), {"kind": "memory"})
        return []


def _answer(profile: Profile, tracker: Tracker) -> str:
    forgotten = profile.forgotten()
    if forgotten:
        return f"好，这些我忘掉了：{describe_facts(forgotten)}"
    if _CONVERSATIONS.search(latest_text(tracker)):
        return _RECORDS
    if not profile.now.facts:
        return fresh_wording(NOTHING_TO_FORGET, tracker)
    known = describe(profile.now, ALL_KINDS)
    asked = "这一样我没有记着。" if profile.changes else ""
    return f"{asked}我记着的是：{known}要忘掉哪一样，跟我说「忘掉我的名字」这样就行。"
