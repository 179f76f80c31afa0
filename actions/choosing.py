"""Answering the question that the user picks among those offered."""

from __future__ import annotations

import logging
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.audience import audience_of
from actions.conversation import fresh_wording, latest_text
from actions.helpfulness import BUTTONS
from actions.looking_up import Lookup
from actions.offering import (
    OFFERED,
    PERSON,
    is_time_for_a_person,
    numbered,
    offer_person,
)
from actions.profile import acknowledge_latest
from actions.replying import say, say_answer
from actions.shop_action import ShopAction
from actions.turns import ASKS_IF_HELPFUL, OFFERS, may_ask_if_helpful, turns
from framework_plugin.errors import PersonalChatError
from framework_plugin.memory.unanswered import Reason
from framework_plugin.retrieval import Passage
from framework_plugin.retrieval.choosing import (
    chosen_by_words,
    chosen_place,
    refuses_all,
)

logger = logging.getLogger(__name__)

DOCUMENTS_DOWN = (
    "常见问题这会儿打不开，我不想乱答。您过几分钟再问我一次，或者在订单页点「联系人工」，"
    "每天9:00–21:00有人。"
)
NOTHING_OFFERED = (
    "我这会儿没有列出选项，你想问什么，直接说就好。",
    "眼下没有可以选的题目呢，把想问的打给我就行。",
)
NONE_OF_THEM = (
    "好，那不是这几个。您换个说法再问我一次？也可以请人工同事来看。",
    "明白，都不是。您多说两句我再找找，急的话回我「转人工」。",
)


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
        lookup = Lookup(self._resources, audience_of(tracker))
        try:
            offered = await lookup.passages(tracker.get_slot(OFFERED) or [])
        except PersonalChatError as error:
            logger.error("The FAQ cannot be used: %s", error)
            say(dispatcher, DOCUMENTS_DOWN, {"kind": "down"})
            return []
        if not offered:
            if not acknowledge_latest(dispatcher, tracker, self._resources):
                say(dispatcher, fresh_wording(NOTHING_OFFERED, tracker))
            return [SlotSet(OFFERED, None)]
        if refuses_all(text):
            return await refused(dispatcher, tracker, lookup)
        place = chosen_among(text, offered)
        if place is None:
            rows = "\n".join(numbered([passage.name for passage in offered]))
            say(dispatcher, f"请您回数字，选其中一个：\n{rows}", {"kind": OFFERS})
            return []
        say_chosen(dispatcher, tracker, offered[place])
        return [SlotSet(OFFERED, None)]


def chosen_among(text: str, offered: list[Passage]) -> int | None:
    """Which of the offered passages a message means; None where it is unclear."""
    names = [passage.name for passage in offered]
    # A click sends the words; Rasa strips what is around them.
    exact = [n for n, name in enumerate(names) if name.strip() == text.strip()]
    if exact:
        return exact[0]
    place = chosen_place(text, len(names))
    return chosen_by_words(text, names) if place is None else place


def say_chosen(
    dispatcher: CollectingDispatcher, tracker: Tracker, passage: Passage
) -> None:
    """Gives the answer that was chosen; a follow-up leans on its question."""
    asking = may_ask_if_helpful(tracker)
    details = {"query": passage.name, ASKS_IF_HELPFUL: asking}
    say_answer(dispatcher, passage, buttons=BUTTONS if asking else (), details=details)


async def refused(
    dispatcher: CollectingDispatcher, tracker: Tracker, lookup: Lookup
) -> list[EventType]:
    """Takes in that none of the choices was meant, and notes what was asked."""
    for turn in turns(tracker)[1:]:
        source = next((s for s in turn.sources if s.get("entries")), None)
        if source:
            question = turn.query(source)
            await lookup.note_unanswered(
                tracker.sender_id, question, Reason.NONE_OF_THEM, turn.at
            )
            break
    if is_time_for_a_person(tracker):
        return offer_person()
    words = fresh_wording(NONE_OF_THEM, tracker)
    say(dispatcher, words, {"kind": "none_of_them"}, buttons=PERSON)
    return [SlotSet(OFFERED, None)]
