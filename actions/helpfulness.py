"""Asking whether an answer helped, and going on when it did not."""

from __future__ import annotations

import logging
import re
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.audience import audience_of
from actions.conversation import fresh_wording, latest_intent, latest_text
from actions.looking_up import Lookup
from actions.offering import (
    OFFERED,
    PERSON,
    is_time_for_a_person,
    offer,
    offer_person,
)
from actions.replying import say
from actions.shop_action import ShopAction
from actions.turns import Turn, answered_turn, turns
from framework_plugin.errors import PersonalChatError
from framework_plugin.memory.answer_feedback import Feedback
from framework_plugin.memory.unanswered import Reason
from framework_plugin.retrieval import Hit

logger = logging.getLogger(__name__)

HELPFUL, UNHELPFUL = "有帮助", "没帮助"
BUTTONS = tuple({"title": words, "payload": words} for words in (HELPFUL, UNHELPFUL))
"""Stand below an answer; the words are understood as well when they are typed."""

_INTENTS = {"answer_helpful": True, "answer_unhelpful": False}
_POLITE = "[，,。.!！~ ]|谢谢|多谢|嗯|哦|啊|呢|了|的"
_THAT = "(?:这个|这条|这)?(?:回答|答案)?"
_HELPED = re.compile(f"{_THAT}(?:很|挺|真)?(?:有帮助|有用|帮到我|帮上忙|解决)|👍")
_DID_NOT = re.compile(
    f"{_THAT}(?:还是)?(?:没有?帮助|没有?用|没帮上忙?|没帮到我?|没解决|不是我要)|答非所问|👎"
)

GLAD = ("能帮上就好。", "好，帮上忙我就放心了。", "记下了，谢谢你告诉我。")
NEXT_TRY = "抱歉，没答到点上。是不是这几个里的："
SORRY = (
    "抱歉，这回没帮上。你换个说法再问我一次，或者让人工同事来看？",
    "没答到点上，对不起。多说两句我再找找，也可以请人工同事来。",
)
WHICH_ONE = "你说的是哪一条？把想问的再发我一次，我重新找。"
# Below what is offered unasked: here the user is looking for something near.
_NEAR = 0.35
_OFFERED = 3


def verdict_in(text: str) -> bool | None:
    """Whether a message says that an answer helped or did not; None if neither."""
    plain = re.sub(_POLITE, "", text)
    if _DID_NOT.fullmatch(plain):
        return False
    return True if _HELPED.fullmatch(plain) else None


class ActionJudgeAnswer(ShopAction):
    """Takes in whether the latest answer helped; if not, leads on."""

    action_name = "action_judge_answer"

    async def run(
        self,
        dispatcher: CollectingDispatcher,
        tracker: Tracker,
        domain: dict[str, Any],
    ) -> list[EventType]:
        """Thanks, offers what comes near, or a person."""
        said = verdict_in(latest_text(tracker))
        helped = said is True or (
            said is None and _INTENTS.get(latest_intent(tracker) or "", False)
        )
        turn = answered_turn(tracker)
        if turn is None:
            words = fresh_wording(GLAD, tracker) if helped else WHICH_ONE
            say(dispatcher, words)
            return []
        lookup = Lookup(self._resources, audience_of(tracker))
        await lookup.note_feedback(tracker.sender_id, _feedback(turn, helped, tracker))
        if helped:
            say(dispatcher, fresh_wording(GLAD, tracker), {"kind": "helpful"})
            return []
        queries = list(dict.fromkeys(map(turn.query, turn.answers)))
        for query in queries:
            await lookup.note_unanswered(
                tracker.sender_id, query, Reason.UNHELPFUL, turn.at
            )
        return await self._lead_on(dispatcher, tracker, turn, queries[-1], lookup)

    async def _lead_on(
        self,
        dispatcher: CollectingDispatcher,
        tracker: Tracker,
        turn: Turn,
        query: str,
        lookup: Lookup,
    ) -> list[EventType]:
        if is_time_for_a_person(tracker):
            return offer_person()
        given = {source.get("entry") for source in turn.answers}
        others: list[Hit] = []
        try:
            others = [
                hit
                for hit in await lookup.near(query, _OFFERED + len(given))
                if hit.passage.id not in given and hit.score >= _NEAR
            ][:_OFFERED]
        except PersonalChatError as error:
            logger.error("The documents cannot be used: %s", error)
        source = {"kind": "unhelpful"}
        if others:
            return offer(dispatcher, others, head=NEXT_TRY, query=query, source=source)
        say(dispatcher, fresh_wording(SORRY, tracker), source, buttons=PERSON)
        return [SlotSet(OFFERED, None)]


def _feedback(turn: Turn, helped: bool, tracker: Tracker) -> list[Feedback]:
    given_at = turns(tracker)[0].at
    return [
        Feedback(str(source["entry"]), turn.query(source), turn.at, helped, given_at)
        for source in turn.answers
    ]
