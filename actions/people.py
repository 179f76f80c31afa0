"""The way to a person of the shop where there is no queue."""

from __future__ import annotations

from datetime import datetime

from actions.resources import SHANGHAI

OPENS, CLOSES = 9, 21
"""Hours of the day between which people answer, in China."""

_HOURS = f"每天{OPENS}:00–{CLOSES}:00"


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
