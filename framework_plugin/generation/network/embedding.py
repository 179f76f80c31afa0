"""Tokens as vectors, and vectors as scores of tokens."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from framework_plugin.generation.network.lexicon import Lexicon
from framework_plugin.generation.network.products import product
from framework_plugin.text.vocabulary import PAD_ID


class TokenEmbedding(tf.keras.layers.Layer):  # type: ignore[misc]
    """Embeds tokens; also scores them as output.

    Args:
        lexicon: The vocabulary.
        size: Numbers per token.
        by_character: Adds the mean of the characters' vectors, so that rare words
            share what their characters were found to mean.
        deviation: Of the first, random vectors. Adam's steps are of one size, so that
            large numbers are learned slowly.
        tied: Scores tokens against their own embeddings (Press & Wolf 2017).
        precision: See `products.product`.
    """

    def __init__(
        self,
        lexicon: Lexicon,
        size: int,
        *,
        by_character: bool,
        deviation: float,
        tied: bool,
        precision: str,
    ) -> None:
        super().__init__(name="embedding")
        self.size = size
        self._deviation = deviation
        self.written = lexicon.written
        self._precision = precision
        # Plain arrays, since a tensor would become an input of the exported graph.
        self._spelling = lexicon.spelling
        spelled = (lexicon.spelling != PAD_ID).astype(np.float32)
        share = spelled / np.maximum(spelled.sum(axis=1, keepdims=True), 1.0)
        self._share = share[:, :, None]

        start = tf.random_normal_initializer(stddev=deviation)
        self._held: tf.Tensor | None = None
        self._given: tf.Tensor | None = None
        self.words = self.add_weight(
            "words",
            (lexicon.size, size),
            initializer=start,
            constraint=self._hold,
        )
        self.characters = (
            self.add_weight("characters", (lexicon.characters, size), initializer=start)
            if by_character
            else None
        )
        self.outputs = (
            None
            if tied
            else self.add_weight(
                "outputs",
                (lexicon.written, size),
                initializer=tf.random_normal_initializer(stddev=size**-0.5),
            )
        )
        self.bias = self.add_weight("bias", (lexicon.written,), initializer="zeros")

    def place(self, vectors: npt.NDArray[np.float32]) -> None:
        """Takes word vectors from elsewhere, scaled to the deviation of random ones.

        Args:
            vectors: One for each word, (vocabulary, size).
        """
        spread = float(np.sqrt(np.mean(np.square(vectors, dtype=np.float64))))
        self.words.assign(vectors * (self._deviation / max(spread, 1e-12)))

    def freeze(self, rows: npt.NDArray[np.bool_]) -> None:
        """Holds some words at the vectors that they have now.

        Args:
            rows: Which, (vocabulary,). The others are trained.
        """
        self._held = tf.constant(rows[:, None])
        self._given = tf.identity(self.words)

    def _table(self) -> tf.Tensor:
        """All word vectors; no gradient reaches those that are held."""
        if self._held is None:
            return self.words
        return tf.where(self._held, tf.stop_gradient(self.words), self.words)

    def _hold(self, words: tf.Tensor) -> tf.Tensor:
        """Undoes the decay of held vectors; asked by the optimiser after each step."""
        if self._held is None:
            return words
        return tf.where(self._held, self._given, words)

    def call(self, tokens: tf.Tensor) -> tf.Tensor:
        """Embeds ids of any shape; adds a last axis of `size`."""
        embedded = tf.gather(self._table(), tokens)
        if self.characters is not None:
            letters = tf.gather(self.characters, tf.gather(self._spelling, tokens))
            share = tf.gather(self._share, tokens)
            embedded += tf.reduce_sum(letters * share, axis=-2)
        return embedded

    def scores(self, features: tf.Tensor) -> tf.Tensor:
        """Scores what may be said: (places, size) becomes (places, written)."""
        matrix = self.outputs
        if matrix is None:
            matrix = self._table()[: self.written]
        scores = product(features, matrix, self._precision, transpose_right=True)
        return scores + self.bias
