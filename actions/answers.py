"""Answers from the FAQ: looked up, offered, chosen, or honestly not known."""

from __future__ import annotations

import logging
import re
import unicodedata
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.conversation import (
    CHITCHAT,
    fresh_wording,
    latest_intent,
    latest_text,
)
from actions.profile import acknowledge_latest, speak_of_memory
from actions.replying import say, say_answer
from actions.shop_action import ShopAction
from actions.unknown import say_unknown
from framework_plugin.errors import DocumentError
from framework_plugin.retrieval import Answer, Choices, Hit, Passage, decide

logger = logging.getLogger(__name__)

OFFERED = "offered_questions"
SURE_AMID_CHAT = 0.8
"""Score from which a chat that asks something is answered from the FAQ."""

CHOICES_HEAD = "您是不是想问："
NOTHING_OFFERED = (
    "我这会儿没有列出选项，你想问什么，直接说就好。",
    "眼下没有可以选的题目呢，把想问的打给我就行。",
)
NONE_OF_THEM = (
    "好，那不是这几个。您换个说法再问我一次？也可以在订单页点「联系人工」，每天9:00–21:00。",
    "明白，都不是。您多说两句我再找找，急的话在订单页点「联系人工」。",
)
DOCUMENTS_DOWN = (
    "常见问题这会儿打不开，我不想乱答。您在订单页点「联系人工」，每天9:00–21:00有人。"
)

_ASKS = re.compile("[?？吗么呢几哪谁啥]|什么|怎|多少|多久|能不能|可以|可不可|行不行")
_NONE = re.compile("都不|不是这|没有一个|没有我|以上都|一个都|哪个都不")
_LAST = re.compile("最后|末尾|最下面")
_FIRST = re.compile("前面|上面|头一|最上|首个")
_MIDDLE = re.compile("中间")
_ORDINAL = re.compile("[1-9一二两三四五]")
_NUMBERS = {"一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5}


class ActionRetrieveAnswer(ShopAction):
    """Answers the latest message from the FAQ, offers choices, or says it cannot."""

    action_name = "action_retrieve_answer"

    async def run(
        self,
        dispatcher: CollectingDispatcher,
        tracker: Tracker,
        domain: dict[str, Any],
    ) -> list[EventType]:
        """Looks the message up, unless it is for the memory to speak."""
        if speak_of_memory(dispatcher, tracker, self._resources):
            return [SlotSet(OFFERED, None)]
        try:
            hits = self._resources.faq.search(latest_text(tracker))
        except DocumentError as error:
            logger.error("The FAQ cannot be used: %s", error)
            say(dispatcher, DOCUMENTS_DOWN)
            return [SlotSet(OFFERED, None)]
        decision = decide(hits)
        asks = bool(_ASKS.search(latest_text(tracker)))
        chats = latest_intent(tracker) == CHITCHAT
        # What tells of its user and asks nothing may still resemble a question.
        if not asks and acknowledge_latest(dispatcher, tracker, self._resources):
            return [SlotSet(OFFERED, None)]
        if isinstance(decision, Answer) and (
            not chats or (asks and decision.hit.score >= SURE_AMID_CHAT)
        ):
            say_answer(dispatcher, decision.hit.passage, decision.hit.score)
        elif isinstance(decision, Choices) and not chats:
            _offer(dispatcher, decision.hits)
            return [SlotSet(OFFERED, [hit.passage.id for hit in decision.hits])]
        elif not acknowledge_latest(dispatcher, tracker, self._resources):
            say_unknown(dispatcher, tracker, asks=asks)
        return [SlotSet(OFFERED, None)]


class ActionChooseAnswer(ShopAction):
    """Answers the question that the user picks among those just offered."""

    action_name = "action_choose_answer"

    async def run(
        self,
        dispatcher: CollectingDispatcher,
        tracker: Tracker,
        domain: dict[str, Any],
    ) -> list[EventType]:
        """Answers the choice."""
        text = latest_text(tracker)
        try:
            offered = self._offered(tracker)
        except DocumentError as error:
            logger.error("The FAQ cannot be used: %s", error)
            say(dispatcher, DOCUMENTS_DOWN)
            return []
        if not offered:
            if not acknowledge_latest(dispatcher, tracker, self._resources):
                say(dispatcher, fresh_wording(NOTHING_OFFERED, tracker))
        elif _NONE.search(text):
            say(dispatcher, fresh_wording(NONE_OF_THEM, tracker))
        else:
            place = chosen_place(text, len(offered))
            if place is None:
                rows = "\n".join(_numbered([passage.name for passage in offered]))
                say(dispatcher, f"请您回数字，选其中一个：\n{rows}")
                return []
            say_answer(dispatcher, offered[place])
        return [SlotSet(OFFERED, None)]

    def _offered(self, tracker: Tracker) -> list[Passage]:
        ids = tracker.get_slot(OFFERED) or []
        found = (self._resources.faq.passage(str(id_)) for id_ in ids)
        return [passage for passage in found if passage]


def chosen_place(text: str, count: int) -> int | None:
    """Which of some choices a text means, counted from 0; None where it is unclear.

    Args:
        text: Such as `2`, `第二个`, `最后一个`.
        count: How many choices there were, at least 1.
    """
    plain = unicodedata.normalize("NFKC", text)
    if _LAST.search(plain):
        return count - 1
    if _FIRST.search(plain):
        return 0
    if _MIDDLE.search(plain) and count > 2:
        return count // 2
    match = _ORDINAL.search(plain)
    if match is None:
        return None
    number = _NUMBERS.get(match[0]) or int(match[0])
    return number - 1 if number <= count else None


def _offer(dispatcher: CollectingDispatcher, hits: tuple[Hit, ...]) -> None:
    questions = [hit.passage.name for hit in hits]
    source = {"kind": "choices", "entries": [hit.passage.id for hit in hits]}
    text = "\n".join([CHOICES_HEAD, *_numbered(questions)])
    say(dispatcher, text, source, choices=questions)


def _numbered(questions: list[str]) -> list[str]:
    return [f"{n}. {question}" for n, question in enumerate(questions, start=1)]
