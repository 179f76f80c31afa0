import random

import pytest

from framework_plugin.evaluation.ranking import (
    draw_distractors,
    hits_at,
    mean_reciprocal_rank,
    rank_of_first,
)

POOL = [f"回答{i}" for i in range(30)]


def test_the_same_seed_draws_the_same_and_never_what_is_right() -> None:
    drawn = draw_distractors(POOL, POOL[:5], 20, random.Random(3))
    assert drawn == draw_distractors(POOL, POOL[:5], 20, random.Random(3))
    assert len(set(drawn)) == 20
    assert not set(drawn) & set(POOL[:5])
    assert drawn != draw_distractors(POOL, POOL[:5], 20, random.Random(4))


def test_too_few_wrong_replies_give_no_set_at_all() -> None:
    assert draw_distractors(POOL, POOL[:5], 26, random.Random(3)) is None


def test_equal_scores_count_against_the_true_reply() -> None:
    assert rank_of_first([-1.0, -2.0, -3.0]) == 1
    assert rank_of_first([-2.0, -1.0, -3.0]) == 2
    assert rank_of_first([-1.0, -1.0, -1.0]) == 3


def test_what_is_no_number_comes_last() -> None:
    assert rank_of_first([float("nan"), -9.0]) == 2
    assert rank_of_first([-9.0, float("nan")]) == 1


def test_there_must_be_something_to_rank() -> None:
    with pytest.raises(ValueError, match="no candidate"):
        rank_of_first([])


def test_hits_and_reciprocal_rank_follow_from_the_ranks() -> None:
    assert hits_at([1, 2, 6], 1) == pytest.approx(1 / 3)
    assert hits_at([1, 2, 6], 5) == pytest.approx(2 / 3)
    assert mean_reciprocal_rank([1, 2, 4]) == pytest.approx((1 + 0.5 + 0.25) / 3)
    assert hits_at([], 1) == mean_reciprocal_rank([]) == 0.0
