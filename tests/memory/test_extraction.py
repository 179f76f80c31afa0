"""What users tell of themselves is learned; what they do not tell is not."""

import time
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framework_plugin.corpus.user_context import FactKind
from framework_plugin.memory.changes import FactChange, Operation
from framework_plugin.memory.dates import zone_of
from framework_plugin.memory.extraction import Entity, FactExtractor
from framework_plugin.memory.questions import asked_kinds
from framework_plugin.memory.words import is_city, is_occupation

EXTRACTOR = FactExtractor()
SIGNS = {
    Operation.SET: "=",
    Operation.ADD: "+",
    Operation.END: "-",
    Operation.REMOVE: "-",
}
SAID_AT = datetime(2026, 3, 18, 10, tzinfo=zone_of("Asia/Shanghai")).timestamp()
"""A Wednesday."""


def notation(change: FactChange) -> str:
    if change.kind is None:
        return change.operation.value
    value = (change.value or "").replace(" ", "_")
    day = f"@{change.period.day}" if change.period else ""
    return f"{change.kind.value}{SIGNS[change.operation]}{value}{day}"


def learned(text, entities=()):
    changes = EXTRACTOR.changes(text, entities, SAID_AT)
    return [notation(change) for change in changes]


def labelled(file):
    text = (Path(__file__).parent / file).read_text(encoding="utf-8")
    for line in text.splitlines():
        if line and not line.startswith("#"):
            utterance, _, facts = line.partition("\t")
            yield utterance, set(facts.split())


@pytest.mark.parametrize(
    "file",
    [
        "facts.tsv",
        "facts_fresh.tsv",
        "facts_last.tsv",
        "facts_kinds.tsv",
        "facts_kinds_fresh.tsv",
        "facts_blind.tsv",
        "facts_blind_more.tsv",
        "facts_blind_last.tsv",
    ],
)
def test_precision_and_recall_on_labelled_utterances(file):
    right = wrong = missed = 0
    for text, expected in labelled(file):
        found = set(learned(text)) - {"confirm", "deny"}
        right += len(found & expected)
        wrong += len(found - expected)
        missed += len(expected - found)
    assert right / (right + wrong) >= 0.95
    assert right / (right + missed) >= 0.85


@pytest.mark.parametrize(
    ("file", "least"), [("facts.tsv", 200), ("facts_kinds.tsv", 600)]
)
def test_the_labelled_utterances_are_many_and_half_of_them_teach_nothing(file, least):
    everything = list(labelled(file))
    nothing = [text for text, facts in everything if not facts]
    assert len(everything) >= least
    assert len(nothing) * 2 >= len(everything)


def test_several_facts_are_read_from_one_message():
    text = "你好，我叫欧阳翀，住在成都，是一名护士，喜欢攀岩和手冲咖啡，不吃香菜。"
    assert learned(text) == [
        "name=欧阳翀",
        "city=成都",
        "occupation=护士",
        "like+攀岩",
        "like+手冲咖啡",
        "dislike+香菜",
    ]


def test_values_keep_the_users_spelling():
    assert learned("我叫ＴＯＭ") == ["name=ＴＯＭ"]
    assert learned("我喜歡聽雨聲") == ["like+聽雨聲"]
    assert learned("我叫𠮷田") == ["name=𠮷田"]


def test_a_list_is_parted_at_whole_words_only():
    assert learned("我喜欢温和的茶") == ["like+温和的茶"]
    assert learned("我喜欢和朋友打牌") == ["like+和朋友打牌"]
    assert learned("我喜欢猫，还有兔子") == ["like+猫", "like+兔子"]


@pytest.mark.parametrize(
    "text", ["我叫[小明]{x}", "我叫{name}", "我喜欢" + "很长的东西" * 6, "我叫\n小明"]
)
def test_values_that_could_break_a_template_are_never_learned(text):
    for change in EXTRACTOR.changes(text):
        assert change.value
        assert len(change.value) <= 20
        assert not set(change.value) & set("[]{}\n，。")


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [*"我叫是住在喜欢不吃的了，。？![{3月5号和Tom 你", "忘掉", "生日"]
        )
        | st.characters(),
        max_size=40,
    ).map("".join)
)
def test_whatever_is_typed_values_are_presentable(text):
    for change in EXTRACTOR.changes(text, at=SAID_AT):
        if change.value is not None and change.kind is not FactKind.NOTE:
            assert 0 < len(change.value) <= 26
            assert not set(change.value) & set("[]{}\n，。？！")


def test_long_repetitive_text_is_read_in_one_go():
    pieces = ("我是真的", "刚刚", "总是", "哈哈", "我喜欢和", "你好我叫", "麻烦你帮我")
    more = ("想要", "打算明天", "前年", "今年刚满", "有一只小", "名字小名", "地道老")
    started = time.process_time()
    for piece in (
        *pieces,
        *more,
        "能不能帮忙",
        "周末",
        "大家都也",
        "上个月",
        "那就",
        "我想你快",
        "请你就",
    ):
        EXTRACTOR.changes(piece * 2000, at=SAID_AT)
        for count in (25, 119 // len(piece)):
            for text in (piece * count, f"我{piece * count}的", f"{piece * count}了x"):
                EXTRACTOR.changes(text, at=SAID_AT)
                asked_kinds(f"我{text}吗")
    assert time.process_time() - started < 20.0


def test_an_entity_supplies_a_value_that_the_pattern_did_not_catch():
    text = "我住在那个叫平遥的古城"
    assert learned(text) == []
    assert learned(text, [Entity("city", "平遥", 6, 8)]) == ["city=平遥"]


@pytest.mark.parametrize(
    ("text", "entity"),
    [
        ("我叫小明怎么样？", Entity("name", "小明", 2, 4)),
        ("我不叫小明", Entity("name", "小明", 3, 5)),
        ("我朋友住在成都", Entity("city", "成都", 5, 7)),
        ("如果我住在成都", Entity("city", "成都", 5, 7)),
        ("我在成都出差", Entity("city", "成都", 2, 4)),
        ("我住的不是成都", Entity("city", "成都", 5, 7)),
        ("我喜欢你", Entity("like", "你", 3, 4)),
        ("我叫小明", Entity("planet", "小明", 9, 12)),
    ],
)
def test_an_entity_teaches_nothing_without_a_statement(text, entity):
    assert learned(text, [entity]) == learned(text)


def test_lists_hold_every_kind_of_city_and_common_work():
    for city in ("成都", "阿勒泰", "三沙", "嘉峪关", "恩施", "广东深圳", "苏州市"):
        assert is_city(city)
    for work in ("护士", "大学生", "退休教师", "算法工程师", "外卖骑手"):
        assert is_occupation(work)
    assert not is_city("海边")
    assert not is_occupation("会员")
    assert FactKind("city") is FactKind.CITY


@pytest.mark.parametrize(
    "text",
    ["忘了我吧", "把我忘了吧", "忘掉我", "全忘了吧", "全部忘掉", "请忘掉全部"],
)
def test_who_wants_to_be_forgotten_is_forgotten_whole(text):
    assert learned(text) == ["clear"]


@pytest.mark.parametrize(
    "text",
    [
        "都忘了",
        "我全忘了",
        "密码全忘了",
        "你把我忘了",
        "他把我忘了",
        "我想忘了他",
        "你忘了我吗",
        "忘记我们的约定",
        "照片全部删掉",
    ],
)
def test_forgetting_of_other_things_forgets_nothing(text):
    assert learned(text) == []


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("在下万俟轩", ["name=万俟轩"]),
        ("叫我老K", ["nickname=老K"]),
        ("我叫   小 明", ["name=小明"]),
        ("我叫\u200b小\u200b红", ["name=小红"]),
        ("我不当兽医了", ["occupation-兽医"]),
        ("我不做饭了", []),
        ("我是干嘛的", []),
        (
            "本人女，29，坐标大理，做插画的",
            ["gender=女", "age=29岁", "city=大理", "occupation=做插画"],
        ),
        ("我妈，58岁，是老师", []),
    ],
)
def test_rarer_ways_to_tell_are_understood(text, facts):
    assert learned(text) == facts
