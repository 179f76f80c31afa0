from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml

from framework_plugin.errors import SettingsError
from framework_plugin.handover.hours import OfficeHours, read_hours
from framework_plugin.handover.sentences import opening_said

SHANGHAI = ZoneInfo("Asia/Shanghai")
WORKING = """
hours:
  monday-friday: 9:00-12:00, 13:30-18:00
  saturday: [10:00-16:00]
holidays:
- 2026-10-01 to 2026-10-07
- 2026-01-01
extra_days:
  2026-10-10: 9:00-18:00
  2026-10-11:
"""


def hours_of(text: str) -> OfficeHours:
    return read_hours(yaml.safe_load(text))


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).timestamp()


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-03-18 08:59", False),
        ("2026-03-18 09:00", True),
        ("2026-03-18 11:59", True),
        ("2026-03-18 12:00", False),
        ("2026-03-18 13:29", False),
        ("2026-03-18 13:30", True),
        ("2026-03-18 18:00", False),
        ("2026-03-21 15:59", True),
        ("2026-03-22 11:00", False),
        ("2026-10-01 11:00", False),
        ("2026-10-07 11:00", False),
        ("2026-10-08 11:00", True),
        ("2026-01-01 11:00", False),
        ("2026-10-10 17:00", True),
        ("2026-10-11 17:00", False),
    ],
)
def test_people_are_there_in_their_hours(moment: str, is_open: bool) -> None:
    assert hours_of(WORKING).is_open(at(moment)) is is_open


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        ("2026-03-18 08:00", "今天9:00"),
        ("2026-03-18 12:10", "今天13:30"),
        ("2026-03-18 18:00", "明天9:00"),
        ("2026-03-21 16:00", "后天9:00"),
        ("2026-09-30 18:30", "10月8日9:00"),
        ("2025-12-31 18:30", "后天9:00"),
        ("2026-10-03 12:00", "星期四9:00"),
    ],
)
def test_the_next_opening_is_said_as_people_say_it(moment: str, said: str) -> None:
    hours = hours_of(WORKING)
    opening = hours.next_opening(at(moment))
    assert opening is not None
    assert opening_said(opening, hours.local(at(moment))) == said


def test_the_clock_is_that_of_the_desk() -> None:
    hours = hours_of("{hours: {monday-sunday: 9:00-17:00}, time_zone: Europe/Berlin}")
    assert not hours.is_open(at("2026-03-18 15:59"))
    assert hours.is_open(at("2026-03-18 16:00"))


def test_without_hours_somebody_is_always_there() -> None:
    assert read_hours({}).is_open(at("2026-03-22 03:00"))


def test_nobody_comes_after_the_end_of_all_days() -> None:
    hours = hours_of("{hours: {}, extra_days: {2026-03-18: 9:00-10:00}}")
    assert hours.next_opening(at("2026-03-18 10:00")) is None


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"hours": {"mittwoch": "9:00-17:00"}}, "names the day 'mittwoch'"),
        ({"hours": {"friday-monday": "9:00-17:00"}}, "backwards"),
        ({"hours": {"monday": "9-17"}}, "from when to when"),
        ({"hours": {"monday": "17:00-9:00"}}, "from when to when"),
        ({"hours": {"monday": "9:00-25:00"}}, "from when to when"),
        ({"hours": {"monday": "9:61-12:00"}}, "from when to when"),
        ({"hours": {"monday": "9:00-12:00, 11:00-13:00"}}, "overlap"),
        ({"hours": {"monday-friday": "9:00-12:00", "friday": "9:00-11:00"}}, "twice"),
        ({"hours": ["9:00-12:00"]}, "must hold days"),
        ({"hours": {"monday": None}}, "nobody is ever there"),
        ({"holidays": ["2026-02-30"]}, "2026-02-30"),
        ({"holidays": ["2026-10-07 to 2026-10-01"]}, "2026-10-07"),
        ({"holidays": "2026-10-01"}, "must be a list"),
        ({"extra_days": ["2026-10-10"]}, "must hold days"),
        ({"time_zone": "Mars/Olympus"}, "time zone"),
        ({"time_zone": 8}, "time zone"),
    ],
)
def test_what_makes_no_sense_is_refused_with_what_to_write(
    settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(SettingsError, match=message):
        read_hours(settings)
