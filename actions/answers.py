"""Answers from the FAQ and documents: looked up, offered, or honestly not known."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.audience import audience_of
from actions.besides import asked_besides, say_besides
from actions.choosing import DOCUMENTS_DOWN, chosen_among, refused, say_chosen
from actions.conversation import CHITCHAT, latest_intent, latest_text
from actions.found import SURE_AMID_CHAT, own_query, say_found
from actions.helpfulness import ActionJudgeAnswer, verdict_in
from actions.looking_up import Lookup
from actions.offering import (
    CHOICES_HEAD,
    OFFERED,
    is_time_for_a_person,
    offer,
    offer_person,
)
from actions.profile import acknowledge_latest, matters_of, speak_of_memory
from actions.replying import say
from actions.shop_action import ShopAction
from actions.turns import (
    answered_turn,
    earlier_questions,
    may_ask_if_helpful,
    turns,
)
from actions.unknown import is_wanted, say_unknown
from framework_plugin.errors import PersonalChatError
from framework_plugin.memory.unanswered import Reason
from framework_plugin.retrieval import Choices
from framework_plugin.retrieval.asking import Asked
from framework_plugin.retrieval.choosing import refuses_all
from framework_plugin.retrieval.preference import preferring
from framework_plugin.retrieval.questions import asks, question_besides

logger = logging.getLogger(__name__)

NOT_THIS_ONE = "「{question}」这一条我没查到，不敢乱答。"


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
        text = latest_text(tracker)
        lookup = Lookup(self._resources, audience_of(tracker))
        if verdict_in(text) is not None and answered_turn(tracker):
            judging = ActionJudgeAnswer(self._resources)
            return await judging.run(dispatcher, tracker, domain)
        try:
            chosen = await self._chosen(dispatcher, tracker, lookup)
            if chosen is not None:
                return chosen
            found = await lookup.asked(text, earlier_questions(tracker))
        except PersonalChatError as error:
            logger.error("The FAQ cannot be used: %s", error)
            say(dispatcher, DOCUMENTS_DOWN, {"kind": "down"})
            return [SlotSet(OFFERED, None)]
        # What tells of its user and asks nothing may still resemble a question.
        if not asks(text) and acknowledge_latest(dispatcher, tracker, self._resources):
            return [SlotSet(OFFERED, None)]
        found = self._preferred(_fit_for(found, tracker), tracker)
        if len(found) > 1:
            return await self._say_several(dispatcher, tracker, found, lookup)
        if found and found[0].answer:
            if question_besides(text) is not None:
                acknowledge_latest(dispatcher, tracker, self._resources)
            say_found(dispatcher, tracker, found[0])
        elif found and isinstance(found[0].decision, Choices):
            return offer(dispatcher, found[0].decision.hits, query=own_query(found[0]))
        elif acknowledge_latest(dispatcher, tracker, self._resources):
            besides = await asked_besides(lookup, tracker)
            return say_besides(dispatcher, tracker, besides, or_offer=True)
        else:
            return await self._fail(dispatcher, tracker, lookup)
        return [SlotSet(OFFERED, None)]

    async def _chosen(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, lookup: Lookup
    ) -> list[EventType] | None:
        """Answers a message that picks one of the questions just offered."""
        ids = tracker.get_slot(OFFERED)
        if not ids or not _just_offered(tracker):
            return None
        text = latest_text(tracker)
        if refuses_all(text):
            return await refused(dispatcher, tracker, lookup)
        offered = await lookup.passages(ids)
        place = chosen_among(text, offered) if offered else None
        if place is None:
            return None
        say_chosen(dispatcher, tracker, offered[place])
        return [SlotSet(OFFERED, None)]

    def _preferred(
        self, found: tuple[Asked, ...], tracker: Tracker
    ) -> tuple[Asked, ...]:
        """What was found, where it is in doubt by what matters to the user."""
        if not any(isinstance(asked.decision, Choices) for asked in found):
            return found
        matters = matters_of(self._resources, tracker)
        return tuple(preferring(asked, matters) for asked in found)

    async def _say_several(
        self,
        dispatcher: CollectingDispatcher,
        tracker: Tracker,
        found: Sequence[Asked],
        lookup: Lookup,
    ) -> list[EventType]:
        """Answers each question of a message, and says of which it has no answer."""
        asking = may_ask_if_helpful(tracker)
        answered = [asked for asked in found if asked.answer]
        for asked in answered:
            say_found(
                dispatcher,
                tracker,
                asked,
                head=f"「{asked.question}」",
                asking=asking and asked is answered[-1],
            )
        unsure = [asked for asked in found if isinstance(asked.decision, Choices)]
        for asked in found:
            if asked.answer or asked in unsure[:1]:
                continue
            at = turns(tracker)[0].at
            await lookup.note_unanswered(
                tracker.sender_id, asked.question, Reason.NOT_FOUND, at
            )
            say(dispatcher, NOT_THIS_ONE.format(question=asked.question))
        for asked in unsure[:1]:
            head = f"「{asked.question}」，{CHOICES_HEAD}"
            assert isinstance(asked.decision, Choices)
            return offer(dispatcher, asked.decision.hits, head=head, query=asked.query)
        return [SlotSet(OFFERED, None)]

    async def _fail(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, lookup: Lookup
    ) -> list[EventType]:
        """Says that it does not know; the second time in a row offers a person."""
        text = latest_text(tracker)
        asked = asks(text)
        if is_wanted(tracker, asks=asked):
            if asked:
                await lookup.note_unanswered(
                    tracker.sender_id, text, Reason.NOT_FOUND, turns(tracker)[0].at
                )
            if is_time_for_a_person(tracker):
                return offer_person()
        say_unknown(dispatcher, tracker, asks=asked)
        return [SlotSet(OFFERED, None)]


def _fit_for(found: tuple[Asked, ...], tracker: Tracker) -> tuple[Asked, ...]:
    """What was found, without what a mere chat has no use for."""
    if latest_intent(tracker) != CHITCHAT:
        return found
    return tuple(
        asked
        for asked in found
        if asked.answer
        and asked.answer.score >= SURE_AMID_CHAT
        and asks(asked.question)
    )


def _just_offered(tracker: Tracker) -> bool:
    """Whether the questions were offered in answer to the message before."""
    before = turns(tracker)[1:2]
    return any(source.get("entries") for turn in before for source in turn.sources)
