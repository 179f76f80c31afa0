"""Long texts in messages, buttons in words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framework_plugin.components.channels.rendering import (
    Button,
    buttons_of,
    cut,
    numbered,
    split,
)


def test_a_long_text_is_cut_after_sentences() -> None:
    text = "第一句。第二句！“第三句？”第四句"
    assert split(text, 26) == ["第一句。第二句！", "“第三句？”", "第四句"]


def test_a_long_sentence_is_cut_after_clauses_and_else_anywhere() -> None:
    assert split("一二三，四五六，七", 12) == ["一二三，", "四五六，", "七"]
    assert split("一二三四五六", 9) == ["一二三", "四五六"]


def test_a_sign_of_several_characters_stays_whole() -> None:
    family = "👨‍👩‍👧"
    assert split(f"一二{family}", 20) == ["一二", family]


def test_what_fits_is_left_as_it_is() -> None:
    assert split("一。\n\n二。", 100) == ["一。\n\n二。"]
    assert split("  \n ", 100) == []


@given(st.text(max_size=200), st.integers(min_value=4, max_value=60))
def test_no_message_is_too_long_and_no_word_is_lost(text: str, longest: int) -> None:
    pieces = split(text, longest)
    assert all(0 < len(piece.encode()) <= longest for piece in pieces)
    if "\u200d" not in text and "\ufe0f" not in text and "\ufe0e" not in text:
        assert "".join("".join(pieces).split()) == "".join(text.split())


def test_a_limit_that_no_sign_meets_is_an_error() -> None:
    with pytest.raises(ValueError, match="at least 4"):
        split("好", 3)


def test_buttons_of_rasa_are_read() -> None:
    assert buttons_of(
        [
            {"title": "是", "payload": "/affirm"},
            {"title": "官网", "url": "https://example.com", "payload": "x"},
            {"title": "否"},
            {"payload": "/deny"},
        ]
    ) == (
        Button("是", "/affirm"),
        Button("官网", url="https://example.com"),
        Button("否", "否"),
    )


def test_buttons_in_words_have_numbers_and_links_have_none() -> None:
    buttons = [Button("甲", "a"), Button("官网", url="https://e.cn"), Button("乙", "b")]
    assert numbered("选哪个？", buttons) == (
        "选哪个？\n1. 甲\n官网：https://e.cn\n2. 乙\n回复数字就行"
    )
    assert numbered("", [Button("官网", url="https://e.cn")]) == "官网：https://e.cn"


def test_titles_are_cut_to_what_a_button_holds() -> None:
    assert cut("查订单", 3) == "查订单"
    assert cut("查所有订单", 3) == "查所…"
