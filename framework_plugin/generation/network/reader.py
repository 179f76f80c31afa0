"""What the output layer reads: a decoder's outputs and what they attend to."""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf

from framework_plugin.generation.network.attention import Attention, Read
from framework_plugin.generation.network.conditions import Conditions
from framework_plugin.generation.network.products import Linear
from framework_plugin.generation.settings import NetworkSettings


class Texts(NamedTuple):
    """All that a reply is written from.

    Attributes:
        dialogue: The utterance and the turns before it; None without attention.
        memory: Facts and earlier turns of the user; None if none are read.
    """

    dialogue: Read | None
    memory: Read | None


class Written(NamedTuple):
    """What the output layer gets for each token, (replies, length, …) each.

    From `Reader.rows` it is (tokens, …).

    Attributes:
        features: To be scored, width `embedding_size`.
        dialogue: Attention over the dialogue; None without attention.
        memory: Attention over the memory; None if there is none.
        sources: Log-probabilities of writing a word of the vocabulary, of copying
            from the dialogue and of copying from the memory; None without copying.
    """

    features: tf.Tensor
    dialogue: tf.Tensor | None
    memory: tf.Tensor | None
    sources: tf.Tensor | None


class Reader(tf.keras.layers.Layer):  # type: ignore[misc]
    """Attends to what was read and makes features of it.

    Args:
        settings: Which attention, with memory or not, with copying or not.
        width: Of the decoder's outputs.
        dialogue_width: Of the encoder's states.
        memory_width: Of the memory encoder's states.
        conditions: Of these, `dropout` is the share of the features left out.
    """

    def __init__(
        self,
        settings: NetworkSettings,
        width: int,
        dialogue_width: int,
        memory_width: int,
        conditions: Conditions,
    ) -> None:
        super().__init__(name="reader")
        precision = conditions.precision
        self._drop = conditions.drop
        self._dialogue = self._memory = self._gate = self._source = None
        total = width
        kind, scaled = settings.attention, settings.decoder == "transformer"
        if kind != "none":
            self._dialogue = Attention(
                kind, width, dialogue_width, precision, "dialogue", scaled
            )
            total += dialogue_width
        if settings.memory:
            self._memory = Attention(
                kind, width, memory_width, precision, "memory", scaled
            )
            total += memory_width
            self._gate = Linear(total, memory_width, precision, "gate")
        self._combine = Linear(total, settings.embedding_size, precision, "combine")
        if settings.copy:
            self._source = Linear(total, 3 if settings.memory else 2, "fp32", "source")

    def call(self, outputs: tf.Tensor, texts: Texts, training: bool = False) -> Written:
        """Makes features.

        Args:
            outputs: Of the decoder, (replies, length, width). Replies to the same
                text stand side by side.
            texts: One row per text; replies share them evenly.
            training: Whether to drop out.
        """
        shape = tf.shape(outputs)[:2]
        flat = self.rows(tf.reshape(outputs, (-1, outputs.shape[-1])), texts)

        def parted(rows: tf.Tensor | None) -> tf.Tensor | None:
            if rows is None:
                return None
            return tf.reshape(rows, tf.concat([shape, tf.shape(rows)[1:]], 0))

        features = tf.reshape(
            flat.features, tf.concat([shape, [flat.features.shape[-1]]], 0)
        )
        return Written(self._drop(features, training), *map(parted, flat[1:]))

    def rows(self, outputs: tf.Tensor, texts: Texts, one_each: bool = False) -> Written:
        """Makes features of tokens that stand below one another, without dropout.

        Args:
            outputs: Of the decoder, (tokens, width); those for one text side by side.
            texts: One row per text; tokens share them evenly.
            one_each: See `Attention.call`.

        Returns:
            (tokens, …) each.
        """
        parts: list[tf.Tensor] = [outputs]
        weights: list[tf.Tensor | None] = []
        for attention, read in (
            (self._dialogue, texts.dialogue),
            (self._memory, texts.memory),
        ):
            if attention is None or read is None:
                weights.append(None)
                continue
            context, shares = attention(outputs, read, one_each)
            parts.append(context)
            weights.append(shares)
        if self._gate is not None:
            # How much of the memory matters now (Zhang et al. 2018, §4.1).
            parts[-1] *= tf.sigmoid(self._gate(tf.concat(parts, -1)))
        everything = tf.concat(parts, -1)
        sources = None
        if self._source is not None:
            sources = tf.nn.log_softmax(self._source(everything))
        features = tf.tanh(self._combine(everything))
        return Written(features, weights[0], weights[1], sources)
