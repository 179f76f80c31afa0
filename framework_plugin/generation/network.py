"""The network: a bidirectional LSTM encoder and an LSTM decoder with attention.

Sequence to sequence as in Sutskever et al. 2014, with the general attention of Luong
et al. 2015 ("Effective Approaches to Attention-based NMT", §3.1) and an output layer
tied to the word embeddings (Press & Wolf 2017). A token is embedded as its own vector
plus the mean of its characters' vectors, so that words met rarely share what their
characters were found to mean.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from framework_plugin.generation.settings import TrainingSettings
from framework_plugin.text.vocabulary import PAD_ID, Vocabulary

MAX_CHARACTERS = 4
_NEVER = -1e9


def character_table(vocabulary: Vocabulary) -> npt.NDArray[np.int32]:
    """The characters of each token as token ids.

    Args:
        vocabulary: Holds every character as a token of its own.

    Returns:
        Shape (vocabulary size, `MAX_CHARACTERS`), padded with `PAD_ID`. Marks and
        placeholders, which are spelled in brackets, have no characters.
    """
    table = np.full((len(vocabulary), MAX_CHARACTERS), PAD_ID, np.int32)
    for index, token in enumerate(vocabulary.tokens):
        if len(token) > 1 and token[0] in "<{" and token[-1] in ">}":
            continue
        ids = [vocabulary.id(character) for character in token[:MAX_CHARACTERS]]
        table[index, : len(ids)] = ids
    return table


class SeededDropout(tf.keras.layers.Layer):  # type: ignore[misc]
    """Dropout whose masks follow from a seed and the training step alone.

    Keras' own draws from a state that no checkpoint holds: a training that was resumed
    would end elsewhere.

    Args:
        rate: Share of activations left out.
        seed: What the masks follow from.
    """

    def __init__(self, rate: float, seed: int) -> None:
        super().__init__(name="dropout")
        self._rate = rate
        self._seed = seed
        self._places = 0
        self.step = tf.Variable(0, dtype=tf.int32, trainable=False)

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Leaves some activations out while training."""
        if not training or not self._rate:
            return inputs
        # Each place in the network has masks of its own.
        self._places += 1
        seed = tf.stack([self._seed * 1000 + self._places, self.step])
        return tf.nn.experimental.stateless_dropout(inputs, self._rate, seed)


@dataclass
class DecoderState:
    """The decoder's LSTM state: `hidden` and `cell`, each (replies, units)."""

    hidden: tf.Tensor
    cell: tf.Tensor


class TokenEmbedding(tf.keras.layers.Layer):  # type: ignore[misc]
    """Embeds tokens by word and by characters; also scores them as output.

    Args:
        characters: See `character_table`.
        size: Numbers per token.
    """

    def __init__(self, characters: npt.NDArray[np.int32], size: int) -> None:
        super().__init__(name="embedding")
        # Plain arrays, since a tensor would become an input of the exported graph.
        self._characters = characters
        spelled = (characters != PAD_ID).astype(np.float32)
        share = spelled / np.maximum(spelled.sum(axis=1, keepdims=True), 1.0)
        self._share = share[:, :, None]
        shape = (characters.shape[0], size)
        start = tf.keras.initializers.RandomNormal(stddev=size**-0.5)
        self.words = self.add_weight("words", shape, initializer=start)
        self.spelling = self.add_weight("spelling", shape, initializer=start)
        self.bias = self.add_weight("bias", shape[:1], initializer="zeros")

    def call(self, tokens: tf.Tensor) -> tf.Tensor:
        """Embeds ids of any shape; adds a last axis of `size`."""
        letters = tf.gather(self.spelling, tf.gather(self._characters, tokens))
        share = tf.gather(self._share, tokens)
        return tf.gather(self.words, tokens) + tf.reduce_sum(letters * share, axis=-2)

    def scores(self, features: tf.Tensor) -> tf.Tensor:
        """Scores each token: (places, size) becomes (places, vocabulary)."""
        return tf.matmul(features, self.words, transpose_b=True) + self.bias


class Seq2Seq(tf.keras.Model):  # type: ignore[misc]
    """Encoder, attention and decoder.

    Args:
        settings: Sizes and dropout.
        characters: See `character_table`.
    """

    def __init__(
        self, settings: TrainingSettings, characters: npt.NDArray[np.int32]
    ) -> None:
        super().__init__()
        layers = tf.keras.layers
        self.embedding = TokenEmbedding(characters, settings.embedding_size)
        self.encoder = layers.Bidirectional(
            layers.LSTM(
                settings.encoder_units, return_sequences=True, return_state=True
            ),
            name="encoder",
        )
        units = settings.decoder_units
        self.bridge_hidden = layers.Dense(units, "tanh", name="bridge_hidden")
        self.bridge_cell = layers.Dense(units, name="bridge_cell")
        self.decoder = layers.LSTM(
            units, return_sequences=True, return_state=True, name="decoder"
        )
        self.query = layers.Dense(
            2 * settings.encoder_units, use_bias=False, name="query"
        )
        self.combine = layers.Dense(settings.embedding_size, "tanh", name="combine")
        self.dropout = SeededDropout(settings.dropout, settings.random_seed)

    def encode(
        self, source: tf.Tensor, training: bool = False
    ) -> tuple[tf.Tensor, DecoderState]:
        """Reads the source.

        Args:
            source: Token ids, shape (batch, source length), padded with `PAD_ID`.
            training: Whether to drop out.

        Returns:
            The memory to attend to, (batch, source length, 2 * encoder units), and
            the decoder's first state.
        """
        # A lone source is never padded, and without a mask its LSTM exports as one
        # fused operator instead of a loop.
        mask = None if source.shape[0] == 1 else tf.not_equal(source, PAD_ID)
        embedded = self.dropout(self.embedding(source), training=training)
        memory, *states = self.encoder(embedded, mask=mask, training=training)
        forward_h, forward_c, backward_h, backward_c = states
        hidden = self.bridge_hidden(tf.concat([forward_h, backward_h], -1))
        cell = self.bridge_cell(tf.concat([forward_c, backward_c], -1))
        return self.dropout(memory, training=training), DecoderState(hidden, cell)

    def decode(
        self,
        tokens: tf.Tensor,
        state: DecoderState,
        memory: tf.Tensor,
        memory_mask: tf.Tensor | None,
        training: bool = False,
    ) -> tuple[tf.Tensor, tf.Tensor, DecoderState]:
        """Reads what was said so far.

        Args:
            tokens: Ids, (batch, length).
            state: Where the decoder stands.
            memory: What `encode` returned; a batch of one serves all replies.
            memory_mask: True at the memory's real places, (batch, source length).
            training: Whether to drop out.

        Returns:
            Features for `embedding.scores` to score what comes next, (batch, length,
            embedding size), attention (batch, length, source length) and the state
            after the last token.
        """
        embedded = self.dropout(self.embedding(tokens), training=training)
        outputs, hidden, cell = self.decoder(
            embedded, initial_state=[state.hidden, state.cell], training=training
        )
        energy = tf.matmul(self.query(outputs), memory, transpose_b=True)
        if memory_mask is not None:
            energy += tf.where(memory_mask, 0.0, _NEVER)[:, None, :]
        attention = tf.nn.softmax(energy, axis=-1)
        context = tf.matmul(attention, memory)
        features = self.combine(tf.concat([outputs, context], -1))
        features = self.dropout(features, training=training)
        return features, attention, DecoderState(hidden, cell)

    def call(self, inputs: Sequence[tf.Tensor], training: bool = False) -> tf.Tensor:
        """Scores a whole reply at once (teacher forcing).

        Args:
            inputs: Source (batch, source length) and the reply behind its begin mark
                (batch, length), both padded with `PAD_ID`.
            training: Whether to drop out.

        Returns:
            Scores at the real places of the replies, one after the other: padding
            costs no time. Shape (places, vocabulary).
        """
        source, reply = inputs
        memory, state = self.encode(source, training)
        mask = tf.not_equal(source, PAD_ID)
        features, _, _ = self.decode(reply, state, memory, mask, training)
        real = tf.boolean_mask(features, tf.not_equal(reply, PAD_ID))
        return self.embedding.scores(real)


def build_network(settings: TrainingSettings, vocabulary: Vocabulary) -> Seq2Seq:
    """A network with all its weights made, random from the settings' seed."""
    tf.keras.utils.set_random_seed(settings.random_seed)
    network = Seq2Seq(settings, character_table(vocabulary))
    network((tf.ones((2, 2), tf.int32), tf.ones((2, 2), tf.int32)))
    return network
