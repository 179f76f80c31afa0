from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from actions.catalogue import Catalogue
from actions.clock import ActionTellTime, tell
from actions.hand_over import ActionHandOver
from actions.products import ActionRecommendProduct
from actions.resources import SHANGHAI, ActionSettings
from actions.wishes import Wishes, amount_of, read_wishes
from framework_plugin.corpus.user_context import FactKind
from framework_plugin.errors import DocumentError
from framework_plugin.memory.changes import FactChange
from tests.actions.talking import Conversation

PERSONA = Path(__file__).parents[2] / "docs" / "persona.md"


def catalogue() -> Catalogue:
    return Catalogue.read(ActionSettings().catalogue)


def test_names_and_prices_are_those_of_the_persona() -> None:
    row = next(
        line
        for line in PERSONA.read_text(encoding="utf-8").splitlines()
        if line.startswith("| goods |")
    )
    prices = [int(price) for price in re.findall(r"(\d+) 元", row)]
    goods = list(catalogue())

    assert sorted(p for good in goods for _, p in good.prices) == sorted(prices)
    assert all(re.sub(r"^茶礼盒", "", good.name) in row for good in goods)


def test_a_broken_catalogue_says_what_is_expected(tmp_path: Path) -> None:
    file = tmp_path / "catalogue.yml"
    file.write_text("goods:\n- {id: x}\n")
    with pytest.raises(DocumentError, match="'prices'"):
        Catalogue.read(file)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("100元以内", 100),
        ("预算两百", 200),
        ("一百五", 150),
        ("一百五十块", 150),
        ("五十元以下", 50),
        ("２００元", 200),
        ("三百左右", 300),
        ("一千零五十元", 1050),
        ("推荐一款茶", None),
        ("有没有100g的", None),
        ("", None),
    ],
)
def test_amounts_are_understood(text: str, amount: int | None) -> None:
    assert amount_of(text) == amount


def test_wishes_are_read_from_words_and_entities() -> None:
    entities = {"taste": ["清淡", "不苦"], "gift_for": ["外婆"], "budget": ["一百五"]}
    wishes = read_wishes("给外婆买，要清淡不苦的茶，一百五以内", entities)

    assert wishes == Wishes(("清淡",), ("苦",), 150, "外婆", "茶")


def test_a_wish_is_met_and_the_reason_given(talk: Conversation) -> None:
    answer = talk.say("要清淡的茶，50块以内", taste="清淡").answer(
        ActionRecommendProduct
    )

    assert "冷泡茶包（10包 39元）" in answer
    assert "「清淡」" in answer
    assert "50元" in answer


def test_likes_are_followed_and_dislikes_respected(talk: Conversation) -> None:
    memory = talk.resources.memory
    memory.learn("alice", [FactChange.telling(FactKind.LIKE, "红茶")], 1.0)
    memory.learn("alice", [FactChange.telling(FactKind.DISLIKE, "桂花")], 2.0)
    first = talk.say("推荐一款茶", "recommend_product").answer(ActionRecommendProduct)
    others = [
        talk.say("换一个", "another_one").answer(ActionRecommendProduct)
        for _ in range(12)
    ]

    assert "正山小种红茶" in first
    assert "你说过喜欢红茶" in first
    assert not any("桂花" in answer for answer in others)


def test_nothing_is_recommended_twice_until_all_was_shown(
    talk: Conversation,
) -> None:
    talk.say("推荐个点心", "recommend_product")
    answers = []
    while "想到的就这些了" not in (answer := talk.answer(ActionRecommendProduct)):
        answers.append(answer)
        talk.say("换一个点心", "another_one")

    assert len(answers) == len(set(answers)) == 4


def test_another_one_comes_from_the_same_shelf(talk: Conversation) -> None:
    talk.say("推荐个茶具", "recommend_product").run(ActionRecommendProduct)
    talk.say("换一个", "another_one").run(ActionRecommendProduct)
    kinds = {
        good.kind for good in catalogue() if good.id in talk.slots["last_recommended"]
    }

    assert len(talk.slots["last_recommended"]) == 2
    assert kinds == {"茶具"}


def test_a_thing_called_by_its_name_may_come_again(talk: Conversation) -> None:
    talk.slots["last_recommended"] = ["gaiwan"]
    talk.say("盖碗怎么样", "recommend_product", product="盖碗")

    assert "盖碗（一只 79元）" in talk.answer(ActionRecommendProduct)


def test_what_was_asked_for_by_its_name_does_not_come_as_another_one(
    talk: Conversation,
) -> None:
    talk.say("喜欢乌龙，有推荐吗", "recommend_product", product="桂花乌龙")
    assert "桂花乌龙" in talk.answer(ActionRecommendProduct)

    for again in ("还有别的吗", "太贵了吧"):
        assert "桂花乌龙" not in talk.say(again, "another_one").answer(
            ActionRecommendProduct
        )


def test_cheaper_means_cheaper_than_the_last(talk: Conversation) -> None:
    talk.say("送领导的礼盒", "recommend_product", gift_for="领导")
    assert "送领导" in talk.answer(ActionRecommendProduct)
    last = catalogue().get(talk.slots["last_recommended"][-1])
    talk.say("太贵了吧", "another_one").run(ActionRecommendProduct)
    new = catalogue().get(talk.slots["last_recommended"][-1])

    assert last is not None
    assert new is not None
    assert new.price < last.price


def test_who_sleeps_badly_gets_little_caffeine(talk: Conversation) -> None:
    answer = talk.say("晚上喝了怕睡不着，喝哪款茶").answer(ActionRecommendProduct)

    assert "咖啡因" in answer
    assert any(name in answer for name in ("白牡丹", "冷泡茶包"))


def test_old_wishes_do_not_narrow_a_new_request(talk: Conversation) -> None:
    talk.slots.update(gift_for="妈妈", budget="30元")
    answer = talk.say("推荐一款茶", "recommend_product").answer(ActionRecommendProduct)

    assert "妈妈" not in answer
    assert talk.slots["budget"] is None


def test_the_memory_may_be_away(without_database: Conversation) -> None:
    assert "看看" in without_database.say("推荐一款茶").answer(ActionRecommendProduct)


WEDNESDAY = datetime(2026, 3, 18, 15, 5, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("现在几点了", "现在是北京时间下午15:05。"),
        ("今天星期几", "今天是星期三。"),
        ("明天周几", "明天是星期四。"),
        ("今天几号", "今天是2026年3月18日，星期三。"),
        ("大后天是几号", "大后天是2026年3月21日，星期六。"),
        ("昨天几月几号", "昨天是2026年3月17日，星期二。"),
    ],
)
def test_time_and_date_are_told(question: str, answer: str) -> None:
    assert tell(question, WEDNESDAY) == answer


def test_the_time_is_that_of_china_whatever_the_machine_says(
    talk_at: Callable[[datetime], Conversation],
) -> None:
    talk = talk_at(datetime.fromisoformat("2026-03-18T17:30:00+00:00"))

    assert "凌晨1:30" in talk.say("几点了").answer(ActionTellTime)


@pytest.mark.parametrize(
    ("hour", "words"),
    [(8, "今天9点以后"), (9, "这会儿在"), (20, "这会儿在"), (21, "明天9点")],
)
def test_handing_over_knows_the_hours(
    talk_at: Callable[[datetime], Conversation], hour: int, words: str
) -> None:
    talk = talk_at(datetime(2026, 3, 18, hour, 30, tzinfo=SHANGHAI))
    answer = talk.say("转人工").answer(ActionHandOver)

    assert words in answer
    assert "联系人工" in answer
