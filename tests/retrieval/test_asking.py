from __future__ import annotations

import pytest

from framework_plugin.retrieval import Answer, Choices, PassageIndex, decide
from framework_plugin.retrieval.asking import ask
from framework_plugin.retrieval.questions import questions_in
from tests.retrieval.measure import FAQ, UNANSWERABLE
from tests.retrieval.measure_talk import (
    ONE_QUESTION,
    counted,
    halves,
    judged_follow_up,
    judged_message,
    load,
    torn_apart,
)


@pytest.fixture(scope="module")
def index() -> PassageIndex:
    return PassageIndex.open(FAQ)


def answered(index: PassageIndex, message: str, *earlier: str) -> list[str | None]:
    found = ask(index.search, message, earlier)
    return [asked.answer.passage.id if asked.answer else None for asked in found]


@pytest.mark.parametrize(
    ("message", "questions"),
    [
        ("运费多少？几天能到，能开发票吗", ["运费多少？", "几天能到", "能开发票吗"]),
        ("你好，请问怎么下单，还有怎么付款", ["怎么下单", "怎么付款"]),
        ("包邮吗 能到付吗", ["包邮吗", "能到付吗"]),
        ("我在新疆，多久能收到？", ["我在新疆，多久能收到？"]),
        ("可以退吗？没拆封的", ["可以退吗？没拆封的"]),
        ("能退吗？能换吗？没拆封的", ["能退吗？", "能换吗？，没拆封的"]),
        ("你好，在吗，请问运费多少", ["你好，在吗，请问运费多少"]),
        ("谢谢", ["谢谢"]),
        ("", [""]),
        ("，，，？", ["，，，？"]),
    ],
)
def test_a_message_is_cut_into_its_questions(
    message: str, questions: list[str]
) -> None:
    assert questions_in(message) == questions


def test_several_questions_are_answered_in_their_order(index: PassageIndex) -> None:
    found = answered(index, "满多少包邮，默认发什么快递，怎么开发票")

    assert found == ["shipping_free", "shipping_carrier", "invoice_how"]


def test_a_part_leans_on_the_part_before_it(index: PassageIndex) -> None:
    assert answered(index, "龙井多少钱？怎么泡？")[1] == "brew_longjing"
    assert answered(index, "怎么升银卡？金卡呢？") == ["member_silver", "member_gold"]


def test_the_same_answer_is_not_given_twice(index: PassageIndex) -> None:
    found = answered(index, "可以发顺丰吗，顺丰要加多少钱，包邮吗")

    assert found == ["shipping_sf", "shipping_free"]


def test_what_is_told_beside_a_question_takes_no_answer_away(
    index: PassageIndex,
) -> None:
    message = "我住在苏州，寄到江浙沪要几天"

    assert not isinstance(decide(index.search(message)), Answer)
    assert answered(index, message) == ["shipping_days_near"]


def test_what_is_told_may_lead_elsewhere_so_that_a_clause_does_not_decide(
    index: PassageIndex,
) -> None:
    # Each half has an answer of its own, and neither is that of the whole.
    assert answered(index, "我朋友过生日，我要开张发票，写个什么好") == [None]


def test_a_follow_up_is_completed_from_the_question_before(
    index: PassageIndex,
) -> None:
    (asked,) = ask(index.search, "怎么泡呢", ["龙井多少钱"])

    assert asked.answer is not None
    assert asked.answer.passage.id == "brew_longjing"
    assert "龙井" in asked.query


def test_a_follow_up_leans_on_the_latest_question_that_fits(
    index: PassageIndex,
) -> None:
    earlier = ("怎么开发票", "龙井多少钱")

    assert answered(index, "怎么泡呢", *earlier) == ["brew_longjing"]


def test_what_may_go_on_or_turn_elsewhere_is_offered(index: PassageIndex) -> None:
    (asked,) = ask(index.search, "那运费呢", ["退货怎么操作"])

    assert isinstance(asked.decision, Choices)
    offered = [hit.passage.id for hit in asked.decision.hits]
    assert {"return_postage", "shipping_fee"} <= set(offered)


def test_without_a_question_before_nothing_is_completed(index: PassageIndex) -> None:
    (asked,) = ask(index.search, "要多久")

    assert asked.answer is None
    assert asked.query == "要多久"


def test_what_speaks_of_a_person_is_no_follow_up(index: PassageIndex) -> None:
    (asked,) = ask(index.search, "那你呢", ["龙井多少钱"])

    assert asked.answer is None


# The figures of docs/retrieval.md, with a little room.
def test_follow_ups_find_their_answer(index: PassageIndex) -> None:
    tuned, other = halves(load("follow_ups.tsv"), UNANSWERABLE)
    for half in (tuned, other):
        judged = counted(judged_follow_up, index, half)
        asked = judged["right"] + judged["offered"] + judged["wrong"]
        assert judged["right"] / asked >= 0.78
        assert judged["wrong"] / asked <= 0.1
        assert judged["carried over"] <= 1


def test_several_questions_are_found_and_single_ones_stay_whole(
    index: PassageIndex,
) -> None:
    for half in halves(load("several_questions.tsv"), ONE_QUESTION):
        judged = counted(judged_message, index, half)
        assert judged["wrong"] <= 1
        assert judged["right"] >= 15
        assert judged["torn"] == 0


def test_no_single_question_of_the_paraphrases_is_torn_apart(
    index: PassageIndex,
) -> None:
    assert torn_apart(index) == []
