import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from framework_plugin.evaluation.calibration import (
    area_under_risk_coverage,
    brier_score,
    coverage_curve,
    expected_calibration_error,
    reliability,
    thinned,
    wilson,
)

PAIRS = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1)


def test_every_reply_is_in_one_bin_the_surest_too() -> None:
    bins = reliability([0.0, 0.05, 0.1, 0.99, 1.0], [False, True, True, True, True])
    assert [each.count for each in bins] == [2, 1, 0, 0, 0, 0, 0, 0, 0, 2]
    assert bins[0].right == 0.5
    assert bins[0].confidence == pytest.approx(0.025)


def test_who_is_as_often_right_as_it_says_makes_no_error() -> None:
    confidences = [0.25] * 4 + [0.75] * 4
    right = [True, False, False, False, True, True, True, False]
    bins = reliability(confidences, right)
    assert expected_calibration_error(bins) == pytest.approx(0.0)
    assert brier_score(confidences, right) == pytest.approx(0.1875)


def test_who_is_sure_and_wrong_makes_the_largest_error() -> None:
    assert expected_calibration_error(reliability([1.0, 1.0], [False, False])) == 1.0
    assert brier_score([1.0, 1.0], [False, False]) == 1.0


def test_the_curve_goes_from_the_surest_to_all() -> None:
    points = coverage_curve([0.2, 0.9, 0.6, 0.8], [False, True, True, False])
    assert [p.threshold for p in points] == [0.9, 0.8, 0.6, 0.2]
    assert [p.coverage for p in points] == [0.25, 0.5, 0.75, 1.0]
    assert [p.precision for p in points] == pytest.approx([1.0, 0.5, 2 / 3, 0.5])
    expected = 0.25 * (0 + 0.5 + 1 / 3 + 0.5)
    assert area_under_risk_coverage(points) == pytest.approx(expected)


def test_replies_of_one_confidence_are_given_together() -> None:
    points = coverage_curve([0.5, 0.5, 0.5], [True, False, False])
    assert len(points) == 1
    assert points[0].precision == pytest.approx(1 / 3)


@given(PAIRS)
def test_the_whole_curve_ends_at_all_messages(pairs) -> None:
    confidences, right = zip(*pairs, strict=True)
    points = coverage_curve(confidences, right)
    assert points[-1].coverage == 1.0
    assert points[-1].precision == pytest.approx(np.mean(right))
    assert 0 <= area_under_risk_coverage(points) <= 1
    assert 0 <= expected_calibration_error(reliability(confidences, right)) <= 1


def test_a_long_curve_is_thinned_but_keeps_its_ends() -> None:
    points = coverage_curve(np.linspace(0, 1, 1000).tolist(), [True] * 1000)
    few = thinned(points, 50)
    assert len(few) == 50
    assert (few[0], few[-1]) == (points[0], points[-1])
    assert thinned(points[:9], 50) == points[:9]


def test_wilson_knows_that_none_of_ten_is_not_never() -> None:
    low, high = wilson(0, 10)
    assert low == 0.0
    assert high == pytest.approx(0.2775, abs=1e-3)
    assert wilson(0, 0) == (0.0, 1.0)
    assert wilson(10, 10)[1] == 1.0


def test_each_confidence_needs_an_outcome() -> None:
    with pytest.raises(ValueError, match="2 confidences"):
        reliability([0.1, 0.2], [True])


def test_without_replies_there_is_no_error() -> None:
    assert brier_score([], []) == 0.0
    assert coverage_curve([], []) == []
    assert expected_calibration_error(reliability([], [])) == 0.0
