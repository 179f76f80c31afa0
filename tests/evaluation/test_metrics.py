import pytest

from framework_plugin.evaluation.metrics import bleu, distinct


def test_the_reference_itself_scores_a_hundred() -> None:
    said = ["今天下雨，记得带伞出门。", "早点休息，明天再说吧。"]
    assert bleu(said, [[s] for s in said]) == pytest.approx(100.0)


def test_any_of_several_references_will_do() -> None:
    references = [
        ["早点休息，明天再说吧。", "今天下雨，记得带伞出门。"],
        ["好的呀好的呀"],
    ]
    assert bleu(
        ["今天下雨，记得带伞出门。", "好的呀好的呀"], references
    ) == pytest.approx(100)


def test_something_else_scores_next_to_nothing() -> None:
    assert bleu(["火车票买好了没有呢"], [["今天下雨，记得带伞出门。"]]) < 5


def test_no_replies_score_nothing() -> None:
    assert bleu([], []) == 0.0


def test_each_reply_needs_its_references() -> None:
    with pytest.raises(ValueError, match="2 replies"):
        bleu(["一", "二"], [["一"]])


def test_distinct_is_the_share_of_different_ngrams() -> None:
    assert distinct([["a", "b", "a"]], 1) == pytest.approx(2 / 3)
    assert distinct([["a", "b", "a"]], 2) == 1.0
    assert distinct([["a"]], 2) == 0.0
