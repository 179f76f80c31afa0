"""A recurrent layer that trains fast on a CPU.

The input's projection is one product over all steps, and so are the gradients of both
weight matrices: of each step only a small product and the cell's own arithmetic are
left. (Appleyard et al. 2016, "Optimizing Performance of Recurrent Neural Networks on
GPUs", §3, holds on a CPU as well.)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from framework_plugin.generation.network.adapters import AdaptableLayer
from framework_plugin.generation.network.cells import (
    CELLS,
    Cell,
    GruCell,
    LstmCell,
    RnnCell,
    State,
)
from framework_plugin.generation.network.conditions import Conditions
from framework_plugin.generation.network.products import product, projection

Mask = Callable[[tf.Tensor], tf.Tensor]


class RecurrentLayer(AdaptableLayer):
    """One layer in one direction.

    Args:
        cell: `lstm`, `gru` or `rnn`.
        inputs: Numbers per input.
        units: Numbers per output.
        conditions: Of these, `recurrent_dropout` is the share of the last output left
            out, the same units at all steps (Gal & Ghahramani 2016, §4).
        name: Of the layer.
    """

    matrices = ("kernel", "recurrent")

    def __init__(
        self,
        cell: str,
        inputs: int,
        units: int,
        conditions: Conditions,
        name: str,
    ) -> None:
        super().__init__(name=name)
        self.cell = CELLS[cell]
        self.units = units
        self._precision = conditions.precision
        self._dropout = conditions.recurrent_dropout
        self._random = conditions.random
        width = self.cell.gates * units
        self.kernel = self.add_weight(
            "kernel", (inputs, width), initializer="glorot_uniform"
        )
        self.recurrent = self.add_weight(
            "recurrent", (units, width), initializer="orthogonal"
        )
        self.bias = self.add_weight("bias", (width,), initializer=self._first_bias)
        self._twin: tf.keras.layers.Layer | None = None

    def _first_bias(self, shape: Sequence[int], dtype: tf.DType) -> tf.Tensor:
        # An LSTM remembers at first (Jozefowicz et al. 2015).
        bias = tf.zeros(shape, dtype)
        if self.cell.gates == 4:
            ones = tf.ones((self.units,), dtype)
            bias = tf.concat([bias[: self.units], ones, bias[2 * self.units :]], 0)
        return bias

    def zero_state(self, batch: tf.Tensor) -> State:
        """A state that remembers nothing."""
        return tuple(tf.zeros((batch, self.units)) for _ in range(self.cell.states))

    def call(
        self, inputs: tf.Tensor, state: State, training: bool = False
    ) -> tuple[tf.Tensor, ...]:
        """Reads a sequence.

        Args:
            inputs: (steps, batch, inputs).
            state: Before the first step.
            training: Whether to drop out.

        Returns:
            Each part of the state after every step, the output first, each (steps,
            batch, units).
        """
        kernel, recurrent = self.weights_of("kernel"), self.weights_of("recurrent")
        read = projection(inputs, kernel, self._precision) + self.bias
        mask = self.mask(tf.shape(inputs)[1], training)
        sequences: State = run(self.cell, read, recurrent, state, mask, self._precision)
        return sequences

    def read(
        self, inputs: tf.Tensor, state: State, training: bool = False
    ) -> tuple[tf.Tensor, State]:
        """Reads a sequence of which only the outputs matter, and where it ends.

        Args:
            inputs: (steps, batch, inputs).
            state: Before the first step.
            training: Whether to drop out.

        Returns:
            The outputs, (steps, batch, units), and the state after the last step.
        """
        if self._twin is not None:
            turned = tf.transpose(inputs, (1, 0, 2))
            outputs, *last = self._twin(turned, initial_state=list(state))
            return tf.transpose(outputs, (1, 0, 2)), tuple(last)
        sequences = self(inputs, state, training=training)
        return sequences[0], tuple(sequence[-1] for sequence in sequences)

    def serve_through_keras(self) -> None:
        """From now on `read` uses Keras' layer of the same weights.

        Gated units export as a single ONNX operator, where ours would become a loop.
        """
        twin = keras_layer(self.cell, self.units)
        twin.build((None, None, self.kernel.shape[0]))
        twin.set_weights(self.keras_weights())
        self._twin = twin

    def step(
        self, inputs: tf.Tensor, state: State, mask: tf.Tensor | None = None
    ) -> State:
        """Reads one token of each sequence, (batch, inputs)."""
        read = product(inputs, self.weights_of("kernel"), self._precision) + self.bias
        output = state[0] if mask is None else state[0] * mask
        recalled = product(output, self.weights_of("recurrent"), self._precision)
        after: State = self.cell.update(read, recalled, state)
        return after

    def mask(self, batch: tf.Tensor, training: bool) -> tf.Tensor | None:
        """What the last output is multiplied by before it is read again."""
        if not training or not self._dropout:
            return None
        return self._random.mask((batch, self.units), self._dropout)

    def keras_weights(self) -> list[npt.NDArray[np.float32]]:
        """The weights as Keras' own layer of the same kind has them."""
        bias = self.bias.numpy()
        if self.cell.gates == 3:
            # Keras adds another bias to the last output's projection.
            bias = np.stack([bias, np.zeros_like(bias)])
        return [self.kernel.numpy(), self.recurrent.numpy(), bias]


def keras_layer(cell: Cell, units: int) -> tf.keras.layers.Layer:
    """Keras' layer of a kind of cell, which gives its outputs and its last state."""
    make, options = _KERAS_LAYERS[type(cell)]
    return make(units, return_sequences=True, return_state=True, **options)


_KERAS_LAYERS = {
    LstmCell: (tf.keras.layers.LSTM, {}),
    GruCell: (tf.keras.layers.GRU, {"reset_after": True}),
    RnnCell: (tf.keras.layers.SimpleRNN, {}),
}


@tf.autograph.experimental.do_not_convert  # type: ignore[untyped-decorator]
def run(
    cell: Cell,
    read: tf.Tensor,
    recurrent: tf.Tensor,
    state: State,
    mask: tf.Tensor | None,
    precision: str,
) -> tuple[tf.Tensor, ...]:
    """Runs a cell over all steps, with a gradient of its own.

    Args:
        cell: The kind of unit.
        read: Projected inputs, (steps, batch, gates * units).
        recurrent: Weights of the last output, (units, gates * units).
        state: Before the first step.
        mask: Multiplies the last output where it is read again, (batch, units).
        precision: See `products.product`.

    Returns:
        Each part of the state after every step, each (steps, batch, units).
    """

    def masked(output: tf.Tensor) -> tf.Tensor:
        return output if mask is None else output * mask

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def unrolled(
        read: tf.Tensor, recurrent: tf.Tensor, *first: tf.Tensor
    ) -> tuple[tuple[tf.Tensor, ...], object]:
        weights = _rounded(recurrent, precision)
        sequences, recalled = _forward(cell, read, weights, first, masked, precision)

        def gradient(*upstream: tf.Tensor) -> tuple[tf.Tensor, ...]:
            before = [
                tf.concat([one[None], many[:-1]], 0)
                for one, many in zip(first, sequences, strict=True)
            ]
            d_read, d_recalled, d_first = _backward(
                cell, read, recalled, before, weights, upstream, masked, precision
            )
            width = tf.shape(recurrent)[1]
            d_recurrent = product(
                tf.reshape(masked(before[0]), (-1, tf.shape(recurrent)[0])),
                tf.reshape(d_recalled, (-1, width)),
                precision,
                transpose_left=True,
            )
            return d_read, d_recurrent, *d_first

        return sequences, gradient

    return tuple(unrolled(read, recurrent, *state))


def _rounded(weights: tf.Tensor, precision: str) -> tf.Tensor:
    # Once for all steps.
    return tf.cast(weights, tf.bfloat16) if precision == "bf16" else weights


def _forward(
    cell: Cell,
    read: tf.Tensor,
    weights: tf.Tensor,
    first: State,
    masked: Mask,
    precision: str,
) -> tuple[State, tf.Tensor]:
    """All states and all projections of the last output, over time."""
    steps = tf.shape(read)[0]
    histories = [tf.TensorArray(tf.float32, steps) for _ in range(cell.states + 1)]

    def body(step: tf.Tensor, state: State, histories: list[tf.TensorArray]) -> Any:
        recalled = product(masked(state[0]), weights, precision)
        after = cell.update(read[step], recalled, state)
        written = [
            history.write(step, value)
            for history, value in zip(histories, (*after, recalled), strict=True)
        ]
        return step + 1, after, written

    _, _, histories = tf.while_loop(
        lambda step, *_: step < steps, body, (0, tuple(first), histories)
    )
    *sequences, recalled = (history.stack() for history in histories)
    return tuple(sequences), recalled


def _backward(
    cell: Cell,
    read: tf.Tensor,
    recalled: tf.Tensor,
    before: Sequence[tf.Tensor],
    weights: tf.Tensor,
    upstream: Sequence[tf.Tensor],
    masked: Mask,
    precision: str,
) -> tuple[tf.Tensor, tf.Tensor, State]:
    """Gradients of `read`, of `recalled` (over time) and of the first state."""
    steps = tf.shape(read)[0]
    count = 1 if cell.additive else 2
    histories = [tf.TensorArray(tf.float32, steps) for _ in range(count)]

    def body(left: tf.Tensor, later: State, histories: list[tf.TensorArray]) -> Any:
        step = left - 1
        inputs = (read[step], recalled[step], *(b[step] for b in before))
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            after = cell.update(inputs[0], inputs[1], inputs[2:])
        both = zip(upstream, later, strict=True)
        wanted = [given[step] + back for given, back in both]
        d_read, d_recalled, *d_state = tape.gradient(after, inputs, wanted)
        through = product(d_recalled, weights, precision, transpose_right=True)
        d_state[0] = _sum(d_state[0], masked(through))
        written = [
            history.write(step, value)
            for history, value in zip(histories, (d_read, d_recalled), strict=False)
        ]
        return step, tuple(d_state), written

    nothing = tuple(tf.zeros_like(b[0]) for b in before)
    _, d_first, histories = tf.while_loop(
        lambda left, *_: left > 0, body, (steps, nothing, histories)
    )
    stacked = [history.stack() for history in histories]
    return stacked[0], stacked[-1], d_first


def _sum(first: tf.Tensor | None, second: tf.Tensor) -> tf.Tensor:
    return second if first is None else first + second
