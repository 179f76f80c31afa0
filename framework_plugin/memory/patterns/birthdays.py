"""When one was born."""

from __future__ import annotations

import re
from collections.abc import Iterator

from framework_plugin.corpus.user_context import FactKind
from framework_plugin.memory.changes import FactChange
from framework_plugin.memory.dates import DATE, days_of
from framework_plugin.memory.patterns.grammar import END, ME, OF_SELF
from framework_plugin.memory.patterns.pattern import TOLD, Heard, Pattern

DAY = (
    r"(?P<v>(?:\d{2,4}年)?(?:[农阴阳公]历|旧历)?(?:每年)?"
    "(?:[0-9]{1,2}|十[一二]?|[一二三四五六七八九正腊冬])月"
    "(?:初[一二三四五六七八九十]|[0-9]{1,2}|[一二三]?十[一二三四五六七八九]?|廿[一二三四五六七八九]?"
    "|[一二三四五六七八九])[号日]?"
    r"|\d{1,2}[./\-]\d{1,2})"
)


_OF_THE_MOON = re.compile("春节|过年|端午|中秋")


def _birthday(form: str) -> Pattern:
    return Pattern(FactKind.BIRTHDAY, re.compile(form), _is_day, bare=True)


def _is_day(value: str) -> bool:
    numbers = [int(n) for n in re.findall(r"\d+", re.sub(r"\d+年", "", value))]
    by_number = bool(re.search(r"\d月", value)) or "月" not in value
    if by_number and not 1 <= numbers.pop(0) <= 12:
        return False
    return all(1 <= number <= 31 for number in numbers)


def _moving(form: str) -> Pattern:
    return Pattern(FactKind.BIRTHDAY, re.compile(form), tells=_day_seen_from_today)


def _day_seen_from_today(heard: Heard) -> Iterator[FactChange]:
    """The date that `明天是我生日` means on the day it is said."""
    if heard.moment is None or _OF_THE_MOON.search(heard["d_festival"]):
        return
    days = days_of(heard.match, heard.moment.today)
    if days is None or (days.first != days.last and not heard["d_festival"]):
        return
    value = f"{days.first.month}月{days.first.day}日"
    yield FactChange.telling(FactKind.BIRTHDAY, value, TOLD)


BIRTHDAYS = (
    _birthday(
        rf"(?:{OF_SELF})?(?:[农阴阳公]历)?生日(?:应该)?就?[是系在为:]*(?:每年的?)?{DAY}"
    ),
    _birthday(rf"{ME}[在于]?{DAY}的?(?:过?生日|出生|生[的人]|生{END})"),
    _birthday(rf"{ME}(?:出生|生)[于在]{DAY}"),
    _birthday(rf"{DAY}是(?P<self>我)的?生日"),
    _moving(
        rf"{DATE}(?:就|也)?[是过]?(?P<self>我|俺)的?(?:[0-9]{{1,3}}岁)?(?:[要刚就]*过完?)?生日{END}"
    ),
    _moving(rf"(?P<self>我|俺)(?:是|就)?{DATE}(?:就|[是过刚要]|过完)*生日{END}"),
    _moving(rf"{OF_SELF}生日(?:就|正好)?[是在]{DATE}{END}"),
)
