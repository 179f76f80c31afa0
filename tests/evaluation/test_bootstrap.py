import numpy as np
import pytest

from framework_plugin.evaluation.bootstrap import interval, ratio


def _of(values) -> np.ndarray:
    return np.array([[value, 1.0] for value in values])


def test_the_interval_of_a_mean_is_that_of_the_textbook() -> None:
    values = np.random.default_rng(0).normal(10, 2, 400)
    low, high = interval(_of(values), ratio, seed=1)
    half = 1.96 * values.std() / 20
    assert low == pytest.approx(values.mean() - half, abs=0.05)
    assert high == pytest.approx(values.mean() + half, abs=0.05)


def test_the_same_seed_gives_the_same_interval() -> None:
    rows = _of([1, 2, 3, 7])
    assert interval(rows, ratio, seed=1) == interval(rows, ratio, seed=1)
    assert interval(rows, ratio, seed=1) != interval(rows, ratio, seed=2)


def test_one_example_tells_nothing_of_others() -> None:
    assert interval(_of([1]), ratio, seed=1) is None
    assert interval(np.zeros((0, 2)), ratio, seed=1) is None


def test_resamples_without_a_number_are_left_out() -> None:
    assert interval(np.zeros((3, 2)), ratio, seed=1) is None
    rows = np.array([[1.0, 1.0], [0.0, 0.0]])
    assert interval(rows, ratio, seed=1) == (1.0, 1.0)
