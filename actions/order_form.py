"""Asking for an order number until it is there, or the user has had enough."""

from __future__ import annotations

import logging
import re
import unicodedata
from typing import Any

from rasa_sdk import (
    ActionExecutionRejection,
    FormValidationAction,
    Tracker,
)
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.forms import REQUESTED_SLOT

from actions.audience import audience_of
from actions.conversation import latest_intent, latest_text, session_events
from actions.looking_up import Lookup
from actions.order_book import find_order_number
from actions.people import way_to_a_person
from actions.replying import say, say_answer
from actions.resources import Resources, default_resources
from actions.shop_action import ShopAction
from framework_plugin.errors import PersonalChatError

logger = logging.getLogger(__name__)

ORDER_NUMBER = "order_number"
FORM = "order_form"
ATTEMPTS = 3

_ENOUGH = re.compile(
    "算了|不查了?|不用了?|不弄了?|不问了?|不找了?|不取消了?|不想查|别查|先这样|退出|停下"
    "|没有订单|没订单|没下过?单"
)
_THE_SAME = re.compile("[这那]个?(?:单|订单)|刚才|刚刚|上面那|同一[个单]|它")
_DIGITS = re.compile(r"\d")
# Each has a rule in stories/orders.yml that leaves the form. Questions about the shop
# are not among them: the form answers those and asks again.
_ANOTHER_MATTER = frozenset(
    (
        "self_harm",
        "talk_to_human",
        "back_to_assistant",
        "complain",
        "return_goods",
        "damaged_goods",
        "refund_status",
        "recommend_product",
        "goodbye",
        "deny",
    )
)
_EXPLAINED = "order_number_format"


class ValidateOrderForm(FormValidationAction):
    """Finds the order number in what the user writes.

    A message about another matter is left to the rules, so that a cry for help is never
    met with the question for a number. Any other without one is answered where the FAQ
    knows the answer (where the number stands, say) and the number asked for again;
    after three such messages, or when the user gives up, the form ends.
    """

    def __init__(self, resources: Resources | None = None) -> None:
        self._resources = resources or default_resources()

    def name(self) -> str:
        """The name in the domain."""
        return f"validate_{FORM}"

    def extract_order_number(
        self,
        dispatcher: CollectingDispatcher,
        tracker: Tracker,
        domain: dict[str, Any],
    ) -> dict[str, Any]:
        """The number in the latest message, or the last one of the session for `它`.

        Raises:
            ActionExecutionRejection: The message is about another matter.
        """
        text = latest_text(tracker)
        number = find_order_number(text)
        if number is None and _THE_SAME.search(text):
            number = _number_before(tracker)
        if number is None and tracker.get_slot(REQUESTED_SLOT) != ORDER_NUMBER:
            return {}
        if number is None and latest_intent(tracker) in _ANOTHER_MATTER:
            raise ActionExecutionRejection(self.name())
        return {ORDER_NUMBER: number}

    async def validate_order_number(
        self,
        value: object,
        dispatcher: CollectingDispatcher,
        tracker: Tracker,
        domain: dict[str, Any],
    ) -> dict[str, Any]:
        """The number in its plain form; without one the message is answered."""
        number = find_order_number(value) if isinstance(value, str) else None
        if number or tracker.get_slot(REQUESTED_SLOT) != ORDER_NUMBER:
            return {ORDER_NUMBER: number}
        text = latest_text(tracker)
        if _ENOUGH.search(text):
            dispatcher.utter_message(response="utter_order_form_left")
            return {ORDER_NUMBER: None, REQUESTED_SLOT: None}
        if _attempts(tracker) >= ATTEMPTS:
            way = way_to_a_person(self._resources.clock())
            say(dispatcher, f"还是没找到订单号，咱们不耗着了。{way}")
            return {ORDER_NUMBER: None, REQUESTED_SLOT: None}
        await self._answer(dispatcher, tracker, text)
        return {ORDER_NUMBER: None}

    async def _answer(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, text: str
    ) -> None:
        """Says what is wrong with a number, or answers a question asked meanwhile."""
        digits = len(_DIGITS.findall(unicodedata.normalize("NFKC", text)))
        if digits:
            shape = f"订单号是 SC 加 8 位数字，您发来的是 {digits} 位"
            say(dispatcher, f"{shape}，再对一对？", {"kind": _EXPLAINED})
            return
        try:
            found = await Lookup(self._resources, audience_of(tracker)).asked(text, ())
        except PersonalChatError as error:
            logger.error("The FAQ cannot be used: %s", error)
            return
        for hit in (asked.answer for asked in found):
            if hit:
                say_answer(dispatcher, hit.passage, hit.score)


class ActionAskOrderNumber(ShopAction):
    """Asks for the order number; from the second time on with a hint of its form.

    Where the validation has just said what is wrong with a number, that is enough.
    """

    # By this name Rasa's form calls it before any `utter_ask_…`.
    action_name = "action_ask_order_number"

    async def run(
        self,
        dispatcher: CollectingDispatcher,
        tracker: Tracker,
        domain: dict[str, Any],
    ) -> list[EventType]:
        """Asks."""
        if _explained(tracker):
            return []
        first = _attempts(tracker) == 0
        response = "utter_ask_order_number" if first else "utter_order_number_hint"
        dispatcher.utter_message(response=response)
        return []


def _attempts(tracker: Tracker) -> int:
    """How many messages have come since the form began to ask."""
    count = 0
    for event in reversed(tracker.events):
        if event.get("event") == "active_loop" and event.get("name") == FORM:
            return count
        count += event.get("event") == "user"
    return 0


def _explained(tracker: Tracker) -> bool:
    """Whether a wrong number was explained since the latest message."""
    for event in reversed(tracker.events):
        if event.get("event") == "user":
            return False
        source = (event.get("metadata") or {}).get("source") or {}
        if source.get("kind") == _EXPLAINED:
            return True
    return False


def _number_before(tracker: Tracker) -> str | None:
    """The order number last spoken of in this session."""
    for event in reversed(session_events(tracker)):
        if event.get("event") == "slot" and event.get("name") == ORDER_NUMBER:
            number = find_order_number(str(event.get("value") or ""))
            if number:
                return number
    return None
