"""Questions whether, and when, something was said, and their answers."""

from datetime import datetime

import pytest

from framework_plugin.memory.dates import CHINA, day_said
from framework_plugin.memory.remembered import asked_topic, describe_found
from framework_plugin.memory.search import Recalled

NOW = datetime(2026, 12, 5, 20, 0, tzinfo=CHINA).timestamp()
DAY = 86_400.0


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("我什么时候说过想去西藏", "想去西藏"),
        ("我之前有没有提过过敏", "过敏"),
        ("我跟你聊过面试吗", "面试"),
        ("你还记得我说过要搬家吗？", "要搬家"),
        ("我哪天跟你说要面试的", "要面试"),
        ("关于面试我说过什么", "面试"),
        ("面试的事我跟你说过吗", "面试"),
        ("我有没有跟你说过我养猫", "我养猫"),
        ("我是不是跟你抱怨过加班", "加班"),
        ("我之前跟你提過過敏嗎", "过敏"),
        ("我们聊过考研没有", "考研"),
    ],
)
def test_questions_about_what_was_said_name_their_topic(text, topic):
    assert asked_topic(text) == topic


@pytest.mark.parametrize(
    "text",
    [
        "我上次跟你说了什么",
        "我都告诉过你哪些事",
        "我跟我妈说过这事了",
        "我说过了",
        "我说过多少次了别烦我",
        "你说过你喜欢猫吗",
        "我以前听说过西藏吗",
        "我昨天跟老板说要辞职",
        "你记得我什么",
        "西藏远吗",
        "",
    ],
)
def test_other_talk_is_no_such_question(text):
    assert asked_topic(text) is None


@pytest.mark.parametrize(
    ("at", "day"),
    [
        (NOW - 600, "刚才"),
        (NOW - 9 * 3600, "今天"),
        (NOW - 21 * 3600, "昨天"),
        (NOW - 2 * DAY, "前天"),
        (NOW - 3 * DAY, "三天前"),
        (NOW - 32 * DAY, "11月3日"),
        (NOW - 400 * DAY, "2025年10月31日"),
    ],
)
def test_days_are_named_as_people_name_them(at, day):
    assert day_said(at, NOW) == day


def said(text, days, shared=("西藏",), score=1.0):
    return Recalled(int(days), text, NOW - days * DAY, frozenset(shared), score)


def test_the_answer_quotes_the_user_with_the_day():
    found = [said("我想去西藏看星空。", 32)]
    told = describe_found("我什么时候说过想去西藏", "想去西藏", found, NOW)
    assert told == "11月3日你说过「我想去西藏看星空」。"
    told = describe_found("我说过想去西藏吗", "想去西藏", found, NOW)
    assert told == "说过的。11月3日你说过「我想去西藏看星空」。"


def test_two_are_told_in_the_order_of_their_time_and_a_weaker_one_not_at_all():
    found = [
        said("西藏好远", 1, ("西藏", "远")),
        said("西藏远也要去", 32, ("西藏", "远")),
        said("西藏", 2),
    ]
    told = describe_found("我什么时候说过西藏远", "西藏远", found, NOW)
    assert told == "11月3日你说过「西藏远也要去」，昨天你说过「西藏好远」。"


def test_what_is_not_found_is_not_made_up():
    told = describe_found("我之前有没有提过过敏", "过敏", [], NOW)
    assert "没找到你说过「过敏」" in told
    told = describe_found("我什么时候说过想要那个", "想要那个", [], NOW)
    assert "换一个更具体的词" in told
