"""Plans that users tell of, and what becomes of them."""

from datetime import datetime

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from framework_plugin.memory.days import CHINA
from framework_plugin.memory.plans import SOMETIME, due_plan, open_plans, plans_in
from framework_plugin.memory.remembered import asked_topic
from framework_plugin.memory.tables import user_plans
from framework_plugin.memory.turns import is_kept
from tests.memory.test_search import told

# A Wednesday.
SAID = datetime(2026, 3, 18, 12, tzinfo=CHINA).timestamp()
DAY = 86_400.0


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
def test_a_plan_with_a_day_is_over_when_that_day_is(text, plan, last):
    (found,) = plans_in(text, SAID)
    assert (found.what, found.due_at) == (plan, midnight_after(*last))


@pytest.mark.parametrize(
    ("text", "plan"),
    [
        ("我在准备考研", "考研"),
        ("打算去西藏", "去西藏"),
        ("快要高考了", "高考"),
        ("我要参加马拉松", "参加马拉松"),
        ("我決定辭職了", "辞职"),
    ],
)
def test_a_plan_without_a_day_is_asked_about_later(text, plan):
    (found,) = plans_in(text, SAID)
    assert (found.what, found.due_at) == (plan, SAID + SOMETIME)


@pytest.mark.parametrize(
    "text",
    [
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
def test_other_talk_is_no_plan(text):
    assert plans_in(text, SAID) == []


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
    plans_in(text, SAID)
    asked_topic(text)
    is_kept(text)


def whats(repository, user="alice"):
    with repository.reading() as connection:
        return [plan.what for plan in open_plans(connection, user)]


def test_a_plan_is_open_until_its_outcome_is_told(repository):
    told(repository, "alice", "下周要面试", SAID)
    told(repository, "alice", "面试该穿什么呢", SAID + DAY)
    told(repository, "bob", "明天考试", SAID)
    assert whats(repository) == ["面试"]
    told(repository, "alice", "面试过了", SAID + 14 * DAY)
    assert whats(repository) == []
    assert whats(repository, "bob") == ["考试"]


def test_a_plan_that_is_put_off_or_called_off_is_not_asked_about(repository):
    told(repository, "alice", "下周要面试", SAID)
    told(repository, "alice", "下个月要面试", SAID + DAY)
    with repository.reading() as connection:
        (plan,) = open_plans(connection, "alice")
    assert plan.due_at == midnight_after(4, 30)
    told(repository, "alice", "面试取消了", SAID + 2 * DAY)
    assert whats(repository) == []


def test_a_plan_that_is_to_be_forgotten_is_gone(repository):
    told(repository, "alice", "下周要面试", SAID)
    told(repository, "alice", "刚才说的别记", SAID + 1)
    told(repository, "alice", "明天考试", SAID + 2)
    told(repository, "alice", "忘掉关于我的一切", SAID + 3)
    with repository.reading() as connection:
        assert not connection.execute(sa.select(user_plans)).all()


def test_the_plan_that_came_about_last_is_asked_about():
    plans = [
        *plans_in("明天考试", SAID),
        *plans_in("周五答辩", SAID),
        *plans_in("下个月要搬家", SAID),
    ]
    later = midnight_after(3, 23)
    due = due_plan(plans, before=SAID + 1, now=later)
    assert due is not None
    assert due.what == "答辩"
    assert due_plan(plans, before=SAID, now=later) is None
    assert due_plan(plans, before=SAID + 1, now=SAID + 1) is None
    assert due_plan(plans, before=SAID + 1, now=later + 90 * DAY) is None
