"""The network: an encoder, a decoder, and what lies between and on top of them.

Sequence to sequence (Sutskever et al. 2014) with attention, a memory of the user and
copying, each of which can be left out; see `NetworkSettings`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import tensorflow as tf

from framework_plugin.generation.encoding import input_names
from framework_plugin.generation.network.attention import Read, padding_bias
from framework_plugin.generation.network.conditions import Conditions
from framework_plugin.generation.network.context import TurnEmbedding, TurnSummaries
from framework_plugin.generation.network.copying import (
    copied_log_probs,
    copyable,
    mixed,
)
from framework_plugin.generation.network.decoder import (
    Decoder,
    RecurrentDecoder,
    State,
    TransformerDecoder,
)
from framework_plugin.generation.network.embedding import TokenEmbedding
from framework_plugin.generation.network.encoder import (
    ConvolutionalEncoder,
    Encoder,
    RecurrentEncoder,
    TransformerEncoder,
)
from framework_plugin.generation.network.lexicon import Lexicon
from framework_plugin.generation.network.losses import Losses, smoothed, token_log_probs
from framework_plugin.generation.network.reader import Reader, Texts, Written
from framework_plugin.generation.settings import NetworkSettings, TrainingSettings
from framework_plugin.text.vocabulary import (
    BEGIN_ID,
    PAD_ID,
    UNKNOWN_ID,
    Vocabulary,
)

Inputs = Mapping[str, tf.Tensor]
"""A batch: ids (batch, length), padded with `PAD_ID`, by the names of `input_names`."""

_BLANK = {
    "source": UNKNOWN_ID,
    "memory": UNKNOWN_ID,
    "source_copy": PAD_ID,
    "memory_copy": PAD_ID,
}
"""What stands first, before padding, where nothing was read."""

_NOISY = ("source", "memory", "reply_in")
"""Where tokens are read as unknown while training."""


class Heard(NamedTuple):
    """What the encoders made of a batch.

    Attributes:
        texts: For the decoder to attend to.
        state: The decoder's first.
    """

    texts: Texts
    state: State


class Attempt(NamedTuple):
    """A pass over a batch, up to the scores.

    Attributes:
        read: The batch as it was read: while training, with some of it left out.
        real: True where the reply has a token, (batch, length).
        written: For all places, see `Written`.
        scores: Of the words at the real places, (places, vocabulary).
    """

    read: Inputs
    real: tf.Tensor
    written: Written
    scores: tf.Tensor


class Seq2Seq(tf.keras.Model):  # type: ignore[misc]
    """The whole network.

    Args:
        settings: What it is made of.
        training: Dropout and precision.
        lexicon: Of its vocabulary.
    """

    def __init__(
        self, settings: NetworkSettings, training: TrainingSettings, lexicon: Lexicon
    ) -> None:
        super().__init__()
        self.settings = settings
        self._training = training
        conditions = Conditions.of(training)
        self.random = conditions.random
        self._drop = conditions.drop
        self.embedding = TokenEmbedding(
            lexicon,
            settings.embedding_size,
            by_character=settings.character_embeddings,
            deviation=settings.embedding_deviation,
            tied=settings.tied_embeddings,
            precision=conditions.precision,
        )
        self.turns = TurnEmbedding(settings, lexicon.speakers)
        self.encoder = _encoder(settings, conditions)
        self.summaries = self.memory_encoder = None
        if settings.context == "hierarchical":
            self.summaries = TurnSummaries(settings, self.encoder.width, conditions)
        if settings.memory:
            self.memory_encoder = RecurrentEncoder(
                settings, 1, conditions, "memory_encoder"
            )
        self.decoder: Decoder
        if settings.decoder == "recurrent":
            sizes = self.encoder.summary_sizes
            self.decoder = RecurrentDecoder(settings, sizes, conditions)
        else:
            self.decoder = TransformerDecoder(settings, self.encoder.width, conditions)
        self.reader = Reader(
            settings,
            self.decoder.width,
            self.encoder.width,
            self.memory_encoder.width if self.memory_encoder else 0,
            conditions,
        )

    def hear(
        self, source: tf.Tensor, memory: tf.Tensor | None, training: bool = False
    ) -> Heard:
        """Reads a dialogue and the user's memory.

        Args:
            source: Ids, (batch, length).
            memory: Ids, (batch, memory length); None if none is read.
            training: Whether to drop out.
        """
        real = tf.not_equal(source, PAD_ID)
        embedded = self.turns(source, self._embed(source, training))
        encoded = self.encoder(embedded, real, training=training)
        if self.summaries is not None:
            turns = self.turns.turns(source)
            encoded = self.summaries(encoded, turns, real, training=training)
        dialogue = None
        if self.settings.attention != "none":
            dialogue = Read(encoded.states, padding_bias(real))
        known = None
        if self.memory_encoder is not None:
            real = tf.not_equal(memory, PAD_ID)
            embedded = self._embed(memory, training)
            read = self.memory_encoder(embedded, real, training=training).states
            known = Read(read, padding_bias(real))
        return Heard(Texts(dialogue, known), self.decoder.first_state(encoded.summary))

    def write(
        self, tokens: tf.Tensor, state: State, texts: Texts, training: bool = False
    ) -> tuple[Written, State]:
        """Reads what was written; see `Decoder.write`.

        Args:
            tokens: Ids, (replies, length).
            state: Before the first of them.
            texts: One row per text; replies to the same text stand side by side.
            training: Whether to drop out.
        """
        embedded = self._embed(tokens, training)
        return self.decoder.write(embedded, state, texts, self.reader, training)

    def step(
        self, tokens: tf.Tensor, state: State, texts: Texts
    ) -> tuple[Written, State]:
        """Reads the last token of each reply, when serving; see `Decoder.step`.

        Args:
            tokens: Ids, (replies,).
            state: Before them.
            texts: One row per reply, or one that all share.
        """
        return self.decoder.step(self.embedding(tokens), state, texts, self.reader)

    def losses(self, inputs: Inputs, training: bool = False) -> Losses:
        """The loss of a batch.

        Only real places are scored, so that padding costs next to nothing.

        Args:
            inputs: See `Inputs` and `input_names`.
            training: Whether to drop out and smooth labels.
        """
        return self.loss_of(self.attempt(inputs, training), training)

    def attempt(self, inputs: Inputs, training: bool = False) -> Attempt:
        """Reads a batch and scores what might be said; see `losses`."""
        self.random.begin()
        read = self._noisy(self._partly_blank(inputs, training), training)
        heard = self.hear(read["source"], read.get("memory"), training)
        written, _ = self.write(read["reply_in"], heard.state, heard.texts, training)
        real = tf.not_equal(read["reply_out"], PAD_ID)
        scores = self.embedding.scores(tf.boolean_mask(written.features, real))
        return Attempt(read, real, written, scores)

    def loss_of(self, attempt: Attempt, training: bool = False) -> Losses:
        """How far an attempt is from the batch's replies; see `losses`."""
        inputs, real, written, scores = attempt
        smoothing = self._training.label_smoothing if training else 0.0
        targets = inputs["reply_out"]
        wanted = tf.boolean_mask(targets, real)
        sayable = wanted < self.embedding.written
        if training and written.sources is not None and self._training.forced_copy:
            closed = self.random.chosen(tf.shape(wanted), self._training.forced_copy)
            able = tf.boolean_mask(copyable(inputs, targets), real)
            sayable = tf.logical_and(sayable, ~tf.logical_and(closed, able))
        own, mean = token_log_probs(scores, tf.where(sayable, wanted, UNKNOWN_ID))
        if written.sources is not None:
            copied = copied_log_probs(written, inputs, targets)
            own = mixed(
                own,
                sayable,
                tf.boolean_mask(copied, real),
                tf.boolean_mask(written.sources, real),
            )
        return smoothed(own, mean, smoothing)

    def call(self, inputs: Inputs, training: bool = False) -> tf.Tensor:
        """The mean negative log-likelihood per target token, in nats."""
        losses = self.losses(inputs, training)
        return losses.nll / losses.tokens

    def _embed(self, tokens: tf.Tensor, training: bool) -> tf.Tensor:
        return self._drop(self.embedding(tokens), training)

    def _partly_blank(self, inputs: Inputs, training: bool) -> Inputs:
        """Some examples with nothing read: `UNKNOWN_ID`, and no word to copy.

        From them the network learns what replies are like by themselves (Ho & Salimans
        2022, "Classifier-Free Diffusion Guidance", §3.2). Their targets can always be
        said: the vocabulary spells all that is learned.
        """
        rate = self._training.blank_source
        if not training or not rate:
            return inputs
        blank = self.random.chosen(tf.shape(inputs["source"])[:1], rate)[:, None]

        changed = dict(inputs)
        for name, mark in _BLANK.items():
            if name in inputs:
                first = tf.equal(tf.range(tf.shape(inputs[name])[1]), 0)[None, :]
                nothing = tf.where(first, mark, PAD_ID)
                changed[name] = tf.where(blank, nothing, inputs[name])
        return changed

    def _noisy(self, inputs: Inputs, training: bool) -> Inputs:
        """Some tokens as unknown (Bowman et al. 2016, word dropout)."""
        rate = self._training.word_dropout
        if not training or not rate:
            return inputs
        changed = dict(inputs)
        for name in _NOISY:
            if name in inputs:
                tokens = inputs[name]
                mark = tf.equal(tokens, PAD_ID) | tf.equal(tokens, BEGIN_ID)
                lost = self.random.chosen(tf.shape(tokens), rate) & ~mark
                changed[name] = tf.where(lost, UNKNOWN_ID, tokens)
        return changed


def _encoder(settings: NetworkSettings, conditions: Conditions) -> Encoder:
    if settings.encoder == "convolutional":
        return ConvolutionalEncoder(settings, conditions)
    if settings.encoder == "transformer":
        return TransformerEncoder(settings, conditions)
    return RecurrentEncoder(settings, settings.encoder_layers, conditions, "encoder")


def build_network(
    settings: NetworkSettings, training: TrainingSettings, vocabulary: Vocabulary
) -> Seq2Seq:
    """A network with all its weights made, random from the seed."""
    tf.keras.utils.set_random_seed(training.random_seed)
    network = Seq2Seq(settings, training, Lexicon.of(vocabulary))
    network({name: tf.ones((2, 2), tf.int32) for name in input_names(settings)})
    return network
