"""Encoders: a text as one vector per token, and a summary."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import tensorflow as tf

from framework_plugin.generation.network.attention import padding_bias
from framework_plugin.generation.network.conditions import Conditions
from framework_plugin.generation.network.products import Linear
from framework_plugin.generation.network.recurrent import (
    RecurrentLayer,
    keras_layer,
)
from framework_plugin.generation.network.transformer import (
    PlacedTokens,
    TransformerLayer,
    positions,
)
from framework_plugin.generation.settings import NetworkSettings

Summary = tuple[tf.Tensor, ...]
"""One vector per text: the last outputs, and of an LSTM also its last memory."""


class Encoded(NamedTuple):
    """A text that was read.

    Attributes:
        states: One vector per token, (texts, length, width).
        summary: One vector per text, or two, (texts, size) each.
    """

    states: tf.Tensor
    summary: Summary


class Encoder(Protocol):
    """Reads texts.

    Attributes:
        width: Numbers per token.
        summary_sizes: Numbers in the parts of the summary.
        trainable_variables: All that it learns.
    """

    trainable_variables: list[tf.Variable]
    width: int
    summary_sizes: tuple[int, ...]

    def __call__(
        self, embedded: tf.Tensor, real: tf.Tensor, training: bool = False
    ) -> Encoded:
        """Reads.

        Args:
            embedded: (texts, length, embedding size).
            real: True where there is no padding, (texts, length).
            training: Whether to drop out.
        """
        ...


class BidirectionalLayer(tf.keras.layers.Layer):  # type: ignore[misc]
    """A recurrent layer in each direction (Schuster & Paliwal 1997)."""

    def __init__(
        self, settings: NetworkSettings, inputs: int, conditions: Conditions, name: str
    ) -> None:
        super().__init__(name=name)
        self._twin: tf.keras.layers.Layer | None = None
        self.forward, self.backward = (
            RecurrentLayer(
                settings.cell,
                inputs,
                settings.encoder_units,
                conditions,
                direction,
            )
            for direction in ("forward", "backward")
        )

    def call(
        self, inputs: tf.Tensor, lengths: tf.Tensor, training: bool = False
    ) -> tuple[tf.Tensor, Summary]:
        """Reads (steps, texts, inputs).

        Returns:
            Outputs (steps, texts, 2 * units), and the parts of the last state of both
            directions, (texts, 2 * units) each.
        """
        if self._twin is not None:
            outputs, *last = self._twin(tf.transpose(inputs, (1, 0, 2)))
            return tf.transpose(outputs, (1, 0, 2)), _together(last)
        batch = tf.shape(inputs)[1]
        ahead = self.forward(inputs, self.forward.zero_state(batch), training=training)
        turned = _reverse(inputs, lengths)
        back = self.backward(turned, self.backward.zero_state(batch), training=training)
        outputs = tf.concat([ahead[0], _reverse(back[0], lengths)], -1)
        # Turned or not, padding comes last: the state to keep is that of the last
        # real token.
        rows = tf.stack([tf.maximum(lengths - 1, 0), tf.range(batch)], axis=1)
        last = [tf.gather_nd(part, rows) for part in (*ahead, *back)]
        return outputs, _together(last)

    def serve_through_keras(self) -> None:
        """From now on reads through Keras' layer of the same weights.

        It reads one text without padding, and exports as a single ONNX operator where
        ours would become a loop.
        """
        layer = keras_layer(self.forward.cell, self.forward.units)
        twin = tf.keras.layers.Bidirectional(layer)
        twin.build((None, None, self.forward.kernel.shape[0]))
        twin.set_weights(
            [w for part in (self.forward, self.backward) for w in part.keras_weights()]
        )
        self._twin = twin


def _together(last: Sequence[tf.Tensor]) -> Summary:
    """Joins the directions of each part of the state."""
    half = len(last) // 2
    return tuple(
        tf.concat([ahead, back], -1)
        for ahead, back in zip(last[:half], last[half:], strict=True)
    )


def _reverse(sequence: tf.Tensor, lengths: tf.Tensor) -> tf.Tensor:
    return tf.reverse_sequence(sequence, lengths, seq_axis=0, batch_axis=1)


class RecurrentEncoder(tf.keras.layers.Layer):  # type: ignore[misc]
    """Layers of recurrent units in both directions.

    Args:
        settings: Sizes.
        layers: How many.
        conditions: Of these, `dropout` is the share left out between layers.
        name: Of the encoder.
    """

    def __init__(
        self,
        settings: NetworkSettings,
        layers: int,
        conditions: Conditions,
        name: str,
    ) -> None:
        super().__init__(name=name)
        self._drop = conditions.drop
        self.width = 2 * settings.encoder_units
        self.layers = [
            BidirectionalLayer(
                settings,
                settings.embedding_size if index == 0 else self.width,
                conditions,
                f"layer_{index}",
            )
            for index in range(layers)
        ]
        self.summary_sizes = (self.width,) * self.layers[0].forward.cell.states

    def call(
        self, embedded: tf.Tensor, real: tf.Tensor, training: bool = False
    ) -> Encoded:
        """See `Encoder`."""
        lengths = tf.reduce_sum(tf.cast(real, tf.int32), axis=1)
        states = tf.transpose(embedded, (1, 0, 2))
        for index, layer in enumerate(self.layers):
            if index:
                states = self._drop(states, training)
            states, summary = layer(states, lengths, training=training)
        return Encoded(tf.transpose(states, (1, 0, 2)), summary)


class ConvolutionalEncoder(tf.keras.layers.Layer):  # type: ignore[misc]
    """Gated convolutions with residual connections (Gehring et al. 2017, §3.2)."""

    def __init__(self, settings: NetworkSettings, conditions: Conditions) -> None:
        super().__init__(name="encoder")
        precision = conditions.precision
        self._drop = conditions.drop
        self.width = 2 * settings.encoder_units
        self.summary_sizes = (self.width,)
        self._span = settings.kernel_width
        self._enter = Linear(settings.embedding_size, self.width, precision, "enter")
        self._windows = [
            Linear(
                settings.kernel_width * self.width,
                2 * self.width,
                precision,
                f"layer_{index}",
            )
            for index in range(settings.encoder_layers)
        ]

    def call(
        self, embedded: tf.Tensor, real: tf.Tensor, training: bool = False
    ) -> Encoded:
        """See `Encoder`."""
        kept = tf.cast(real, tf.float32)[:, :, None]
        width = embedded.shape[-1]
        states = embedded + positions(0, tf.shape(embedded)[1], width)
        states = self._enter(states) * kept
        for window in self._windows:
            inputs = self._drop(states, training)
            value, gate = tf.split(window(self._neighbours(inputs)), 2, axis=-1)
            # Halving the variance keeps a sum of two as large as its parts (§3.3).
            states = (states + value * tf.sigmoid(gate)) * kept * 0.5**0.5
        return Encoded(states, (_mean(states, real),))

    def _neighbours(self, states: tf.Tensor) -> tf.Tensor:
        before = (self._span - 1) // 2
        padded = tf.pad(states, [[0, 0], [before, self._span - 1 - before], [0, 0]])
        length = tf.shape(states)[1]
        views = [padded[:, shift : shift + length] for shift in range(self._span)]
        return tf.concat(views, -1)


class TransformerEncoder(tf.keras.layers.Layer):  # type: ignore[misc]
    """Layers of self-attention."""

    def __init__(self, settings: NetworkSettings, conditions: Conditions) -> None:
        super().__init__(name="encoder")
        precision = conditions.precision
        self._drop = conditions.drop
        self.width = 2 * settings.encoder_units
        self.summary_sizes = (self.width,)
        self._enter = PlacedTokens(
            settings.embedding_size,
            self.width,
            settings.embedding_deviation,
            precision,
        )
        self._layers = TransformerLayer.stack(
            settings.encoder_layers, self.width, None, settings, conditions
        )
        self._norm = tf.keras.layers.LayerNormalization(name="norm", epsilon=1e-6)

    def call(
        self, embedded: tf.Tensor, real: tf.Tensor, training: bool = False
    ) -> Encoded:
        """See `Encoder`."""
        states = self._enter(embedded, 0)
        states = self._drop(states, training)
        bias = padding_bias(real)[:, None, None, :]
        for layer in self._layers:
            states, _ = layer(states, bias, training=training)
        states = self._norm(states)
        return Encoded(states, (_mean(states, real),))


def _mean(states: tf.Tensor, real: tf.Tensor) -> tf.Tensor:
    kept = tf.cast(real, tf.float32)
    total = tf.reduce_sum(states * kept[:, :, None], axis=1)
    return total / tf.maximum(tf.reduce_sum(kept, axis=1), 1.0)[:, None]
