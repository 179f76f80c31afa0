from __future__ import annotations

import io
import json

import pytest

from framework_plugin.cli.conversation import chosen, in_lines
from framework_plugin.cli.turn import Button, Turn
from framework_plugin.components.answer_source import Source


def echo(text: str) -> Turn:
    """Answers with the words themselves, in two replies."""
    return Turn(text, (f"「{text}」", "还有呢？"), Source.RULE, 1.0, 0.5)


def spoken(text: str, *, as_json: bool) -> str:
    out = io.StringIO()
    in_lines(echo, io.StringIO(text, newline="\n"), out, as_json=as_json)
    return out.getvalue()


def test_each_line_is_answered_in_order_under_the_name_of_the_assistant() -> None:
    expected = "小满: 「早」\n小满: 还有呢？\n小满: 「晚」\n小满: 还有呢？\n"
    assert spoken("早\n晚", as_json=False) == expected


def test_an_empty_line_is_a_message_too() -> None:
    turns = [json.loads(line) for line in spoken("\n\n", as_json=True).splitlines()]
    assert [turn["user"] for turn in turns] == ["", ""]


def test_json_is_one_readable_object_on_each_line() -> None:
    lines = spoken("你好\r\n", as_json=True).splitlines()
    assert len(lines) == 1
    assert "你好" in lines[0]
    assert json.loads(lines[0])["user"] == "你好"


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("1", "/affirm"),
        (" 1 ", "/affirm"),
        ("2", "2"),
        ("3", "3"),
        ("0", "0"),
        ("²", "²"),
        ("一", "一"),
        ("第1个", "第1个"),
    ],
)
def test_a_number_becomes_the_payload_only_where_that_is_an_intent(text, sent) -> None:
    buttons = (Button("好", "/affirm"), Button("运费多少？", "运费多少？"))
    assert chosen(text, buttons) == sent
