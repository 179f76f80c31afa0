"""Days as people say them: `昨天`, `三天前`, `11月3日`; and read from what they say."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import Any

CHINA = timezone(timedelta(hours=8), "Asia/Shanghai")
"""China keeps one time and no summer time, so no time zone database is needed."""

_AGO = {
    0: "今天",
    1: "昨天",
    2: "前天",
    3: "三天前",
    4: "四天前",
    5: "五天前",
    6: "六天前",
}
_JUST_NOW = timedelta(hours=1)
_DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九十")} | {"两": 2, "几": 5}
_WEEKDAYS = {c: n for n, c in enumerate("一二三四五六")} | {"日": 6, "天": 6}

_NUMBER = "(?:[0-9]{1,2}|[一二两三四五六七八九]?十?[一二两三四五六七八九十])"
_DAYS = {"今天": 0, "今晚": 0, "待会": 0, "明天": 1, "明早": 1, "明晚": 1, "大后天": 3}
_DAYS |= {"明儿": 1, "后天": 2, "后儿": 2, "过两天": 3, "过几天": 7, "这几天": 7}
WHEN = (
    rf"(?:(?P<day>{'|'.join(sorted(_DAYS, key=len, reverse=True))})"
    rf"|(?P<days>{_NUMBER})天(?:以?后|之后)"
    rf"|(?P<weeks>{_NUMBER}|几)(?:个)?(?:周|星期|礼拜)(?:以?后|之后)"
    r"|(?P<week>下下|下|这|本)?个?(?:周|星期|礼拜)(?P<weekday>[一二三四五六日天])"
    r"|(?P<span>下下|下|这|本)个?(?:周|星期|礼拜)(?P<ends>末)?|(?P<weekend>周末)"
    rf"|(?P<month>{_NUMBER})月(?P<date>{_NUMBER})[日号]|(?P<only>{_NUMBER})[日号]"
    r"|(?P<next>下个月|月底|年底|明年)"
    rf"|(?P<whole>{_NUMBER})月份?)"
)
"""A pattern for a day or a time to come; see `end_of`."""


def day_said(at: float, now: float) -> str:
    """How one speaks now of the day of something: `刚才`, `昨天`, `11月3日`.

    Args:
        at: When it was, in seconds since the epoch.
        now: The present moment, in seconds since the epoch.
    """
    then, today = (datetime.fromtimestamp(t, CHINA) for t in (at, now))
    if timedelta(0) <= today - then < _JUST_NOW:
        return "刚才"
    near = _AGO.get((today.date() - then.date()).days)
    if near:
        return near
    year = "" if then.year == today.year else f"{then.year}年"
    return f"{year}{then.month}月{then.day}日"


def iso_time(seconds: Any) -> str | None:
    """A time in seconds since the epoch as ISO 8601 in UTC; None for anything else."""
    if not isinstance(seconds, int | float):
        return None
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat()


def end_of(found: re.Match[str], said_at: float) -> float | None:
    """When a time that was named is over, in seconds since the epoch.

    Args:
        found: A match of a pattern with `WHEN` in it.
        said_at: When it was said, in seconds since the epoch.

    Returns:
        The midnight after its last day in China; None for a day that no calendar has.
    """
    said = datetime.fromtimestamp(said_at, CHINA)
    today = said.replace(hour=0, minute=0, second=0, microsecond=0)
    try:
        last = _last_day(found.groupdict(), today)
    except (ValueError, OverflowError):
        return None
    return (last + timedelta(days=1)).timestamp()


def _last_day(named: dict[str, str | None], today: datetime) -> datetime:
    monday = today - timedelta(days=today.weekday())
    if named["day"]:
        return today + timedelta(days=_DAYS[named["day"]])
    if named["days"]:
        return today + timedelta(days=_number(named["days"]))
    if named["weeks"]:
        return today + timedelta(weeks=_number(named["weeks"]))
    if named["weekday"]:
        day = monday + timedelta(days=_WEEKDAYS[named["weekday"]])
        day += timedelta(weeks=_weeks(named["week"]))
        # `周三` said on a Friday is the coming one.
        return day if named["week"] or day >= today else day + timedelta(weeks=1)
    if named["span"] or named["weekend"]:
        return monday + timedelta(weeks=_weeks(named["span"]), days=6)
    return _day_of_month(named, today)


def _day_of_month(named: dict[str, str | None], today: datetime) -> datetime:
    if named["month"] and named["date"]:
        day = today.replace(month=_number(named["month"]), day=_number(named["date"]))
        return day if day >= today else day.replace(year=day.year + 1)
    if named["only"]:
        day = today.replace(day=_number(named["only"]))
        return day if day >= today else _month_after(day).replace(day=day.day)
    if named["whole"]:
        month = today.replace(month=_number(named["whole"]), day=1)
        if month.month < today.month:
            month = month.replace(year=month.year + 1)
        return _month_after(month) - timedelta(days=1)
    if named["next"] == "月底":
        return _month_after(today) - timedelta(days=1)
    if named["next"] == "下个月":
        return _month_after(_month_after(today)) - timedelta(days=1)
    year = today.year + (named["next"] == "明年")
    return today.replace(year=year, month=12, day=31)


def _month_after(day: datetime) -> datetime:
    """The first day of the next month."""
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def _weeks(named: str | None) -> int:
    return {"下": 1, "下下": 2}.get(named or "", 0)


def _number(text: str) -> int:
    if text.isdecimal():
        return int(text)
    if "十" not in text:
        if len(text) > 1:
            raise ValueError(f"{text} is no number, but a guess")
        return _DIGITS[text]
    tens, ones = text.split("十")
    return 10 * (_DIGITS[tens] if tens else 1) + (_DIGITS[ones] if ones else 0)
