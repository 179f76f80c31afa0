from datetime import date, datetime, timezone

import pytest

from framework_plugin.errors import DocumentError
from framework_plugin.retrieval.dates import begins, checked_validity, ends

NOVEMBER = datetime(2025, 10, 31, 16, tzinfo=timezone.utc).timestamp()
"""The first of November in China."""
DAY = 86_400


@pytest.mark.parametrize(
    "value",
    [
        "2025-11-01",
        "2025/11/1",
        "2025.11.1",
        "2025年11月1日",
        " 2025 年 11 月 1 日 ",
        "2025-11-01 00:00",
        "2025-11-01T00:00:00.000",
        "2025-10-31T16:00:00Z",
        "2025-11-01T00:00:00+08:00",
        date(2025, 11, 1),
        datetime(2025, 11, 1),
        NOVEMBER,
    ],
)
def test_every_common_way_to_write_a_day_means_its_midnight_in_china(value) -> None:
    assert begins(value) == NOVEMBER


def test_the_last_day_counts_in_full_and_a_time_to_the_second() -> None:
    assert ends("2025-11-01") == NOVEMBER + DAY
    assert ends(datetime(2025, 11, 1)) == NOVEMBER + DAY
    assert ends("2025-11-01 18:30") == NOVEMBER + 18.5 * 3600


@pytest.mark.parametrize("value", [None, "", "  "])
def test_nothing_said_is_no_limit(value) -> None:
    assert begins(value) is None
    assert ends(value) is None


@pytest.mark.parametrize("value", ["明天", "2025-13-01", "2025-02-30", 45962, True, []])
def test_what_is_no_day_is_named(value) -> None:
    with pytest.raises(DocumentError, match=r"no day or time; expected such as 2025"):
        begins(value)


def test_a_validity_that_ends_before_it_begins_is_refused() -> None:
    checked_validity(1.0, 2.0)
    with pytest.raises(DocumentError, match="before it begins"):
        checked_validity(2.0, 2.0)
