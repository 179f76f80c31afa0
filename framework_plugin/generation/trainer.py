"""Training: epochs, checkpoints, early stopping, resuming."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import tensorflow as tf

from framework_plugin.generation.batches import Batch
from framework_plugin.generation.network import Seq2Seq
from framework_plugin.generation.settings import TrainingSettings
from framework_plugin.text.vocabulary import PAD_ID

logger = logging.getLogger(__name__)


_MOST_STEPS = 1_000_000
"""Steps of one epoch; each has dropout masks of its own."""


class Progress(Protocol):
    """Shows how far training has come."""

    def epoch_started(self, epoch: int, epochs: int, steps: int) -> None:
        """An epoch (from 1) of so many steps begins."""
        ...

    def step_done(self, loss: float, tokens_per_second: float) -> None:
        """One batch was learned."""
        ...

    def epoch_done(self, result: EpochResult) -> None:
        """An epoch is over and was tried on the development split."""
        ...

    def stage(self, name: str) -> None:
        """What comes after the epochs begins."""
        ...


@dataclass(frozen=True)
class EpochResult:
    """What one epoch came to.

    Args:
        epoch: From 1.
        train_loss: Mean cross-entropy per token, label smoothing included.
        development_loss: Mean cross-entropy per token, in nats.
        seconds: Time taken.
        best: Whether no earlier epoch did better on the development split.
    """

    epoch: int
    train_loss: float
    development_loss: float
    seconds: float
    best: bool

    @property
    def perplexity(self) -> float:
        """Development perplexity per token."""
        return math.exp(min(self.development_loss, 50.0))


class Trainer:
    """Trains a network and keeps its best weights.

    After each epoch weights, optimiser and progress go to a checkpoint, so that a
    training that was interrupted goes on where its last epoch ended, with the same
    result: every random choice of an epoch follows from the seed and its number.

    Args:
        network: With its weights made.
        settings: How to train.
        checkpoints: Folder for checkpoints; kept until training is over.
    """

    def __init__(
        self, network: Seq2Seq, settings: TrainingSettings, checkpoints: Path
    ) -> None:
        self._network = network
        self._settings = settings
        self._optimizer = tf.keras.optimizers.Adam(
            settings.learning_rate, global_clipnorm=settings.clip_norm
        )
        self._optimizer.build(network.trainable_variables)
        self._epoch = tf.Variable(0, dtype=tf.int64)
        self._best_loss = tf.Variable(np.inf, dtype=tf.float32)
        self._best_epoch = tf.Variable(0, dtype=tf.int64)
        state = tf.train.Checkpoint(
            network=network,
            optimizer=self._optimizer,
            epoch=self._epoch,
            best_loss=self._best_loss,
            best_epoch=self._best_epoch,
        )
        self._latest = tf.train.CheckpointManager(
            state, str(checkpoints), max_to_keep=2
        )
        self._best_path = checkpoints / "best.weights.h5"
        signature = [tf.TensorSpec((None, None), tf.int32)] * 3
        self._train_step = tf.function(self._learn, input_signature=signature)
        self._loss_step = tf.function(self._measure, input_signature=signature)

    def train(
        self,
        batches_of: Callable[[int], Sequence[Batch]],
        development: Sequence[Batch],
        progress: Progress,
    ) -> list[EpochResult]:
        """Trains until the development loss stops falling, or the epochs are over.

        Args:
            batches_of: The batches of an epoch (from 1).
            development: Batches that are never learned from.
            progress: Told of every step.

        Returns:
            What each epoch of this run came to. The network then holds the best
            weights.
        """
        results: list[EpochResult] = []
        if self._latest.restore_or_initialize():
            logger.info("Going on after epoch %d.", int(self._epoch))
        while not self._over():
            number = int(self._epoch) + 1
            results.append(
                self._run_epoch(number, batches_of(number), development, progress)
            )
        self._network.load_weights(str(self._best_path))
        return results

    def _over(self) -> bool:
        waited = int(self._epoch) - int(self._best_epoch)
        return (
            int(self._epoch) >= self._settings.epochs
            or waited >= self._settings.patience
        )

    def _run_epoch(
        self,
        number: int,
        batches: Sequence[Batch],
        development: Sequence[Batch],
        progress: Progress,
    ) -> EpochResult:
        settings = self._settings
        # Large steps at first, small ones at the end: linear decay over the epochs.
        left = (settings.epochs - number + 1) / settings.epochs
        self._optimizer.learning_rate.assign(settings.learning_rate * left)
        self._network.dropout.step.assign(number * _MOST_STEPS)
        progress.epoch_started(number, settings.epochs, len(batches))
        started, losses, tokens = time.perf_counter(), 0.0, 0
        for batch in batches:
            loss = float(self._train_step(*_tensors(batch)))
            losses += loss * batch.target_tokens
            tokens += batch.target_tokens
            progress.step_done(loss, tokens / (time.perf_counter() - started))
        development_loss = self.loss(development)
        result = EpochResult(
            number,
            losses / max(tokens, 1),
            development_loss,
            time.perf_counter() - started,
            development_loss < float(self._best_loss),
        )
        self._remember(result)
        progress.epoch_done(result)
        return result

    def _remember(self, result: EpochResult) -> None:
        self._epoch.assign(result.epoch)
        if result.best:
            self._best_loss.assign(result.development_loss)
            self._best_epoch.assign(result.epoch)
            self._network.save_weights(str(self._best_path))
        self._latest.save(checkpoint_number=result.epoch)

    def loss(self, batches: Sequence[Batch]) -> float:
        """Mean cross-entropy per token in nats, without dropout or smoothing."""
        total = tokens = 0.0
        for batch in batches:
            total += float(self._loss_step(*_tensors(batch))) * batch.target_tokens
            tokens += batch.target_tokens
        return total / max(tokens, 1.0)

    def _learn(
        self, source: tf.Tensor, reply_in: tf.Tensor, reply_out: tf.Tensor
    ) -> tf.Tensor:
        with tf.GradientTape() as tape:
            scores = self._network((source, reply_in), training=True)
            loss = cross_entropy(scores, reply_out, self._settings.label_smoothing)
        variables = self._network.trainable_variables
        gradients = tape.gradient(loss, variables)
        self._network.dropout.step.assign_add(1)
        self._optimizer.apply_gradients(zip(gradients, variables))  # noqa: B905
        return loss

    def _measure(
        self, source: tf.Tensor, reply_in: tf.Tensor, reply_out: tf.Tensor
    ) -> tf.Tensor:
        return cross_entropy(self._network((source, reply_in)), reply_out, 0.0)


def cross_entropy(
    scores: tf.Tensor, targets: tf.Tensor, label_smoothing: float
) -> tf.Tensor:
    """Mean cross-entropy per real token.

    Args:
        scores: Of the real tokens only, (places, vocabulary), before the softmax.
        targets: (batch, length), padded with `PAD_ID`.
        label_smoothing: Mass spread evenly over the vocabulary.

    Returns:
        A scalar in nats.
    """
    wanted = tf.boolean_mask(targets, tf.not_equal(targets, PAD_ID))
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(
        labels=wanted, logits=scores
    )
    if label_smoothing:
        # The mean over all tokens differs from the wanted one's loss by scores alone.
        own = tf.gather(scores, wanted, batch_dims=1)
        losses += label_smoothing * (own - tf.reduce_mean(scores, axis=-1))
    return tf.reduce_mean(losses)


def _tensors(batch: Batch) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    return (
        tf.constant(batch.source),
        tf.constant(batch.reply_in),
        tf.constant(batch.reply_out),
    )
