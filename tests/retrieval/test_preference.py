"""What matters to the user decides between passages that are as near."""

from __future__ import annotations

import pytest

from framework_plugin.retrieval import Answer, Choices, Hit, NoAnswer, Passage
from framework_plugin.retrieval.asking import Asked
from framework_plugin.retrieval.preference import preferring


def hit(wording: str, score: float) -> Hit:
    passage = Passage(wording, "faq", "泡茶", "", f"{wording}：……", (wording,))
    return Hit(passage, wording, score, score)


GREEN, PUER, WHITE = (
    hit("龙井用多少度的水泡", 0.7),
    hit("普洱用多少度的水泡", 0.69),
    hit("白茶用多少度的水泡", 0.55),
)


def asked(query: str, *hits: Hit) -> Asked:
    return Asked(query, query, Choices(hits))


def test_the_one_that_is_about_what_the_user_likes_is_the_answer() -> None:
    found = preferring(asked("用多少度的水泡", GREEN, PUER, WHITE), ["普洱", "滑雪"])

    assert found.decision == Answer(PUER)


def test_one_that_is_not_sure_enough_only_comes_first() -> None:
    found = preferring(asked("用多少度的水泡", GREEN, PUER, WHITE), ["白茶"])

    assert found.decision == Choices((WHITE, GREEN, PUER))


def test_of_several_the_user_chooses() -> None:
    found = preferring(asked("用多少度的水泡", GREEN, WHITE, PUER), ["普洱", "龙井"])

    assert found.decision == Choices((GREEN, PUER, WHITE))


@pytest.mark.parametrize(
    ("query", "matters"),
    [
        ("龙井用多少度的水泡", ["普洱"]),
        ("普洱用多少度的水泡", ["普洱"]),
        ("用多少度的水泡", ["水"]),
        ("用多少度的水泡", []),
        ("用多少度的水泡", ["龙井", "普洱", "白茶"]),
    ],
    ids=["another is named", "it is named", "too short", "nothing", "all of them"],
)
def test_otherwise_the_choices_stay_as_they_were(
    query: str, matters: list[str]
) -> None:
    found = asked(query, GREEN, PUER, WHITE)

    assert preferring(found, matters) == found


def test_what_is_decided_stays_so() -> None:
    for decision in (Answer(GREEN), NoAnswer()):
        found = Asked("用多少度的水泡", "用多少度的水泡", decision)
        assert preferring(found, ["普洱"]) == found
