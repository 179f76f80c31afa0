"""Days as people name them are found, seen from the day of the message."""

import re
from datetime import date, datetime

import pytest

from framework_plugin.errors import SettingsError
from framework_plugin.memory.dates import DATE, days_of, today_of, zone_of
from framework_plugin.memory.festivals import festival
from framework_plugin.memory.numerals import number_of

WEDNESDAY = date(2026, 3, 18)
FORM = re.compile(DATE)


def days(text, today=WEDNESDAY):
    found = days_of(FORM.match(text), today)
    return found and (found.first.isoformat(), found.last.isoformat())


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("今天", "2026-03-18"),
        ("明天", "2026-03-19"),
        ("后天", "2026-03-20"),
        ("大后天", "2026-03-21"),
        ("昨天", "2026-03-17"),
        ("今晚", "2026-03-18"),
        ("明儿", "2026-03-19"),
        ("周三", "2026-03-18"),
        ("周二", "2026-03-24"),
        ("这周五", "2026-03-20"),
        ("下周三", "2026-03-25"),
        ("下个礼拜二", "2026-03-24"),
        ("下下周一", "2026-03-30"),
        ("星期天", "2026-03-22"),
        ("20号", "2026-03-20"),
        ("5号", "2026-04-05"),
        ("下个月3号", "2026-04-03"),
        ("4月2号", "2026-04-02"),
        ("1月2号", "2027-01-02"),
        ("十一月四号", "2026-11-04"),
        ("明年3月8日", "2027-03-08"),
        ("月底", "2026-03-31"),
        ("下个月底", "2026-04-30"),
        ("3天后", "2026-03-21"),
        ("十天之后", "2026-03-28"),
        ("两周后", "2026-04-01"),
        ("过两天", "2026-03-20"),
        ("一个月后", "2026-04-18"),
        ("清明", "2026-04-05"),
        ("端午节", "2026-06-19"),
        ("元旦", "2027-01-01"),
        ("过年", "2027-02-06"),
    ],
)
def test_a_day_is_found(text, first):
    assert days(text)[0] == first


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("周末", ("2026-03-21", "2026-03-22")),
        ("下周", ("2026-03-23", "2026-03-29")),
        ("这周", ("2026-03-18", "2026-03-22")),
        ("下个月", ("2026-04-01", "2026-04-30")),
        ("国庆", ("2026-10-01", "2026-10-07")),
        ("明年", ("2027-01-01", "2027-12-31")),
    ],
)
def test_some_days_in_a_row_are_found(text, span):
    assert days(text) == span


def test_the_weekend_goes_on_while_it_lasts():
    assert days("周末", date(2026, 3, 22)) == ("2026-03-22", "2026-03-22")
    assert days("国庆", date(2026, 10, 3)) == ("2026-10-03", "2026-10-07")


def test_days_cross_the_year():
    eve = date(2026, 12, 31)
    assert days("明天", eve) == ("2027-01-01", "2027-01-01")
    assert days("下个月5号", eve)[0] == "2027-01-05"
    assert days("月底", eve)[0] == "2026-12-31"
    assert days("一个月后", date(2027, 1, 31))[0] == "2027-02-28"


@pytest.mark.parametrize("text", ["2月30号", "这周二", "下个月31号"])
def test_what_is_no_day_to_come_is_none(text):
    assert days(text) is None


def test_lunar_festivals_beyond_the_table_are_not_guessed():
    assert festival("中秋", 2035) == (date(2035, 9, 16), date(2035, 9, 16))
    assert festival("中秋", 2036) is None


def test_the_day_depends_on_the_time_zone():
    late = datetime(2026, 3, 18, 23, 30, tzinfo=zone_of("Asia/Shanghai")).timestamp()
    assert today_of(late, zone_of("Asia/Shanghai")) == date(2026, 3, 18)
    assert today_of(late, zone_of("America/New_York")) == date(2026, 3, 18)
    assert today_of(late, zone_of("Pacific/Auckland")) == date(2026, 3, 19)


@pytest.mark.parametrize("name", ["Asia/Nowhere", "", "../etc/passwd", 8])
def test_an_unknown_time_zone_is_refused(name):
    with pytest.raises(SettingsError, match="time zone"):
        zone_of(name)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("29", 29),
        ("十", 10),
        ("二十九", 29),
        ("廿三", 23),
        ("两", 2),
        ("一百零二", 102),
        ("", None),
        ("二九", None),
    ],
)
def test_numbers_are_read(text, number):
    assert number_of(text) == number
