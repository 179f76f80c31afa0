"""Handing over to a person of the shop."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.replying import say
from actions.resources import SHANGHAI
from actions.shop_action import ShopAction

OPENS, CLOSES = 9, 21
"""Hours of the day between which people answer, in China."""

_HOURS = f"每天{OPENS}:00–{CLOSES}:00"


class ActionHandOver(ShopAction):
    """Tells how to reach a person, and whether one is there now."""

    action_name = "action_hand_over"

    async def run(
        self,
        dispatcher: CollectingDispatcher,
        tracker: Tracker,
        domain: dict[str, Any],
    ) -> list[EventType]:
        """Tells the way; nobody is put into a queue from here."""
        say(dispatcher, way_to_a_person(self._resources.clock()), {"kind": "person"})
        return []


def way_to_a_person(now: datetime) -> str:
    """How to reach a person at that moment."""
    hour = now.astimezone(SHANGHAI).hour
    if OPENS <= hour < CLOSES:
        return f"人工同事这会儿在（{_HOURS}）：打开订单页，点「联系人工」就能说上话。"
    when = "今天" if hour < OPENS else "明天"
    return (
        f"人工同事{_HOURS}在，现在歇着了。您{when}{OPENS}点以后打开订单页，"
        "点「联系人工」；现在有要问的，也可以先跟我说。"
    )
