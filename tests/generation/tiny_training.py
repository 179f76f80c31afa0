"""A network and a task small enough to be trained in a test."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from framework_plugin.generation.settings import TrainingSettings
from framework_plugin.generation.training.batches import Batch, Encoded, make_batches
from framework_plugin.generation.training.results import Outcome, Unseen
from framework_plugin.generation.training.store import ExampleStore
from framework_plugin.generation.training.trainer import Trainer

VOCABULARY = 12
SIGNATURE = {"vocabulary": "12 tokens (abc)"}
SETTINGS = TrainingSettings(
    epochs=4,
    patience=4,
    batch_size=4,
    learning_rate=0.05,
    dropout=0.2,
    average_decay=0.9,
    label_smoothing=0.0,
)


class Losses(NamedTuple):
    total: tf.Tensor
    nll: tf.Tensor
    tokens: tf.Tensor


class Random(tf.Module):
    def __init__(self) -> None:
        super().__init__()
        self.step = tf.Variable(0, dtype=tf.int32, trainable=False)


class TinyNetwork(tf.keras.Model):
    """Predicts each token from the one before and the mean of what was read."""

    def __init__(self, dropout: float, size: int = 8) -> None:
        super().__init__()
        self.random = Random()
        self._rate = dropout

        def start(seed: int, *shape: int) -> tf.Variable:
            value = tf.random.stateless_normal(shape, [7, seed], stddev=0.3)
            return tf.Variable(value, trainable=True)

        self.embedding = start(1, VOCABULARY, size)
        self.output_weights = start(2, size, VOCABULARY)
        self.bias = tf.Variable(tf.zeros(VOCABULARY))

    def losses(self, inputs: dict[str, tf.Tensor], training: bool) -> Losses:
        read = tf.reduce_mean(tf.gather(self.embedding, inputs["source"]), axis=1)
        hidden = tf.gather(self.embedding, inputs["reply_in"]) + read[:, None]
        if training and self._rate:
            seed = tf.stack([5, self.random.step])
            hidden = tf.nn.experimental.stateless_dropout(hidden, self._rate, seed)
        scores = tf.einsum("ble,ev->blv", hidden, self.output_weights) + self.bias
        nll = tf.nn.sparse_softmax_cross_entropy_with_logits(
            inputs["reply_out"], scores
        )
        real = tf.cast(inputs["reply_out"] != 0, tf.float32)
        total = tf.reduce_sum(nll * real)
        return Losses(total, total, tf.reduce_sum(real))


def examples(count: int = 37, seed: int = 0) -> list[Encoded]:
    """Replies that repeat what was read: there is something to learn."""
    rng = np.random.default_rng(seed)
    made: list[Encoded] = []
    for _ in range(count):
        source = rng.integers(4, VOCABULARY, rng.integers(1, 6)).tolist()
        said = source[: rng.integers(1, 4)]
        made.append({"source": source, "reply_in": [2, *said], "reply_out": [*said, 3]})
    return made


def data_of(epoch: int) -> ExampleStore:
    """Other examples in each epoch, the same for the same epoch."""
    return ExampleStore.of(examples(seed=epoch))


DEVELOPMENT: list[Batch] = make_batches(examples(20, seed=99), 8)


class Watching(Unseen):
    """Remembers all losses, and does something at one step."""

    def __init__(self, at: int = -1, then: Callable[[], object] = bool) -> None:
        self.losses: list[float] = []
        self.started: list[tuple[int, int]] = []
        self._at = at
        self._then = then

    def epoch_started(self, epoch: int, epochs: int, steps: int, done: int) -> None:
        self.started.append((epoch, done))

    def step_done(self, loss: float, tokens_per_second: float) -> None:
        assert tokens_per_second > 0
        self.losses.append(loss)
        if len(self.losses) == self._at:
            self._then()


def trainer(
    folder: Path, settings: TrainingSettings = SETTINGS, **options: object
) -> tuple[Trainer, TinyNetwork]:
    network = TinyNetwork(settings.dropout)
    given = {"signature": SIGNATURE, **options}
    return Trainer(network, settings, folder, **given), network


def train(
    folder: Path,
    settings: TrainingSettings = SETTINGS,
    progress: Unseen | None = None,
    **options: object,
) -> tuple[Outcome, TinyNetwork]:
    made, network = trainer(folder, settings, **options)
    return made.train(data_of, DEVELOPMENT, progress or Unseen()), network
