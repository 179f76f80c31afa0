"""Recurrent cells, each split into a matrix product and the rest.

A cell's gates are an input's projection plus the projection of its last output. The
former do not depend on time and are computed for all steps in one product; what is
left for each step is `recurrent` and the cheap `update`.
"""

from __future__ import annotations

from typing import Protocol

import tensorflow as tf

State = tuple[tf.Tensor, ...]
"""What a cell remembers, each (batch, units); its output comes first."""


class Cell(Protocol):
    """One kind of recurrent unit.

    Attributes:
        gates: Numbers per unit that the projections give.
        states: Tensors that it remembers.
        additive: Whether only the sum of the two projections matters.
    """

    gates: int
    states: int
    additive: bool

    def update(self, read: tf.Tensor, recalled: tf.Tensor, state: State) -> State:
        """The state after a step.

        Args:
            read: Projection of the input, bias included, (batch, gates * units).
            recalled: Projection of the last output, of the same shape.
            state: Before the step.
        """
        ...


class LstmCell:
    """Long short-term memory (Hochreiter & Schmidhuber 1997; gates i, f, g, o)."""

    gates, states, additive = 4, 2, True

    def update(self, read: tf.Tensor, recalled: tf.Tensor, state: State) -> State:
        """See `Cell`."""
        keep, forget, new, show = tf.split(read + recalled, 4, axis=-1)
        memory = tf.sigmoid(forget) * state[1] + tf.sigmoid(keep) * tf.tanh(new)
        return tf.sigmoid(show) * tf.tanh(memory), memory


class GruCell:
    """Gated recurrent unit, reset after the product (Cho et al. 2014, §2.3)."""

    gates, states, additive = 3, 1, False

    def update(self, read: tf.Tensor, recalled: tf.Tensor, state: State) -> State:
        """See `Cell`."""
        read_update, read_reset, read_new = tf.split(read, 3, axis=-1)
        old_update, old_reset, old_new = tf.split(recalled, 3, axis=-1)
        kept = tf.sigmoid(read_update + old_update)
        new = tf.tanh(read_new + tf.sigmoid(read_reset + old_reset) * old_new)
        return (kept * state[0] + (1.0 - kept) * new,)


class RnnCell:
    """A plain recurrent unit (Elman 1990)."""

    gates, states, additive = 1, 1, True

    def update(self, read: tf.Tensor, recalled: tf.Tensor, state: State) -> State:
        """See `Cell`."""
        return (tf.tanh(read + recalled),)


CELLS: dict[str, Cell] = {"lstm": LstmCell(), "gru": GruCell(), "rnn": RnnCell()}
