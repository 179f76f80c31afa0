"""Attention over what was read."""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf

from framework_plugin.generation.network.products import Linear

_NEVER = -1e9


class Read(NamedTuple):
    """A text as the decoder attends to it.

    Attributes:
        states: One vector per token, (texts, length, width).
        bias: 0 at real places and a very small number at padding, (texts, length).
    """

    states: tf.Tensor
    bias: tf.Tensor


def padding_bias(real: tf.Tensor) -> tf.Tensor:
    """What `Read.bias` is, from True at real places."""
    return tf.where(real, 0.0, _NEVER)


class Attention(tf.keras.layers.Layer):  # type: ignore[misc]
    """Compares queries with a text and sums up what is like them.

    Args:
        kind: `luong` (Luong et al. 2015, §3.1, "general") or `bahdanau` (Bahdanau et
            al. 2015, §3.1).
        query_size: Width of the queries.
        width: Width of the text's states.
        precision: See `products.product`.
        name: Of the layer.
        scaled: Divides what `luong` compares by the root of the width (Vaswani et al.
            2017, §3.2.1). Queries that were normalised are so long that the shares
            would begin as all or nothing, from which nothing is learned.
    """

    def __init__(
        self,
        kind: str,
        query_size: int,
        width: int,
        precision: str,
        name: str,
        scaled: bool = False,
    ) -> None:
        super().__init__(name=name)
        self._kind = kind
        self._scaled = scaled
        self._query = Linear(query_size, width, precision, "query", bias=False)
        if kind == "bahdanau":
            self._key = Linear(width, width, precision, "key")
            self._weights = self.add_weight(
                "weights", (width, 1), initializer="glorot_uniform"
            )

    def call(
        self, queries: tf.Tensor, read: Read, one_each: bool = False
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Attends.

        Args:
            queries: (queries, query size); those for one text side by side, as many
                for each.
            read: The texts.
            one_each: Whether each query has a text of its own, or all share the one
                there is. Then no shape has to be computed, which in an exported step
                takes longer than to attend.

        Returns:
            Context (queries, width) and weights (queries, length).
        """
        width = read.states.shape[-1]
        wanted = self._query(queries)
        if one_each:
            context, weights = self._attend(tf.expand_dims(wanted, 1), read)
            return tf.squeeze(context, 1), tf.squeeze(weights, 1)
        # In 64 bits, since ONNX has its shapes in them.
        shape = tf.shape(read.states, tf.int64)
        wanted = tf.reshape(wanted, tf.concat([shape[:1], [-1, width]], 0))
        context, weights = self._attend(wanted, read)
        return (
            tf.reshape(context, (-1, width)),
            tf.reshape(weights, tf.concat([[-1], shape[1:2]], 0)),
        )

    def _attend(self, wanted: tf.Tensor, read: Read) -> tuple[tf.Tensor, tf.Tensor]:
        """Context (texts, queries, width) and weights (texts, queries, length)."""
        if self._kind == "luong":
            if self._scaled:
                wanted *= read.states.shape[-1] ** -0.5
            energy = tf.matmul(wanted, read.states, transpose_b=True)
        else:
            keys = self._key(read.states)
            both = tf.tanh(wanted[:, :, None, :] + keys[:, None, :, :])
            energy = tf.tensordot(both, self._weights[:, 0], 1)
        weights = tf.nn.softmax(energy + tf.expand_dims(read.bias, 1))
        return tf.matmul(weights, read.states), weights
