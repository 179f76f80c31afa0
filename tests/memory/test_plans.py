"""Plans that users tell of, and what becomes of them."""

from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framework_plugin.corpus.user_context import FactKind
from framework_plugin.memory.asking_after import words_to_ask
from framework_plugin.memory.dates import CHINA
from framework_plugin.memory.extraction import FactExtractor
from framework_plugin.memory.fact_rows import read_facts
from framework_plugin.memory.plans import (
    SOMETIME,
    due_plan,
    facts_and_plans,
    open_plans,
)
from framework_plugin.memory.remembered import asked_topic
from framework_plugin.memory.turns import is_kept
from tests.memory.test_search import told

# A Wednesday.
SAID = datetime(2026, 3, 18, 12, tzinfo=CHINA).timestamp()
DAY = 86_400.0
EXTRACTOR = FactExtractor()


def say(repository, user, text, at):
    """A message with all that it teaches."""
    told(repository, user, text, at, EXTRACTOR.changes(text, at=at))


def plans(repository, user="alice"):
    with repository.reading() as connection:
        return open_plans(connection, user)


def whats(repository, user="alice"):
    return [plan.what for plan in plans(repository, user)]


def midnight_after(month, day, year=2026):
    return datetime(year, month, day, tzinfo=CHINA).timestamp() + DAY


@pytest.mark.parametrize(
    ("text", "plan", "last"),
    [
        ("下周要面试，好紧张", "面试", (3, 29)),
        ("我下周三有个面试", "面试", (3, 25)),
        ("周五答辩", "答辩", (3, 20)),
        ("周一考试", "考试", (3, 23)),
        ("明天考试啦", "考试", (3, 19)),
        ("今晚有比赛", "比赛", (3, 18)),
        ("三天后去北京出差", "去北京出差", (3, 21)),
        ("周末准备带孩子去动物园", "带孩子去动物园", (3, 22)),
        ("三月二十号要去相亲", "去相亲", (3, 20)),
        ("15号体检", "体检", (4, 15)),
        ("2月5号比赛", "比赛", (2, 5, 2027)),
        ("月底要搬家了", "搬家", (3, 31)),
        ("下个月要搬家了", "搬家", (4, 30)),
        ("6月要毕业了", "毕业", (6, 30)),
        ("明年要考研", "考研", (12, 31, 2027)),
        ("两周后体检", "体检", (4, 1)),
        ("明天有一场很重要的面试", "面试", (3, 19)),
        ("下周要毕业了还没找到工作", "毕业", (3, 29)),
        ("周末打算看电影", "看电影", (3, 22)),
    ],
)
def test_a_plan_with_a_day_is_over_when_that_day_is(repository, text, plan, last):
    say(repository, "alice", text, SAID)
    (found,) = plans(repository)
    assert found.what == plan
    assert found.due_at == pytest.approx(midnight_after(*last), abs=0.001)


@pytest.mark.parametrize(
    ("text", "plan"),
    [
        ("我在准备考研", "考研"),
        ("打算去西藏", "去西藏"),
        ("快要高考了", "高考"),
        ("我要参加马拉松", "参加马拉松"),
        ("我決定辭職了", "辭職"),
        ("过几天要去体检", "去体检"),
    ],
)
def test_a_plan_without_a_day_is_asked_about_later(repository, text, plan):
    say(repository, "alice", text, SAID)
    (found,) = plans(repository)
    assert (found.what, found.due_at) == (plan, SAID + SOMETIME)


@pytest.mark.parametrize(
    ("text", "plan"),
    [
        ("好紧张，下周要面试", "面试"),
        ("今天好累啊，明天还要考试", "考试"),
        ("最近压力好大，在准备考研", "考研"),
        ("天气真好，周末准备去爬山", "去爬山"),
        ("谢谢你，我明天去面试", "去面试"),
        ("待会要去面试", "去面试"),
        ("年底要结婚了", "结婚"),
        ("这几天在准备面试", "面试"),
    ],
)
def test_a_plan_is_heard_behind_other_words(repository, text, plan):
    say(repository, "alice", text, SAID)
    assert whats(repository) == [plan]


@pytest.mark.parametrize(
    "text",
    [
        "我妈身体不好，下周要做手术",
        "我朋友好紧张，下周要面试",
        "他好烦，明天要去相亲",
        "儿子好紧张，明天高考",
        "我要退货",
        "我要一杯奶茶",
        "明天天气好吗",
        "明天要上班",
        "我妈下周要做手术",
        "明天我女儿考试",
        "下周朋友要结婚",
        "如果明天面试",
        "你明天要考试吗",
        "我下周不面试了",
        "我不打算考研了",
        "准备睡觉",
        "我想去西藏",
        "明天死了算了",
        "下周要离婚了",
        "明天有雨",
        "2月31号比赛",
        "我准备了安眠药想吃下去",
        "今晚要去天台",
        "今天面试过了",
        "今天去看电影了",
        "计划总是完不成",
        "打算看部电影",
        "四五月份比赛",
        "三四天后比赛",
        "昨天面试了",
        "",
    ],
)
def test_nobody_is_asked_after_other_talk(repository, text):
    say(repository, "alice", text, SAID)
    assert plans(repository) == ()


PIECES = [
    "我",
    "明天",
    "下周",
    "下下周三",
    "三四天后",
    "四五月份",
    "三十二号",
    "二月三十号",
    "99月99日",
    "周末",
    "周日",
    "月底",
    "明年",
    "要",
    "打算",
    "准备",
    "面试",
    "去西藏",
    "了",
    "吗",
    "，",
    "。",
    "？",
    "有个",
    "不",
    "的",
    "十",
    "十十",
    "0号",
    "00月00日",
    "我什么时候",
    "说过",
    "关于",
    "提过",
    "忘掉",
    "刚才",
    "别记",
]


@settings(deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=8).map("".join))
def test_no_wording_is_too_odd(text):
    for change in EXTRACTOR.changes(text, at=SAID):
        if change.value is not None:
            words_to_ask(change.value, dated=True)
    asked_topic(text)
    is_kept(text)


def test_a_plan_is_open_until_its_outcome_is_say(repository):
    say(repository, "alice", "下周要面试", SAID)
    say(repository, "alice", "面试该穿什么呢", SAID + DAY)
    say(repository, "bob", "明天考试", SAID)
    assert whats(repository) == ["面试"]
    say(repository, "alice", "面试过了", SAID + 14 * DAY)
    assert whats(repository) == []
    assert whats(repository, "bob") == ["考试"]


def test_a_plan_that_is_put_off_or_called_off_is_not_asked_about(repository):
    say(repository, "alice", "下周要面试", SAID)
    say(repository, "alice", "下个月要面试", SAID + DAY)
    (plan,) = plans(repository)
    assert plan.due_at == pytest.approx(midnight_after(4, 30), abs=0.001)
    say(repository, "alice", "面试取消了", SAID + 2 * DAY)
    assert whats(repository) == []


def test_what_is_known_and_what_is_asked_about_are_one(repository):
    say(repository, "alice", "我下周三要面试", SAID)
    say(repository, "alice", "我下周五也要面试", SAID + DAY)
    user = repository.user_context("alice", now=SAID + DAY)
    facts = [(fact.value, fact.day) for fact in user.facts]
    assert facts == [("面试", "2026-03-25"), ("面试", "2026-03-27")]
    # Of the same thing one asks once, after the later day.
    assert len(plans(repository)) == 1


def test_a_plan_that_is_told_twice_is_one(repository):
    say(repository, "alice", "我下周三要面试", SAID)
    say(repository, "alice", "下周三面试，好紧张", SAID + 60)
    assert whats(repository) == ["面试"]
    assert len(repository.export("alice")["facts"]) == 1


def test_what_was_called_off_is_past_and_what_was_told_of_stays_as_it_was(repository):
    say(repository, "alice", "我下周三要面试", SAID)
    say(repository, "alice", "我在准备考研", SAID)
    say(repository, "alice", "面试取消了", SAID + DAY)
    say(repository, "alice", "考研考完了", SAID + 20 * DAY)
    assert plans(repository) == ()
    facts = repository.export("alice")["facts"]
    assert [(f["value"], bool(f["ended_at"])) for f in facts] == [
        ("面试", True),
        ("考研", False),
    ]


def test_a_grave_message_is_not_asked_after_whatever_it_plans(repository):
    say(repository, "alice", "我明天要去医院复查，真的不想活了", SAID)
    assert plans(repository) == ()
    assert repository.user_context("alice").values(FactKind.PLAN) == ("去医院复查",)


@pytest.mark.parametrize(
    ("value", "dated", "words"),
    [
        ("上午十点去面试", True, "去面试"),
        ("晚上八点半演出", True, "演出"),
        ("9:30体检", True, "体检"),
        ("考CPA", True, "考CPA"),
        ("去看演唱會", True, "去看演唱會"),
        ("跟朋友吃饭", True, "跟朋友吃饭"),
        ("参加同学会", True, "参加同学会"),
        ("加班", True, None),
        ("早上起床", True, None),
        ("离婚", True, None),
        ("回家扫墓", True, None),
        ("妈妈做手术", True, None),
        ("看电影", False, None),
        ("看电影", True, "看电影"),
        ("去", True, None),
        ("", True, None),
    ],
)
def test_only_some_plans_are_asked_after(value, dated, words):
    assert words_to_ask(value, dated=dated) == words


def test_a_plan_that_is_to_be_forgotten_is_gone(repository):
    say(repository, "alice", "周末打算去喝咖啡", SAID)
    say(repository, "alice", "别记我喜欢咖啡了", SAID + 1)
    assert not repository.export("alice")["facts"]
    say(repository, "alice", "明天考试", SAID + 2)
    say(repository, "alice", "忘掉关于我的一切", SAID + 3)
    assert not repository.export("alice")["facts"]


def test_the_plan_that_came_about_last_is_asked_about(repository):
    for text in ("明天考试", "周五答辩", "下个月要搬家"):
        say(repository, "alice", text, SAID)
    found = plans(repository)
    later = midnight_after(3, 23)
    due = due_plan(found, before=SAID + 1, now=later)
    assert due is not None
    assert due.what == "答辩"
    assert due_plan(found, before=SAID, now=later) is None
    assert due_plan(found, before=SAID + 1, now=SAID + 1) is None
    assert due_plan(found, before=SAID + 1, now=later + 90 * DAY) is None


def test_what_nobody_asks_about_any_more_is_closed(repository):
    say(repository, "alice", "明天要面试", SAID)
    say(repository, "alice", "今天天气不错", SAID + 20 * DAY)
    assert whats(repository) == ["面试"]

    say(repository, "alice", "今天天气不错", SAID + 40 * DAY)

    assert whats(repository) == []


def test_facts_and_plans_are_read_together_as_apart(repository):
    say(repository, "alice", "我叫林晓，明天要面试，在准备考研", SAID)

    for day in (0, 3):
        now = SAID + day * DAY
        with repository.reading() as connection:
            known = facts_and_plans(connection, "alice", now)
            assert known.facts == read_facts(connection, "alice", now)
            assert known.plans == open_plans(connection, "alice")
        assert len(known.plans) == 2


def test_a_plan_or_a_question_that_is_open_is_not_settled(repository):
    def is_settled(user, now):
        with repository.reading() as connection:
            return facts_and_plans(connection, user, now).is_settled

    say(repository, "alice", "我叫林晓，喜欢爬山", SAID)
    assert is_settled("alice", SAID)
    say(repository, "alice", "明天要面试", SAID + 1)
    assert not is_settled("alice", SAID + 1)
    assert not is_settled("alice", SAID + 3 * DAY)
    say(repository, "alice", "面试通过了", SAID + 2 * DAY)
    assert is_settled("alice", SAID + 2 * DAY)
    say(repository, "alice", "我叫林小", SAID + 2 * DAY + 1)
    assert not is_settled("alice", SAID + 2 * DAY + 1)
