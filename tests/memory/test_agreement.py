"""A yes and a no are told from other talk."""

import time

import pytest

from framework_plugin.memory.agreement import agreement
from framework_plugin.memory.changes import Operation
from framework_plugin.memory.extraction import FactExtractor


@pytest.mark.parametrize(
    "text",
    [
        "是的",
        "对",
        "嗯嗯",
        "嗯，改了",
        "是的，改了",
        "对呀 改名了",
        "没错！",
        "好的呀",
        "可以",
        "改吧",
        "OK",
        "對的",
    ],
)
def test_a_yes_agrees(text):
    assert agreement(text).operation is Operation.CONFIRM


@pytest.mark.parametrize(
    "text",
    [
        "不是",
        "不是，没改",
        "没有啊",
        "别改",
        "不用了",
        "打错了",
        "开玩笑的",
        "no",
        "逗你玩呢",
    ],
)
def test_a_no_refuses(text):
    assert agreement(text).operation is Operation.DENY


@pytest.mark.parametrize(
    "text",
    [
        "",
        "是吗",
        "好吗？",
        "我要查订单",
        "没事",
        "的了吧",
        "不知道",
        "对了我想问",
        "好吃",
    ],
)
def test_other_talk_is_neither(text):
    assert agreement(text) is None


def test_a_message_that_tells_something_is_no_mere_yes():
    changes = FactExtractor().changes("是的，我叫苏木")
    assert [change.operation for change in changes] == [Operation.SET]


def test_a_long_row_of_yes_is_read_at_once():
    started = time.process_time()
    agreement("是的好的改" * 20_000 + "x")
    assert time.process_time() - started < 1.0
