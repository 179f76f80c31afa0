"""Days and times as people write them into documents."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta, timezone, tzinfo

from framework_plugin.errors import DocumentError

CHINA = timezone(timedelta(hours=8), "Asia/Shanghai")
"""Where documents tell no other zone. China has kept one time since 1992."""

_DAY = r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?"
_TIME = r"(?:[T\s]\s*(\d{1,2})[:：](\d{2})(?:[:：](\d{2})(?:\.\d+)?)?)?"
_ZONE = r"\s*(Z|[+-]\d{2}:?\d{2})?"
_MOMENT = re.compile(f"{_DAY}{_TIME}{_ZONE}")
_EARLIEST_SECONDS = 100_000_000
"""Smaller numbers are no time of this age, rather the days that Excel counts."""


def begins(value: object, zone: tzinfo = CHINA) -> float | None:
    """When a validity begins; a day without time begins at midnight.

    Args:
        value: Text such as `2025-11-01`, `2025/11/1 08:00`, `2025年11月1日` or
            `2025-11-01T08:00:00+08:00`; a `date` or `datetime`; seconds since the
            epoch; or None or blank text for no limit.
        zone: Of times that name none.

    Returns:
        Seconds since the epoch.

    Raises:
        DocumentError: If it is no such value.
    """
    found = _moment(value, zone)
    return found[0].timestamp() if found else None


def ends(value: object, zone: tzinfo = CHINA) -> float | None:
    """When a validity ends; a day without time is the last one that counts in full.

    See `begins` for the arguments.
    """
    found = _moment(value, zone)
    if found is None:
        return None
    moment, is_day = found
    return (moment + timedelta(days=1) if is_day else moment).timestamp()


def checked_validity(begin: float | None, end: float | None) -> None:
    """Makes sure that there is a time between two limits.

    Raises:
        DocumentError: If there is none.
    """
    if begin is not None and end is not None and end <= begin:
        raise DocumentError("the validity ends before it begins; swap the two days.")


def _moment(value: object, zone: tzinfo) -> tuple[datetime, bool] | None:
    """The moment, and whether it stands for a whole day."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if isinstance(value, datetime):
        # Spreadsheets keep a day as its midnight.
        is_day = value.tzinfo is None and value.time() == datetime.min.time()
        return value if value.tzinfo else value.replace(tzinfo=zone), is_day
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=zone), True
    try:
        if isinstance(value, (int, float)) and value >= _EARLIEST_SECONDS:
            return datetime.fromtimestamp(value, zone), False
        if isinstance(value, str):
            return _read(value, zone)
    except (ValueError, OverflowError, OSError):
        pass
    raise DocumentError(
        f"{value!r} is no day or time; expected such as 2025-11-01 or 2025-11-01 08:00."
    )


def _read(text: str, zone: tzinfo) -> tuple[datetime, bool]:
    match = _MOMENT.fullmatch(text.strip())
    if match is None:
        raise ValueError(text)
    year, month, day, hour, minute, second, offset = match.groups()
    if offset:
        sign = offset.replace("Z", "+0000").replace(":", "")
        zone = datetime.strptime(sign, "%z").tzinfo or zone
    moment = datetime(
        int(year),
        int(month),
        int(day),
        int(hour or 0),
        int(minute or 0),
        int(second or 0),
        tzinfo=zone,
    )
    return moment, hour is None
