"""Who wants the assistant back, and who is angry with us, told by their words."""

from __future__ import annotations

import time

import pytest

from framework_plugin.handover.anger import is_angry, is_strong
from framework_plugin.handover.leaving import wants_no_person


@pytest.mark.parametrize(
    "text",
    [
        *(
            "不用人工了",
            "算了，不用人工了",
            "不要人工客服了",
            "我不找客服了",
            "取消排队",
        ),
        *("不排了", "不等了", "我不想排队了", "别转人工了", "退出人工", "回到机器人"),
        *("转回机器人吧", "换回小满", "还是让小满来吧", "我还是跟机器人说吧"),
        *("叫小满回来", "不用轉人工了", "好了 回到机器人", "那就不用人工啦，谢谢"),
    ],
)
def test_who_wants_no_person_is_understood(text: str) -> None:
    assert wants_no_person(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", "转人工", "不用了", "算了", "好的", "不用，我自己来", "人工什么时候来"),
        *("不要红茶了", "不用退了", "取消订单", "刚才那个机器人说不能退", "谢谢"),
        *("小满说可以退的", "我要人工", "不要机器人，我要人工", "不用换了，退款吧"),
        *("我不等了，直接退款吧", "回到家再说", "你是机器人吗", "让人来取件吧"),
        "我跟小满说了半天她都听不懂，所以才转人工找您的，您看怎么办",
    ],
)
def test_who_speaks_to_the_person_keeps_the_person(text: str) -> None:
    assert not wants_no_person(text)


def test_long_words_take_no_time() -> None:
    begun = time.perf_counter()
    for text in (
        "好" * 30,
        "就好" * 15,
        "不用" * 15,
        "再继续接着" * 6,
        "好了" * 100_000,
    ):
        wants_no_person(text)
    assert time.perf_counter() - begun < 2


@pytest.mark.parametrize(
    "text", ["你们就是骗子", "气死我了", "太过分了！", "垃圾店", "什么态度！！！", "滚"]
)
def test_strong_words_are_heard(text: str) -> None:
    assert is_strong(text)


@pytest.mark.parametrize(
    "text",
    [
        "烦",
        "有点慢",
        "不太满意",
        "你们不是骗子吧",
        "茶有点苦",
        "好烫，翻滚的水",
        "失望",
    ],
)
def test_a_single_weak_word_is_no_anger(text: str) -> None:
    assert not is_strong(text)


@pytest.mark.parametrize(
    ("messages", "angry"),
    [
        ([("气死我了", "complain")], False),
        ([("你们是骗子", "complain"), ("气死我了", "complain")], True),
        ([("垃圾", "insult"), ("你好", "greet"), ("气死我了", "complain")], True),
        ([("垃圾", "insult"), ("气死我了", "complain"), ("你好", "greet")], False),
        ([("烦", "complain"), ("气死我了", "complain")], False),
        # Angry with somebody else.
        ([("我老板混蛋", "chitchat"), ("气死我了", "chitchat")], False),
        ([], False),
    ],
)
def test_anger_is_strong_repeated_and_meant_for_us(
    messages: list[tuple[str, str | None]], angry: bool
) -> None:
    assert is_angry(messages) is angry
