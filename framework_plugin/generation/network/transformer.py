"""Transformer layers (Vaswani et al. 2017), normalised before each part.

Pre-normalisation trains without a long warm-up (Xiong et al. 2020, "On Layer
Normalization in the Transformer Architecture").
"""

from __future__ import annotations

import tensorflow as tf

from framework_plugin.generation.network.attention import Read
from framework_plugin.generation.network.conditions import Conditions
from framework_plugin.generation.network.products import Linear
from framework_plugin.generation.settings import NetworkSettings


def positions(first: tf.Tensor | int, count: tf.Tensor, width: int) -> tf.Tensor:
    """Sine and cosine of each place (§3.5): (count, width)."""
    places = tf.cast(tf.range(first, first + count), tf.float32)[:, None]
    rates = tf.exp(
        -tf.range(width // 2, dtype=tf.float32) * (2.0 / width) * tf.math.log(10000.0)
    )
    angles = places * rates[None, :]
    return tf.concat([tf.sin(angles), tf.cos(angles)], axis=-1)


class PlacedTokens(tf.keras.layers.Layer):  # type: ignore[misc]
    """What enters a transformer: tokens, with their places added.

    Args:
        size: Numbers per embedded token.
        width: Numbers per place.
        deviation: That embeddings begin with. They enter with a deviation of one,
            whatever it is, so that tokens count as much as places (§3.4).
        precision: See `products.product`.
    """

    def __init__(self, size: int, width: int, deviation: float, precision: str) -> None:
        super().__init__(name="enter")
        self._width = width
        self._scale = 1 / deviation
        self._map = Linear(size, width, precision, "map")

    def call(self, embedded: tf.Tensor, first: tf.Tensor | int) -> tf.Tensor:
        """Maps (texts, length, size) to (texts, length, width); `first` is a place."""
        places = positions(first, tf.shape(embedded)[1], self._width)
        return self._map(embedded * self._scale) + places


class MultiHeadAttention(tf.keras.layers.Layer):  # type: ignore[misc]
    """Attention with several heads (§3.2.2).

    Args:
        width: Numbers per query.
        read_width: Numbers per place of what is attended to.
        heads: Heads that share `width`.
        precision: See `products.product`.
        name: Of the layer.
    """

    def __init__(
        self, width: int, read_width: int, heads: int, precision: str, name: str
    ) -> None:
        super().__init__(name=name)
        self._heads, self._size = heads, width // heads
        self._query = Linear(width, width, precision, "query")
        self._key = Linear(read_width, width, precision, "key")
        self._value = Linear(read_width, width, precision, "value")
        self._output = Linear(width, width, precision, "output")

    def memorise(self, states: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Keys and values of some places, (texts, length, width) each."""
        return self._key(states), self._value(states)

    def call(
        self, queries: tf.Tensor, keys: tf.Tensor, values: tf.Tensor, bias: tf.Tensor
    ) -> tf.Tensor:
        """Attends from (texts, queries, width) with a bias that adds to the scores."""
        wanted = self._split(self._query(queries))
        scores = tf.matmul(wanted, self._split(keys), transpose_b=True)
        weights = tf.nn.softmax(scores * self._size**-0.5 + bias, axis=-1)
        mixed = tf.transpose(tf.matmul(weights, self._split(values)), (0, 2, 1, 3))
        return self._output(tf.reshape(mixed, tf.shape(queries)))

    def _split(self, states: tf.Tensor) -> tf.Tensor:
        shape = tf.shape(states)
        parted = tf.reshape(states, (shape[0], shape[1], self._heads, self._size))
        return tf.transpose(parted, (0, 2, 1, 3))


class TransformerLayer(tf.keras.layers.Layer):  # type: ignore[misc]
    """Self-attention, attention to what was read if there is any, feed-forward.

    Args:
        width: Numbers per place.
        read_width: Numbers per place of what was read; None for an encoder's layer.
        settings: Heads and inner width.
        conditions: Of these, `dropout` is the share left out after each part.
        name: Of the layer.
    """

    def __init__(
        self,
        width: int,
        read_width: int | None,
        settings: NetworkSettings,
        conditions: Conditions,
        name: str,
    ) -> None:
        super().__init__(name=name)
        precision, heads = conditions.precision, settings.heads
        feed_forward = settings.feed_forward_units
        normalise = tf.keras.layers.LayerNormalization
        self._drop = conditions.drop
        self._own = MultiHeadAttention(width, width, heads, precision, "self")
        self._own_norm = normalise(name="self_norm", epsilon=1e-6)
        self._across = None
        if read_width is not None:
            self._across = MultiHeadAttention(
                width, read_width, heads, precision, "across"
            )
            self._across_norm = normalise(name="across_norm", epsilon=1e-6)
        self._inner = Linear(width, feed_forward, precision, "inner")
        self._outer = Linear(feed_forward, width, precision, "outer")
        self._inner_norm = normalise(name="inner_norm", epsilon=1e-6)

    @classmethod
    def stack(
        cls,
        count: int,
        width: int,
        read_width: int | None,
        settings: NetworkSettings,
        conditions: Conditions,
    ) -> list[TransformerLayer]:
        """So many layers, alike in all but their weights."""
        return [
            cls(width, read_width, settings, conditions, f"layer_{index}")
            for index in range(count)
        ]

    def call(
        self,
        states: tf.Tensor,
        bias: tf.Tensor,
        read: Read | None = None,
        earlier: tuple[tf.Tensor, tf.Tensor] | None = None,
        training: bool = False,
    ) -> tuple[tf.Tensor, tuple[tf.Tensor, tf.Tensor]]:
        """Runs the layer.

        Args:
            states: (texts, length, width).
            bias: Adds to self-attention's scores, broadcast to (texts, heads, length,
                earlier length + length).
            read: What the encoder read; each text of it serves `states` in turn.
            earlier: Keys and values of the places before, (texts, earlier length,
                width) each.
            training: Whether to drop out.

        Returns:
            The new states, and keys and values of all places so far.
        """
        normal = self._own_norm(states)
        keys, values = self._own.memorise(normal)
        if earlier is not None:
            keys = tf.concat([earlier[0], keys], 1)
            values = tf.concat([earlier[1], values], 1)
        states += self._drop(self._own(normal, keys, values, bias), training)
        if self._across is not None and read is not None:
            states += self._drop(self._look(self._across_norm(states), read), training)
        inner = tf.nn.relu(self._inner(self._inner_norm(states)))
        states += self._drop(self._outer(self._drop(inner, training)), training)
        return states, (keys, values)

    def _look(self, states: tf.Tensor, read: Read) -> tf.Tensor:
        assert self._across is not None
        # Several replies to one text stand side by side as queries to it.
        shape, texts = tf.shape(states), tf.shape(read.states)[0]
        queries = tf.reshape(states, (texts, -1, shape[2]))
        keys, values = self._across.memorise(read.states)
        seen = self._across(queries, keys, values, read.bias[:, None, None, :])
        return tf.reshape(seen, shape)
