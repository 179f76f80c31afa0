"""Days as people name them: read from a message, and said in an answer."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from framework_plugin.corpus.user_context import TIME_ZONE
from framework_plugin.errors import SettingsError
from framework_plugin.memory.changes import Period
from framework_plugin.memory.festivals import FESTIVALS, festival
from framework_plugin.memory.numerals import NUMBER, number_of

_DAY = timedelta(days=1)
_N = f"(?:{NUMBER})"
_WEEKDAYS = {d: n for n, d in enumerate("一二三四五六日")} | {"天": 6, "末": 5}
_WEEK = "(?:周|星期|礼拜)"
_NAMED_DAYS = {"前": -2, "昨": -1, "今": 0, "明": 1, "后": 2, "大后": 3}
_PARTS = {
    "初": (1, 10),
    "中": (11, 20),
    "中旬": (11, 20),
    "底": (21, 31),
    "末": (21, 31),
}
CHINA = timezone(timedelta(hours=8), TIME_ZONE)
"""One time and no summer time: no database of time zones is needed."""

_AGO = ("今天", "昨天", "前天", "三天前", "四天前", "五天前", "六天前")
_JUST_NOW = timedelta(hours=1)


@dataclass(frozen=True)
class Days:
    """Some days in a row.

    Args:
        first: The first.
        last: The last; the same for a single day.
    """

    first: date
    last: date

    def period(self, zone: tzinfo) -> Period:
        """When they begin and end in a time zone."""
        begins = datetime.combine(self.first, time.min, zone)
        ends = datetime.combine(self.last, time.max, zone)
        return Period(self.first.isoformat(), begins.timestamp(), ends.timestamp())


def zone_of(name: str) -> tzinfo:
    """The time zone of a name such as `Asia/Shanghai`.

    Raises:
        SettingsError: If there is none of that name.
    """
    if name == TIME_ZONE:
        return CHINA
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError, TypeError) as error:
        raise SettingsError(
            f"'{name}' is no time zone that this machine knows; expected a name such "
            "as Asia/Shanghai or Europe/Berlin. If it is right, install the package "
            "'tzdata'."
        ) from error


def today_of(at: float, zone: tzinfo) -> date:
    """The day on which something was said.

    Args:
        at: When, in seconds since the epoch.
        zone: Where.
    """
    return datetime.fromtimestamp(at, zone).date()


def day_said(at: float, now: float) -> str:
    """How one speaks now of the day of something: `刚才`, `昨天`, `11月3日`.

    Args:
        at: When it was, in seconds since the epoch.
        now: The present moment, in seconds since the epoch.
    """
    then, today = (datetime.fromtimestamp(t, CHINA) for t in (at, now))
    if timedelta(0) <= today - then < _JUST_NOW:
        return "刚才"
    ago = (today.date() - then.date()).days
    if 0 <= ago < len(_AGO):
        return _AGO[ago]
    year = "" if then.year == today.year else f"{then.year}年"
    return f"{year}{then.month}月{then.day}日"


def iso_time(seconds: Any) -> str | None:
    """A time in seconds since the epoch as ISO 8601 in UTC; None for anything else."""
    if not isinstance(seconds, int | float):
        return None
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat()


def days_of(match: re.Match[str], today: date) -> Days | None:
    """The days that a match of `DATE` means; None if there are none such.

    Args:
        match: Of a pattern that holds `DATE` once.
        today: The day of the message.
    """
    for name, reads in _READERS:
        if match[name]:
            try:
                return reads(match, today)
            except (ValueError, OverflowError):
                # The 31st of a short month, or a year beyond the calendar.
                return None
    return None


def _named_day(match: re.Match[str], today: date) -> Days:
    return _single(today + _NAMED_DAYS[match["d_named"]] * _DAY)


def _soon(match: re.Match[str], today: date) -> Days:
    return _single(today)


def _after(match: re.Match[str], today: date) -> Days | None:
    count, unit = number_of(match["d_count"]), match["d_unit"]
    if count is None:
        return None
    if unit == "月":
        return _single(_in_month(*_month_after(today, count), today.day))
    return _single(today + count * (1 if unit == "天" else 7) * _DAY)


def _weekday(match: re.Match[str], today: date) -> Days | None:
    ahead, named = match["d_ahead"] or "", match["d_weekday"]
    monday = today - today.weekday() * _DAY + 7 * ahead.count("下") * _DAY
    if named is None:
        first = max(monday, today)
        return Days(first, monday + 6 * _DAY)
    day = monday + _WEEKDAYS[named] * _DAY
    last = day + _DAY if named == "末" else day
    if last < today:
        if ahead:
            return None
        return Days(day + 7 * _DAY, last + 7 * _DAY)
    return Days(max(day, today), last)


def _month_day(match: re.Match[str], today: date) -> Days | None:
    day = number_of(match["d_day"] or "")
    month, year = number_of(match["d_month"] or ""), _year(match, today)
    if month is None and match["d_month"]:
        # `四五月` is no month, but a guess.
        return None
    if month is None:
        ahead = (match["d_months"] or "").count("下")
        found_year, found_month = _month_after(today, ahead)
        if day is not None and not match["d_months"] and day < today.day:
            found_year, found_month = _month_after(today, 1)
        year, month = found_year, found_month
    part = match["d_part"]
    if day is not None:
        return _single(_soonest(year, month, day, today))
    first, last = _PARTS.get(part or "", (1, 31))
    days = _of_month(year or today.year, month, first, last)
    if year is None and days.last < today:
        days = _of_month(today.year + 1, month, first, last)
    if days.last < today:
        days = _of_month(*_month_after(today, 1), first, last)
    return Days(max(days.first, today), days.last) if part != "底" else _end(days)


def _end(days: Days) -> Days:
    return _single(days.last)


def _whole_year(match: re.Match[str], today: date) -> Days:
    year = today.year + {"明": 1, "后": 2}[match["d_year"]]
    return Days(max(date(year, 1, 1), today), date(year, 12, 31))


def _end_of_year(match: re.Match[str], today: date) -> Days:
    return _single(date(_year(match, today) or today.year, 12, 31))


def _festival(match: re.Match[str], today: date) -> Days | None:
    for year in (today.year, today.year + 1):
        found = festival(match["d_festival"], year)
        if found is not None and found[1] >= today:
            return Days(max(found[0], today), found[1])
    return None


def _year(match: re.Match[str], today: date) -> int | None:
    said = match["d_of_year"] or match["d_ends"]
    return today.year + {"今": 0, "明": 1, "后": 2}[said[0]] if said else None


def _soonest(year: int | None, month: int, day: int, today: date) -> date:
    if year is not None:
        return date(year, month, day)
    this_year = date(today.year, month, day)
    return this_year if this_year >= today else date(today.year + 1, month, day)


def _of_month(year: int, month: int, first: int, last: int) -> Days:
    return Days(date(year, month, first), _in_month(year, month, last))


def _in_month(year: int, month: int, day: int) -> date:
    """A day of a month, the last one if it has not as many."""
    next_year, next_month = (year, month + 1) if month < 12 else (year + 1, 1)
    last = date(next_year, next_month, 1) - _DAY
    return date(year, month, min(day, last.day))


def _month_after(today: date, months: int) -> tuple[int, int]:
    years, month = divmod(today.month - 1 + months, 12)
    return today.year + years, month + 1


def _single(day: date) -> Days:
    return Days(day, day)


_Reader = Callable[[re.Match[str], date], Days | None]
_READERS: tuple[tuple[str, _Reader], ...] = (
    ("d_after", _after),
    ("d_named", _named_day),
    ("d_soon", _soon),
    ("d_week", _weekday),
    ("d_festival", _festival),
    ("d_date", _month_day),
    ("d_year_end", _end_of_year),
    ("d_year", _whole_year),
)

_AFTER = "(?:以后|之后|后)"
_FULL = f"{_N}[月号日]|[今明后]年{_N}月"
_SOME_MONTH = "下{1,2}个?月|[这本]个?月"
DATE = (
    "(?:"
    rf"(?P<d_after>(?P<d_over>过)?(?P<d_count>{_N})个?(?P<d_unit>天|周|星期|礼拜|月)"
    rf"(?(d_over){_AFTER}?|{_AFTER}))"
    "|(?P<d_named>大后|前|[昨今明后])(?:天|日|儿个?|(?=[早晚]))"
    "|(?P<d_soon>待会儿?|等会儿?)"
    f"|(?P<d_week>(?=下|[这本]|{_WEEK}[一二三四五六日天末])"
    f"(?P<d_ahead>下{{1,2}}个?|[这本]个?)?{_WEEK}(?P<d_weekday>[一二三四五六日天末])?)"
    f"|(?P<d_festival>{FESTIVALS})(?:节|假期|放假|那天|期间|当天)*"
    f"|(?P<d_date>(?={_FULL}|{_SOME_MONTH}|月[底末初中])(?P<d_of_year>[今明后]年)?"
    f"(?:(?P<d_month>{_N})月份?|(?P<d_months>{_SOME_MONTH})|月(?=[底末初中]))?"
    f"(?:(?P<d_day>{_N})[号日]?(?![号日点岁块元])|(?P<d_part>中旬|[底末初中]))?)"
    "(?![线楼店桌码房床位])"
    "|(?P<d_year_end>(?:(?P<d_ends>[今明后]年)年?|年)[底末])"
    "|(?P<d_year>[明后])年"
    ")"
)
"""How a day, or some days in a row, are named; for one place in a pattern."""
