"""What the clock tells: the time, the date, the day of the week."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.conversation import latest_text
from actions.replying import say
from actions.resources import SHANGHAI
from actions.shop_action import ShopAction

_WEEKDAYS = "一二三四五六日"
_DAYS = {
    "大前天": -3,
    "大后天": 3,
    "前天": -2,
    "后天": 2,
    "昨": -1,
    "明": 1,
}
_ASKS_TIME = re.compile("几点|时间|报个?时|钟")
_ASKS_WEEKDAY = re.compile("星期|周几|礼拜")
_ASKS_DATE = re.compile("几号|日期|几月|哪一?年|哪一?天|什么日子")


class ActionTellTime(ShopAction):
    """Tells the time in China from the clock of this machine."""

    action_name = "action_tell_time"

    async def run(
        self,
        dispatcher: CollectingDispatcher,
        tracker: Tracker,
        domain: dict[str, Any],
    ) -> list[EventType]:
        """Tells what was asked for."""
        now = self._resources.clock().astimezone(SHANGHAI)
        say(dispatcher, tell(latest_text(tracker), now), {"kind": "clock"})
        return []


def tell(question: str, now: datetime) -> str:
    """The answer to a question about time, date or weekday.

    Args:
        question: The user's words.
        now: The present moment.
    """
    named = next((name for name in _DAYS if name in question), None)
    day = now + timedelta(days=_DAYS[named] if named else 0)
    called = {"昨": "昨天", "明": "明天", None: "今天"}.get(named, named)
    date = f"{day.year}年{day.month}月{day.day}日"
    weekday = f"星期{_WEEKDAYS[day.weekday()]}"
    if named is None and _ASKS_TIME.search(question):
        return f"现在是北京时间{part_of_day(now)}{now.hour}:{now.minute:02d}。"
    if _ASKS_WEEKDAY.search(question) and not _ASKS_DATE.search(question):
        return f"{called}是{weekday}。"
    if named or _ASKS_DATE.search(question):
        return f"{called}是{date}，{weekday}。"
    return f"现在是{date}，{weekday}，{now.hour}:{now.minute:02d}（北京时间）。"


def part_of_day(now: datetime) -> str:
    """How one calls the hour in Chinese."""
    for end, name in ((5, "凌晨"), (8, "早上"), (11, "上午"), (13, "中午")):
        if now.hour < end:
            return name
    return "下午" if now.hour < 18 else "晚上"
