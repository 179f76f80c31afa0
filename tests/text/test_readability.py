import pytest
from hypothesis import given
from hypothesis import strategies as st

from framework_plugin.text import Readability, readability


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "\n\t",
        "\u200b\u200d\ufeff",
        "\x00\x07",
        "？？！",
        "……",
        "-_-",
        "→",
        "\u3164",
    ],
)
def test_text_without_a_readable_character(text: str) -> None:
    assert readability(text, 10) is Readability.NOTHING_READABLE


@pytest.mark.parametrize("text", ["😀", "👍🏽！", "👨‍👩‍👧 ❤️", "🇨🇳", "☺", "😂" * 900])
def test_text_of_emoji_only(text: str) -> None:
    assert readability(text, 10) is Readability.EMOJI_ONLY


@pytest.mark.parametrize("text", ["好", "6", "ok", "😀好", "？a", "ｏｋ", "好" * 10])
def test_text_to_be_read(text: str) -> None:
    assert readability(text, 10) is Readability.READABLE


def test_length_is_counted_without_space_at_the_ends() -> None:
    assert readability(" " * 50 + "好" * 10 + " " * 50, 10) is Readability.READABLE
    assert readability("好" * 11, 10) is Readability.TOO_LONG


@given(st.text())
def test_space_around_a_text_changes_nothing(text: str) -> None:
    assert readability(f" {text}\n", 10) is readability(text, 10)
