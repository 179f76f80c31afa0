"""Which turn of the dialogue a token belongs to, and who said it."""

from __future__ import annotations

import tensorflow as tf

from framework_plugin.generation.network.conditions import Conditions
from framework_plugin.generation.network.encoder import Encoded
from framework_plugin.generation.network.products import Linear
from framework_plugin.generation.network.recurrent import RecurrentLayer
from framework_plugin.generation.settings import NetworkSettings


class TurnEmbedding(tf.keras.layers.Layer):  # type: ignore[misc]
    """Adds to each token how long ago, and by whom, it was said.

    Both are read off the marks that open each turn.

    Args:
        settings: What is added, and sizes.
        speakers: Ids of the marks of user and bot.
    """

    def __init__(self, settings: NetworkSettings, speakers: tuple[int, int]) -> None:
        super().__init__(name="turns")
        self._speakers = speakers
        self._most = settings.context_turns
        size, start = settings.embedding_size, "zeros"
        self._ages = self._voices = None
        if settings.turn_embeddings:
            self._ages = self.add_weight(
                "ages", (self._most + 1, size), initializer=start
            )
        if settings.speaker_embeddings:
            self._voices = self.add_weight("voices", (3, size), initializer=start)

    def turns(self, tokens: tf.Tensor) -> tf.Tensor:
        """How many turns followed each token's: 0 in the last, (texts, length)."""
        marks = tf.cast(self._is_mark(tokens), tf.int32)
        behind = tf.reduce_sum(marks, axis=1, keepdims=True) - tf.cumsum(marks, axis=1)
        return tf.minimum(behind, self._most)

    def call(self, tokens: tf.Tensor, embedded: tf.Tensor) -> tf.Tensor:
        """Adds to (texts, length, embedding size)."""
        if self._ages is not None:
            embedded += tf.gather(self._ages, self.turns(tokens))
        if self._voices is not None:
            embedded += tf.gather(self._voices, self._voice(tokens))
        return embedded

    def _is_mark(self, tokens: tf.Tensor) -> tf.Tensor:
        user, bot = self._speakers
        return tf.logical_or(tf.equal(tokens, user), tf.equal(tokens, bot))

    def _voice(self, tokens: tf.Tensor) -> tf.Tensor:
        """1 for the user's tokens, 2 for the bot's, 0 before the first turn."""
        marks = tf.cast(self._is_mark(tokens), tf.int32)
        # Turns mostly alternate, but need not: the last mark seen decides.
        places = tf.range(1, tf.shape(tokens)[1] + 1)[None, :] * marks
        last = _running(places)
        opened = tf.gather(tokens, tf.maximum(last - 1, 0), batch_dims=1)
        voice = tf.where(tf.equal(opened, self._speakers[0]), 1, 2)
        return tf.where(tf.equal(last, 0), 0, voice)


def _running(places: tf.Tensor) -> tf.Tensor:
    """The largest value up to each place, (texts, length)."""
    length = tf.shape(places)[1]
    upto = tf.range(length)[None, :] <= tf.range(length)[:, None]
    spread = tf.where(upto[None], places[:, None, :], 0)
    return tf.reduce_max(spread, axis=-1)


class TurnSummaries(tf.keras.layers.Layer):  # type: ignore[misc]
    """A recurrent layer over the turns: each token learns what they came to.

    Serban et al. 2016, "Building End-To-End Dialogue Systems Using Generative
    Hierarchical Neural Network Models", §4, with attention kept on the words.

    Args:
        settings: Which cell, and how many turns.
        width: Of the encoder's states.
        conditions: See there.
    """

    def __init__(
        self, settings: NetworkSettings, width: int, conditions: Conditions
    ) -> None:
        super().__init__(name="summaries")
        self._most = settings.context_turns
        self._layer = RecurrentLayer(
            settings.cell, width, width, conditions, "over_turns"
        )
        self._spread = Linear(width, width, conditions.precision, "spread")

    def call(
        self,
        encoded: Encoded,
        turns: tf.Tensor,
        real: tf.Tensor,
        training: bool = False,
    ) -> Encoded:
        """Adds the summaries to the states of all tokens.

        Args:
            encoded: By the encoder.
            turns: See `TurnEmbedding.turns`.
            real: True where there is no padding.
            training: Whether to drop out.
        """
        # Oldest first: (texts, turns, length).
        order = tf.range(self._most, -1, -1)
        member = tf.equal(turns[:, None, :], order[None, :, None])
        member = tf.cast(tf.logical_and(member, real[:, None, :]), tf.float32)
        count = tf.maximum(tf.reduce_sum(member, axis=-1, keepdims=True), 1.0)
        means = tf.matmul(member / count, encoded.states)
        first = self._layer.zero_state(tf.shape(means)[0])
        over = self._layer(tf.transpose(means, (1, 0, 2)), first, training=training)[0]
        summaries = self._spread(tf.transpose(over, (1, 0, 2)))
        states = encoded.states + tf.matmul(member, summaries, transpose_a=True)
        return Encoded(states, encoded.summary)
