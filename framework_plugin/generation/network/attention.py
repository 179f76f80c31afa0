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

    def call(self, queries: tf.Tensor, read: Read) -> tuple[tf.Tensor, tf.Tensor]:
        """Attends.

        Args:
            queries: (queries, query size); those for one text side by side, as many
                for each.
            read: The texts.

        Returns:
            Context (queries, width) and weights (queries, length).
        """
        width = read.states.shape[-1]
        # In 64 bits, since ONNX has its shapes in them.
        shape = tf.shape(read.states, tf.int64)
        wanted = tf.reshape(
            self._query(queries), tf.concat([shape[:1], [-1, width]], 0)
        )
        if self._kind == "luong":
            if self._scaled:
                wanted *= width**-0.5
            energy = tf.matmul(wanted, read.states, transpose_b=True)
        else:
            keys = self._key(read.states)
            both = tf.tanh(wanted[:, :, None, :] + keys[:, None, :, :])
            energy = tf.tensordot(both, self._weights[:, 0], 1)
        weights = tf.nn.softmax(energy + tf.expand_dims(read.bias, 1))
        context = tf.matmul(weights, read.states)
        return (
            tf.reshape(context, (-1, width)),
            tf.reshape(weights, tf.concat([[-1], shape[1:2]], 0)),
        )
