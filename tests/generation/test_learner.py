from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from framework_plugin.generation.training.batches import Encoded, make_batches
from framework_plugin.generation.training.distribution import Distribution
from framework_plugin.generation.training.learner import Learner
from tests.generation.tiny_training import SETTINGS, TinyNetwork

pytestmark = pytest.mark.slow  # TensorFlow takes its time to be imported.


def bias_gradient(examples: list[Encoded]) -> np.ndarray:
    """What one step on these examples makes of the first moment of the bias."""
    (batch,) = make_batches(examples, len(examples))
    settings = replace(SETTINGS, clip_norm=100.0)
    learner = Learner(TinyNetwork(0.0), settings, Distribution(), batch.arrays)
    learner.learn(batch, 0, 0.01)
    return learner.arrays()["first-moment-002"]


def repeating(count: int) -> Encoded:
    """A reply of so many tokens, each of which costs the same."""
    return {"source": [5], "reply_in": [2] * count, "reply_out": [6] * count}


def test_a_token_of_a_long_reply_counts_as_much_as_one_of_a_short_reply() -> None:
    one = bias_gradient([repeating(1)])
    assert np.abs(one).max() > 0
    assert bias_gradient([repeating(4)]) == pytest.approx(4 * one, rel=1e-4)


def test_a_batch_of_more_replies_makes_no_larger_step() -> None:
    one = bias_gradient([repeating(2)])
    assert bias_gradient([repeating(2)] * 3) == pytest.approx(one, rel=1e-4)
