"""Holidays that people date their plans by."""

from __future__ import annotations

from datetime import date, timedelta

_FIXED = {
    "元旦": (1, 1, 1),
    "情人节": (2, 14, 1),
    "妇女节": (3, 8, 1),
    "劳动节": (5, 1, 5),
    "五一": (5, 1, 5),
    "儿童节": (6, 1, 1),
    "六一": (6, 1, 1),
    "教师节": (9, 10, 1),
    "国庆": (10, 1, 7),
    "十一": (10, 1, 7),
    "平安夜": (12, 24, 1),
    "圣诞": (12, 25, 1),
}
"""Month, day and how many days one is off."""

_FROM_YEAR = 2024
# By the moon, as published for mainland China: month and day of each year.
_BY_THE_MOON: dict[str, tuple[tuple[int, int], ...]] = {
    "春节": (
        (2, 10), (1, 29), (2, 17), (2, 6), (1, 26), (2, 13),
        (2, 3), (1, 23), (2, 11), (1, 31), (2, 19), (2, 8),
    ),
    "端午": (
        (6, 10), (5, 31), (6, 19), (6, 9), (5, 28), (6, 16),
        (6, 5), (6, 24), (6, 12), (6, 1), (6, 20), (6, 10),
    ),
    "中秋": (
        (9, 17), (10, 6), (9, 25), (9, 15), (10, 3), (9, 22),
        (9, 12), (10, 1), (9, 19), (9, 8), (9, 27), (9, 16),
    ),
}  # fmt: skip
_LONG = {"春节": 7, "端午": 1, "中秋": 1}
_SAME_AS = {"过年": "春节"}

FESTIVALS = (
    f"(?:{'|'.join([*_FIXED, *_BY_THE_MOON, '清明', *_SAME_AS])})"
    "(?!路|街|月|点|个|大街|广场|茶|粽|点钟|[0-9])"
)
"""Their names, as a pattern."""


def festival(name: str, year: int) -> tuple[date, date] | None:
    """The first and last day off of a festival in a year.

    Args:
        name: One that `FESTIVALS` matches.
        year: Of the common calendar.

    Returns:
        None for a festival by the moon in a year that this table does not reach.
    """
    name = _SAME_AS.get(name, name)
    if name in _FIXED:
        month, day, days = _FIXED[name]
    elif name == "清明":
        month, day, days = 4, _qingming(year), 1
    else:
        table, place = _BY_THE_MOON[name], year - _FROM_YEAR
        if not 0 <= place < len(table):
            return None
        (month, day), days = table[place], _LONG[name]
    first = date(year, month, day)
    return first, first + timedelta(days=days - 1)


def _qingming(year: int) -> int:
    """The day in April (the usual formula for the years 2000 to 2099)."""
    of_century = year % 100
    return int(of_century * 0.2422 + 4.81) - of_century // 4
