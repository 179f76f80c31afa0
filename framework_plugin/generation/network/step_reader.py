"""What a decoder's step reads, in as few operators as can be.

`decoder.Reader` takes replies of any length. Exported, its turning of shapes is half of
all operators of a step, and a small network spends a third of its time on them. For
one token of each reply all is a matrix, and next to no shape is left to compute.
"""

from __future__ import annotations

import tensorflow as tf

from framework_plugin.generation.network.attention import Attention, Read
from framework_plugin.generation.network.decoder import Reader, Texts, Written


class StepReader:
    """Gives what a `Reader` gives, for one token of each reply.

    Args:
        reader: Whose layers it uses.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def __call__(
        self, outputs: tf.Tensor, texts: Texts, training: bool = False
    ) -> Written:
        """Makes features; see `Reader.call`.

        Args:
            outputs: Of the decoder, (replies, 1, width).
            texts: One row per text; replies share them evenly.
            training: Must be false.
        """
        reader = self._reader
        parts = [tf.squeeze(outputs, 1)]
        weights: list[tf.Tensor | None] = []
        for attention, read in (
            (reader._dialogue, texts.dialogue),
            (reader._memory, texts.memory),
        ):
            if attention is None or read is None:
                weights.append(None)
                continue
            context, shares = _attend(attention, parts[0], read)
            parts.append(context)
            weights.append(shares)
        if reader._gate is not None:
            parts[-1] *= tf.sigmoid(reader._gate(tf.concat(parts, -1)))
        everything = tf.concat(parts, -1)
        sources = None
        if reader._source is not None:
            sources = tf.nn.log_softmax(reader._source(everything))
        features = tf.tanh(reader._combine(everything))
        return Written(*map(_as_step, (features, *weights, sources)))


def _as_step(rows: tf.Tensor | None) -> tf.Tensor | None:
    return None if rows is None else tf.expand_dims(rows, 1)


def _attend(
    attention: Attention, outputs: tf.Tensor, read: Read
) -> tuple[tf.Tensor, tf.Tensor]:
    """Context (replies, width) and weights (replies, length)."""
    width = read.states.shape[-1]
    # In 64 bits, since ONNX has its shapes in them.
    shape = tf.shape(read.states, tf.int64)
    wanted = attention._query(outputs)
    wanted = tf.reshape(wanted, tf.concat([shape[:1], [-1, width]], 0))
    if attention._kind == "luong":
        energy = tf.matmul(wanted, read.states, transpose_b=True)
    else:
        keys = attention._key(read.states)
        both = tf.tanh(wanted[:, :, None, :] + keys[:, None, :, :])
        energy = tf.tensordot(both, attention._weights[:, 0], 1)
    weights = tf.nn.softmax(energy + tf.expand_dims(read.bias, 1))
    context = tf.matmul(weights, read.states)
    return (
        tf.reshape(context, (-1, width)),
        tf.reshape(weights, tf.concat([[-1], shape[1:2]], 0)),
    )
