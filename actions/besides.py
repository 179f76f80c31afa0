"""What a message asks beside what it tells: `我叫小雅 想问下运费`."""

from __future__ import annotations

import logging
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.audience import audience_of
from actions.conversation import latest_text
from actions.found import SURE_AMID_CHAT, say_found
from actions.looking_up import Lookup
from actions.offering import OFFERED, offer
from actions.profile import tells
from actions.shop_action import ShopAction
from actions.turns import earlier_questions
from framework_plugin.errors import PersonalChatError
from framework_plugin.retrieval import Choices
from framework_plugin.retrieval.asking import Asked
from framework_plugin.retrieval.questions import question_besides

logger = logging.getLogger(__name__)


class ActionAnswerBesides(ShopAction):
    """Answers what a message asks beside what was replied to, if that is sure.

    It comes behind a reply of the generator, to messages such as `我叫小雅 想问下运费`;
    where nothing surely answers, that reply stands alone, or what may be meant is
    offered to who told something of themselves and so did more than chat.
    """

    action_name = "action_answer_besides"

    async def run(
        self,
        dispatcher: CollectingDispatcher,
        tracker: Tracker,
        domain: dict[str, Any],
    ) -> list[EventType]:
        """Answers it, or says nothing."""
        lookup = Lookup(self._resources, audience_of(tracker))
        besides = await asked_besides(lookup, tracker)
        telling = tells(self._resources, tracker)
        return say_besides(dispatcher, tracker, besides, or_offer=telling)


async def asked_besides(lookup: Lookup, tracker: Tracker) -> tuple[Asked, ...]:
    """What is found for what the message asks beside what it tells."""
    question = question_besides(latest_text(tracker))
    if question is None:
        return ()
    try:
        return await lookup.asked(question, earlier_questions(tracker))
    except PersonalChatError as error:
        logger.error("The FAQ cannot be used: %s", error)
        return ()


def say_besides(
    dispatcher: CollectingDispatcher,
    tracker: Tracker,
    besides: tuple[Asked, ...],
    *,
    or_offer: bool = False,
) -> list[EventType]:
    """Says what surely answers that; else offers what may be meant, if wanted."""
    sure = [a for a in besides if a.answer and a.answer.score >= SURE_AMID_CHAT]
    for asked in sure:
        say_found(dispatcher, tracker, asked, asking=False)
    for asked in () if sure or not or_offer else besides[:1]:
        hits = asked.decision.hits if isinstance(asked.decision, Choices) else ()
        hits = hits or ((asked.answer,) if asked.answer else ())
        if hits:
            return offer(dispatcher, hits, query=asked.query)
    return [SlotSet(OFFERED, None)]
