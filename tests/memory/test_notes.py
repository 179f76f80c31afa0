"""What was noted on request is found by the question for it."""

from __future__ import annotations

import pytest

from framework_plugin.memory.notes import notes_on

KEYS, CAR, DOOR = "钥匙在鞋柜第二层", "我的车停在B2", "门牌号是3栋502"
NOTES = (KEYS, CAR, DOOR)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("钥匙在哪", (KEYS,)),
        ("我的钥匙放哪儿了来着", (KEYS,)),
        ("车停哪了", (CAR,)),
        ("门牌号是几号", (DOOR,)),
        ("运费多少", ()),
        ("你在哪", ()),
        ("在哪", ()),
        ("钥匙丢了", ()),
        ("", ()),
    ],
)
def test_a_question_finds_the_note_that_answers_it(
    text: str, found: tuple[str, ...]
) -> None:
    assert notes_on(text, NOTES) == found
