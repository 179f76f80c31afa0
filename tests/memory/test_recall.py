"""Questions about the memory are recognised, and answered with what is known."""

import pytest

from framework_plugin.corpus.dialogue import Speaker, Turn
from framework_plugin.corpus.user_context import Fact, FactKind, UserContext
from framework_plugin.memory.recall import (
    ALL_KINDS,
    asked_kinds,
    asks_last_topic,
    describe,
    describe_earlier,
    question_about,
)

NAME, CITY, WORK = FactKind.NAME, FactKind.CITY, FactKind.OCCUPATION
BIRTHDAY, LIKE, DISLIKE = FactKind.BIRTHDAY, FactKind.LIKE, FactKind.DISLIKE


@pytest.mark.parametrize(
    "text",
    [
        "你记得我什么",
        "你知道我哪些事",
        "你都记得我什么呀",
        "关于我你知道什么",
        "你还记得我吗",
        "你對我瞭解多少",
        "你记住了我的哪些信息？",
        "你对我有什么印象吗",
    ],
)
def test_an_open_question_asks_for_everything(text):
    assert asked_kinds(text) == ALL_KINDS


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("我叫什么名字", (NAME,)),
        ("我叫什么", (NAME,)),
        ("我的名字", (NAME,)),
        ("我有什么爱好", (LIKE,)),
        ("我还喜欢什么", (LIKE,)),
        ("我啥时候过生日", (BIRTHDAY,)),
        ("我是干嘛的", (WORK,)),
        ("我现在在哪个城市", (CITY,)),
        ("你知道我是谁吗", (NAME,)),
        ("你还记得我的名字吗", (NAME,)),
        ("你记不记得我叫啥", (NAME,)),
        ("我喜欢什么", (LIKE,)),
        ("你知道我最爱吃什么吗", (LIKE,)),
        ("我的爱好是什么来着", (LIKE,)),
        ("我住哪", (CITY,)),
        ("我住在哪个城市", (CITY,)),
        ("我是哪里人", (FactKind.HOMETOWN,)),
        ("我是做什么的", (WORK,)),
        ("我的职业是什么", (WORK,)),
        ("我生日哪天", (BIRTHDAY,)),
        ("我的生日是几月几号", (BIRTHDAY,)),
        ("你还记得我生日吗", (BIRTHDAY,)),
        ("你还记得我讨厌吃什么吗", (DISLIKE,)),
        ("我不喜欢什么", (DISLIKE,)),
        ("我对什么过敏", (DISLIKE,)),
        ("我叫什么，住在哪里？", (NAME, CITY)),
        ("你还记得我的名字和生日吗", (NAME, BIRTHDAY)),
        ("我喜歡什麼", (LIKE,)),
    ],
)
def test_a_question_names_its_kinds(text, kinds):
    assert asked_kinds(text) == kinds


@pytest.mark.parametrize(
    "text",
    [
        "你叫什么名字",
        "你喜欢什么",
        "我叫小明",
        "我喜欢咖啡",
        "我的快递到哪了",
        "我在哪里可以查订单",
        "我妈生日是哪天",
        "我朋友叫什么你知道吗",
        "我不知道我喜欢什么",
        "我住哪都行",
        "我该怎么办",
        "你是谁",
        "他喜欢什么",
        "我什么时候能收到货",
        "我是不是很笨",
        "我想喝点什么",
        "你知道龙井吗",
        "",
    ],
)
def test_other_talk_asks_for_nothing(text):
    assert asked_kinds(text) is None


def user(*facts, turns=()):
    return UserContext("alice", tuple(Fact(k, v) for k, v in facts), tuple(turns))


def test_everything_known_is_said_in_one_sentence():
    known = user((NAME, "欧阳翀"), (CITY, "成都"), (LIKE, "攀岩"), (LIKE, "手冲咖啡"))
    told = "你叫欧阳翀，住在成都，喜欢攀岩和手冲咖啡。"
    assert describe(known, ALL_KINDS) == told


@pytest.mark.parametrize(
    ("work", "phrase"),
    [
        ("护士", "你是护士。"),
        ("做设计", "你是做设计的。"),
        ("剪视频", "你的工作是剪视频。"),
    ],
)
def test_occupations_are_worded_as_people_word_them(work, phrase):
    assert describe(user((WORK, work)), (WORK,)) == phrase


def test_what_is_not_known_is_admitted():
    assert describe(user(), (BIRTHDAY,)) == "你还没告诉过我你的生日呢。"
    assert describe(user(), (NAME,)) == "你还没告诉过我你的名字呢。"
    assert describe(user(), (CITY,)) == "你还没告诉过我你住在哪儿呢。"
    assert "还没跟我说过" in describe(user(), ALL_KINDS)


def test_a_half_known_answer_says_both():
    told = describe(user((NAME, "小鱼")), (NAME, BIRTHDAY))
    assert told == "你叫小鱼。不过你还没告诉过我你的生日呢。"


def test_only_what_was_asked_is_said():
    known = user((NAME, "小鱼"), (BIRTHDAY, "3月5号"), (DISLIKE, "香菜"))
    assert describe(known, (BIRTHDAY,)) == "你的生日是3月5号。"
    assert describe(known, (DISLIKE,)) == "你不喜欢香菜。"


@pytest.mark.parametrize(
    "text",
    [
        "我上次跟你说了什么",
        "上次我们聊了啥",
        "你还记得我上次说的事吗",
        "之前我们聊到哪了",
    ],
)
def test_questions_about_the_last_talk_are_recognised(text):
    assert asks_last_topic(text)


@pytest.mark.parametrize("text", ["上次的茶很好喝", "你上次去哪了", "我叫小明", ""])
def test_other_talk_of_the_past_is_not_a_question_about_the_last_talk(text):
    assert not asks_last_topic(text)


def test_the_last_talk_is_told_in_the_users_words():
    turns = [
        Turn(Speaker.USER, "我想学做桂花糕"),
        Turn(Speaker.BOT, "好主意"),
        Turn(Speaker.USER, "我叫什么"),
        Turn(Speaker.USER, "就是怕太甜 [x] {y}"),
    ]
    told = describe_earlier(user(turns=turns))
    assert told == "上次你跟我说「我想学做桂花糕」，还说了「就是怕太甜 x y」。"


def test_the_last_talk_is_told_with_its_day():
    noon = 1_790_000_000.0
    turns = [
        Turn(Speaker.USER, "我想学做桂花糕", noon - 3 * 86_400),
        Turn(Speaker.USER, "就是怕太甜", noon - 3 * 86_400 + 60),
    ]
    told = describe_earlier(user(turns=turns), noon)
    assert told == "三天前你跟我说「我想学做桂花糕」，还说了「就是怕太甜」。"
    turns.append(Turn(Speaker.USER, "桂花糕做好了", noon - 86_400))
    told = describe_earlier(user(turns=turns), noon)
    assert told == "三天前你跟我说「就是怕太甜」，昨天还说了「桂花糕做好了」。"


def test_what_was_to_be_forgotten_is_not_quoted():
    said = ("我叫欧阳翀", "我喜欢爬山", "我在看医生", "刚才说的别记", "忘掉我的名字")
    turns = [Turn(Speaker.USER, text) for text in said]
    assert describe_earlier(user(turns=turns)) == (
        "上次你跟我说「我喜欢爬山」。后来怎么样啦？"
    )
    turns.append(Turn(Speaker.USER, "忘掉关于我的一切"))
    assert "没有记录" in describe_earlier(user(turns=turns))


def test_without_earlier_talk_none_is_invented():
    assert "没有记录" in describe_earlier(user())


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("我多大了", FactKind.AGE),
        ("你知道我今年几岁吗", FactKind.AGE),
        ("我老家哪儿", FactKind.HOMETOWN),
        ("你还记得我老家在哪吗", FactKind.HOMETOWN),
        ("我有什么安排", FactKind.PLAN),
        ("我下周三有什么事", FactKind.PLAN),
        ("我明天要干什么", FactKind.PLAN),
        ("我什么时候面试", FactKind.PLAN),
        ("我家猫叫什么", FactKind.PET),
        ("你记得我养了什么吗", FactKind.PET),
        ("我女儿叫什么", FactKind.FAMILY),
        ("我家里有几口人", FactKind.FAMILY),
        ("我是男生还是女生", FactKind.GENDER),
        ("我小名叫什么", FactKind.NICKNAME),
        ("我让你记的东西", FactKind.NOTE),
        ("我的车停在哪", FactKind.NOTE),
    ],
)
def test_a_question_names_one_of_the_newer_kinds(text, kind):
    assert asked_kinds(text) == (kind,)


@pytest.mark.parametrize(
    "text",
    [
        "你多大了",
        "我有什么办法",
        "你家猫叫什么",
        "我能养猫吗",
        "我女儿喝什么茶好",
        "我明天能收到吗",
        "我有什么好怕的",
        "有什么活动安排",
    ],
)
def test_talk_of_age_pets_and_days_asks_for_nothing(text):
    assert asked_kinds(text) is None


def test_newer_kinds_are_worded_as_people_word_them():
    facts = (
        Fact(FactKind.NAME, "欧阳翀"),
        Fact(FactKind.NICKNAME, "阿翀"),
        Fact(FactKind.GENDER, "男"),
        Fact(FactKind.AGE, "29岁"),
        Fact(FactKind.HOMETOWN, "湖南"),
        Fact(FactKind.FAMILY, "已婚"),
        Fact(FactKind.FAMILY, "两个孩子"),
        Fact(FactKind.FAMILY, "女儿叫朵朵"),
        Fact(FactKind.PET, "猫叫豆包"),
        Fact(FactKind.PET, "狗"),
        Fact(FactKind.PLAN, "面试", day="2026-03-25"),
        Fact(FactKind.PLAN, "不上班", day="2026-03-19"),
        Fact(FactKind.NOTE, "我的车停在B2"),
    )
    assert describe(UserContext("alice", facts), ALL_KINDS) == (
        "你叫欧阳翀，让我叫你阿翀，是男生，29岁，老家在湖南，已婚，有两个孩子，女儿叫朵朵，"
        "养着猫（叫豆包）和狗，3月19日周四不上班，3月25日周三要面试，让我记着：我的车停在B2。"
    )


def test_a_year_of_birth_is_no_number_of_years():
    assert describe(user((FactKind.AGE, "1995年生")), (FactKind.AGE,)) == (
        "你是1995年生的。"
    )
    assert describe(user((FactKind.AGE, "95后")), (FactKind.AGE,)) == "你是95后。"


def test_a_nickname_stands_for_an_unknown_name_and_a_home_for_a_home_town():
    assert describe(user((FactKind.NICKNAME, "阿南")), (NAME,)) == "你让我叫你阿南。"
    assert describe(user((CITY, "成都")), (FactKind.HOMETOWN,)) == "你住在成都。"


def test_a_doubt_is_put_as_a_question():
    asked = Fact(NAME, "苏木")
    assert question_about(asked, "欧阳翀") == "我记得你叫欧阳翀，是改叫苏木了吗？"
