"""Writing words that were read (See et al. 2017, "Get To The Point", §2.2).

A word may be written from the vocabulary, or copied from any place of the dialogue or
of the memory where it stands. Words of no vocabulary are copied under ids of their
own, above those of the vocabulary, given anew for each example.
"""

from __future__ import annotations

from collections.abc import Mapping

import tensorflow as tf

from framework_plugin.generation.network.reader import Written

_LEAST = 1e-10
_IMPOSSIBLE = -1e4


def copied_log_probs(
    written: Written, inputs: Mapping[str, tf.Tensor], targets: tf.Tensor
) -> tf.Tensor:
    """How much attention lies where a target stands.

    Args:
        written: By the decoder.
        inputs: Holds `source_copy` and, if there is a memory, `memory_copy`.
        targets: Ids, (batch, length).

    Returns:
        Natural logarithms, one column per text that can be copied from, (batch,
        length, texts).
    """
    columns = [
        _attention_on(attention, inputs[name], targets)
        for name, attention in (
            ("source_copy", written.dialogue),
            ("memory_copy", written.memory),
        )
        if attention is not None
    ]
    return tf.math.log(tf.stack(columns, -1) + _LEAST)


def copyable(inputs: Mapping[str, tf.Tensor], targets: tf.Tensor) -> tf.Tensor:
    """Whether a target stands anywhere in what was read, (batch, length)."""
    places = [inputs[n] for n in ("source_copy", "memory_copy") if n in inputs]
    read = tf.concat(places, axis=1)
    return tf.reduce_any(tf.equal(read[:, None, :], targets[:, :, None]), axis=-1)


def _attention_on(
    attention: tf.Tensor, ids: tf.Tensor, targets: tf.Tensor
) -> tf.Tensor:
    same = tf.equal(ids[:, None, :], targets[:, :, None])
    return tf.reduce_sum(tf.where(same, attention, 0.0), axis=-1)


def mixed(
    said: tf.Tensor, sayable: tf.Tensor, copied: tf.Tensor, sources: tf.Tensor
) -> tf.Tensor:
    """Log-probabilities of targets, however they came about.

    Args:
        said: Of writing them from the vocabulary, (places,).
        sayable: Whether the vocabulary has them, (places,).
        copied: See `copied_log_probs`, (places, texts).
        sources: See `Written.sources`, (places, 1 + texts).
    """
    said = tf.where(sayable, said, _IMPOSSIBLE)
    ways = tf.concat([said[:, None], copied], axis=-1) + sources
    return tf.reduce_logsumexp(ways, axis=-1)
