"""When people are there: hours of the week with their breaks, holidays, extra days."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from framework_plugin.errors import SettingsError

TIME_ZONE = "Asia/Shanghai"

_WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SPAN = re.compile(r"\s*(\d{1,2}):(\d\d)\s*[-–—]\s*(\d{1,2}):(\d\d)\s*")
_DAYS = re.compile(r"(\d{4}-\d\d-\d\d)(?:\s*(?:to|–|~|至)\s*(\d{4}-\d\d-\d\d))?")
_DAY_MINUTES = 24 * 60
_LOOKED_AHEAD = 400
"""Days: longer than any holiday."""
_LONGEST_HOLIDAY = 366

Spans = tuple[tuple[int, int], ...]
"""From which minute of a day to which, in order."""


@dataclass(frozen=True)
class OfficeHours:
    """When somebody is there.

    Args:
        week: The spans of each day, from Monday on.
        holidays: Days on which nobody is there.
        extra: Days with spans of their own; they count before all others.
        time_zone: Where the clock is read.
    """

    week: tuple[Spans, ...]
    holidays: frozenset[date] = frozenset()
    extra: Mapping[date, Spans] = field(default_factory=dict)
    time_zone: str = TIME_ZONE

    def is_open(self, at: float) -> bool:
        """Whether somebody is there.

        Args:
            at: A moment in seconds since the epoch.
        """
        now = self.local(at)
        minute = now.hour * 60 + now.minute
        return any(start <= minute < end for start, end in self.spans(now.date()))

    def next_opening(self, at: float) -> datetime | None:
        """When somebody will be there next, if nobody is now.

        Args:
            at: A moment in seconds since the epoch.

        Returns:
            In the time zone of the hours; None if nobody comes for more than a year.
        """
        now = self.local(at)
        for ahead in range(_LOOKED_AHEAD):
            day = now.date() + timedelta(days=ahead)
            for start, _ in self.spans(day):
                opening = datetime.combine(
                    day, time(start // 60, start % 60), now.tzinfo
                )
                if opening > now:
                    return opening
        return None

    def spans(self, day: date) -> Spans:
        """When somebody is there on a day."""
        if day in self.extra:
            return self.extra[day]
        return () if day in self.holidays else self.week[day.weekday()]

    def local(self, at: float) -> datetime:
        """A moment on the clock of the hours."""
        return datetime.fromtimestamp(at, ZoneInfo(self.time_zone))


ALWAYS = OfficeHours((((0, _DAY_MINUTES),),) * 7)
"""Around the clock."""


def read_hours(settings: Mapping[str, Any]) -> OfficeHours:
    """The hours of the keys `hours`, `holidays`, `extra_days` and `time_zone`.

    Without `hours` somebody is always there.

    Raises:
        SettingsError: If something cannot be read, or nobody is ever there.
    """
    zone = settings.get("time_zone", TIME_ZONE)
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, TypeError, OSError) as error:
        raise SettingsError(
            f"'time_zone' is {zone!r}; expected the name of a time zone, such as "
            f"{TIME_ZONE}."
        ) from error
    hours = settings.get("hours")
    week = ALWAYS.week if hours is None else _week(hours)
    holidays = frozenset(
        day for one in _list_of(settings, "holidays") for day in _days(one, "holidays")
    )
    extra = {
        day: _spans(spans, "extra_days")
        for named, spans in _mapping_of(settings, "extra_days").items()
        for day in _days(named, "extra_days")
    }
    if not any(week) and not any(extra.values()):
        raise SettingsError(
            "By 'hours' nobody is ever there. Name at least one day with hours, such "
            "as monday-friday: 9:00-18:00."
        )
    return OfficeHours(week, holidays, extra, zone)


def _week(hours: object) -> tuple[Spans, ...]:
    if not isinstance(hours, Mapping):
        raise SettingsError(
            "'hours' must hold days with their hours, such as monday-friday: "
            "9:00-12:00, 13:30-18:00."
        )
    week: list[Spans] = [()] * 7
    named: set[int] = set()
    for days, spans in hours.items():
        for day in _weekdays(days):
            if day in named:
                raise SettingsError(
                    f"'hours' names {_WEEK[day]} twice; give all its hours in one line."
                )
            named.add(day)
            week[day] = _spans(spans, str(days))
    return tuple(week)


def _weekdays(named: object) -> Sequence[int]:
    first, _, last = str(named).strip().lower().partition("-")
    try:
        start = _WEEK.index(first.strip())
        end = _WEEK.index(last.strip()) if last else start
    except ValueError:
        raise SettingsError(
            f"'hours' names the day {named!r}. Expected one of {', '.join(_WEEK)}, or "
            "a span of them such as monday-friday."
        ) from None
    if end < start:
        raise SettingsError(
            f"'hours' names the days {named!r}, which run backwards; the week begins "
            "with monday."
        )
    return range(start, end + 1)


def _spans(value: object, where: str) -> Spans:
    """The spans of `9:00-12:00, 13:30-18:00`, or of a list of such."""
    if value is None:
        return ()
    parts = value if isinstance(value, list) else str(value).split(",")
    spans = sorted(_span(str(part), where) for part in parts)
    for (_, end), (start, _) in pairwise(spans):
        if start < end:
            raise SettingsError(
                f"The hours {value!r} of '{where}' overlap; part them, or make them "
                "one."
            )
    return tuple(spans)


def _span(text: str, where: str) -> tuple[int, int]:
    match = _SPAN.fullmatch(text)
    if match:
        hour, minute, end_hour, end_minute = map(int, match.groups())
        start, end = hour * 60 + minute, end_hour * 60 + end_minute
        if max(minute, end_minute) < 60 and start < end <= _DAY_MINUTES:
            return start, end
    raise SettingsError(
        f"'{where}' has the hours {text!r}. Expected from when to when on one day, "
        "such as 9:00-12:00, or several of them with commas; 24:00 is midnight."
    )


def _days(named: object, where: str) -> Iterator[date]:
    """The days of `2026-10-01`, or of `2026-10-01 to 2026-10-07`."""
    match = _DAYS.fullmatch(str(named).strip())
    try:
        if match is None:
            raise ValueError
        first = date.fromisoformat(match[1])
        last = date.fromisoformat(match[2]) if match[2] else first
        if not 0 <= (last - first).days <= _LONGEST_HOLIDAY:
            raise ValueError
    except ValueError:
        raise SettingsError(
            f"'{where}' names {named!r}. Expected a day such as 2026-10-01, or days "
            "such as 2026-10-01 to 2026-10-07."
        ) from None
    for ahead in range((last - first).days + 1):
        yield first + timedelta(days=ahead)


def _list_of(settings: Mapping[str, Any], key: str) -> Sequence[object]:
    value = settings.get(key)
    if value is None:
        return ()
    if not isinstance(value, list):
        raise SettingsError(f"'{key}' must be a list of days, a line with a dash each.")
    return value


def _mapping_of(settings: Mapping[str, Any], key: str) -> Mapping[object, object]:
    value = settings.get(key)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise SettingsError(
            f"'{key}' must hold days with their hours, such as 2026-10-10: 9:00-18:00."
        )
    return value
