"""A running average of the weights, which does better than the last of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import tensorflow as tf


class RunningAverage:
    """Averages weights over the steps (Polyak & Juditsky 1992).

    The average keeps `decay` of itself at each step, less at the beginning: the weights
    that training started from are no good and must be forgotten soon. At step t it
    keeps at most (1 + t) / (10 + t), so that it spans about the last tenth.

    Args:
        variables: What is averaged.
        decay: From 0 to below 1; at 0 the average is the weights themselves.
    """

    def __init__(self, variables: Sequence[tf.Variable], decay: float) -> None:
        self._variables = list(variables)
        self._decay = decay
        self.averages = [
            tf.Variable(v.read_value(), trainable=False)
            for v in (self._variables if decay else ())
        ]

    def update(self, step: tf.Tensor) -> None:
        """Takes the weights after one step in.

        Args:
            step: From 0, a scalar int32.
        """
        done = tf.cast(step, tf.float32)
        keep = tf.minimum(self._decay, (1.0 + done) / (10.0 + done))
        for average, variable in zip(self.averages, self._variables, strict=False):
            average.assign_sub((average - variable) * (1.0 - keep))

    @contextmanager
    def applied(self) -> Iterator[None]:
        """The network has the averaged weights inside, its own again afterwards."""
        self._swap()
        try:
            yield
        finally:
            self._swap()

    def _swap(self) -> None:
        for average, variable in zip(self.averages, self._variables, strict=False):
            own = variable.read_value()
            variable.assign(average)
            average.assign(own)
