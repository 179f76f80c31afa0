"""Training: epochs, checkpoints, early stopping, going on where it was left."""

from __future__ import annotations

import json
import logging
import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import tensorflow as tf

from framework_plugin.errors import CorpusError, TrainingError
from framework_plugin.generation.settings import TrainingSettings
from framework_plugin.generation.training.batches import Batch
from framework_plugin.generation.training.board import Board, Samples
from framework_plugin.generation.training.checkpoints import Checkpoints, Signature
from framework_plugin.generation.training.distribution import Distribution
from framework_plugin.generation.training.epoch import (
    DivergedError,
    EpochRun,
    Surroundings,
)
from framework_plugin.generation.training.interrupts import Interrupts
from framework_plugin.generation.training.learner import Learner, Network
from framework_plugin.generation.training.position import Position
from framework_plugin.generation.training.results import Outcome, Progress, Unseen
from framework_plugin.generation.training.store import Examples

logger = logging.getLogger(__name__)


class Trainer:
    """Trains a network and leaves it with its best weights.

    Every random choice follows from the seed, the epoch and the step. A checkpoint
    holds weights, moments, average and position; a training that was killed at any step
    goes on from the last one and ends as if nothing had been.

    Args:
        network: With its weights made.
        settings: How to train.
        checkpoints: Folder for checkpoints; whoever owns it deletes it.
        signature: What the training depends on; see `checkpoints.signature_of`.
        distribution: Who else takes part; nobody if left out. Made before the network.
        samples: See `board.Board`.
    """

    def __init__(
        self,
        network: Network,
        settings: TrainingSettings,
        checkpoints: Path,
        *,
        signature: Signature,
        distribution: Distribution | None = None,
        samples: Samples | None = None,
    ) -> None:
        self._network = network
        self._settings = settings
        self._checkpoints = Checkpoints(
            checkpoints, signature, settings.kept_checkpoints
        )
        self._distribution = distribution or Distribution()
        self._samples = samples
        self._made: Learner | None = None
        self._position = Position()

    def train(
        self,
        data_of: Callable[[int], Examples],
        development: Sequence[Batch],
        progress: Progress,
    ) -> Outcome:
        """Trains until the development loss stops falling, or the epochs are over.

        The first Ctrl-C ends it after the step that runs, with a checkpoint. The
        network then holds the best (averaged) weights, if an epoch was ended.

        Args:
            data_of: The examples of an epoch (from 1); the same for the same epoch.
            development: Batches that are never learned from.
            progress: Told of every step, by the chief worker.

        Returns:
            What it came to.

        Raises:
            ArtefactError: If the checkpoints are damaged or of another training.
            CorpusError: If there is nothing to learn from or to measure on.
            TrainingError: If the loss diverges before an epoch is over, or a checkpoint
                cannot be written.
        """
        if not sum(batch.target_tokens for batch in development):
            raise CorpusError(
                "The development split is empty: the best epoch cannot be told. Give "
                "it a dialogue with a reply, or leave 'development_corpus' out to keep "
                "some of the corpus aside."
            )
        learner = self._learner(development[0])
        diverged, whole = False, True
        with Interrupts() as interrupts, self._board() as board:
            around = self._surroundings(learner, interrupts, board, progress)
            try:
                self._resume(learner)
                while whole and not self._over():
                    data = data_of(self._position.epoch)
                    whole = self._epoch(learner, around, data, development)
            except DivergedError:
                self._warn_diverged()
                diverged = True
            except tf.errors.OpError as error:
                raise self._explained(error) from error
        self._adopt_best(learner)
        results = tuple(self._position.results)
        return Outcome(results, interrupts.wanted or not whole, diverged)

    def loss(self, batches: Sequence[Batch]) -> float:
        """Mean cross-entropy per token in nats, without dropout or smoothing.

        Raises:
            CorpusError: If there are no batches.
        """
        if not batches:
            raise CorpusError("There are no examples to measure the loss on.")
        shard = self._distribution.shard
        return self._learner(batches[0]).loss(map(shard, batches))

    def _learner(self, batch: Batch) -> Learner:
        """Made when the inputs' names are known."""
        if self._made is None:
            self._made = Learner(
                self._network, self._settings, self._distribution, batch.arrays
            )
        return self._made

    def _over(self) -> bool:
        best, ended = self._position.best, len(self._position.results)
        waited = ended - best.epoch if best else 0
        return ended >= self._settings.epochs or waited >= self._settings.patience

    def _epoch(
        self,
        learner: Learner,
        around: Surroundings,
        data: Examples,
        development: Sequence[Batch],
    ) -> bool:
        """Learns and measures one epoch, or what is left; False if interrupted."""
        position = self._position
        if not len(data):
            raise CorpusError(
                f"There is nothing to learn from in epoch {position.epoch}: the "
                "training split has no example with a reply. Add dialogues to 'corpus'."
            )
        if not EpochRun(learner, position, around, len(data)).run(data):
            around.save()
            return False
        started = time.perf_counter()
        with learner.average.applied():
            loss = learner.loss(map(self._distribution.shard, development))
            if not math.isfinite(loss):
                raise DivergedError
            position.seconds += time.perf_counter() - started
            result = position.close_epoch(loss)
            if result.best and self._distribution.chief:
                self._checkpoints.save_best(
                    position.step, learner.network_arrays(), {"epoch": result.epoch}
                )
            around.board.epoch_done(position.step, result)
        around.save()
        around.progress.epoch_done(result)
        return True

    def _surroundings(
        self,
        learner: Learner,
        interrupts: Interrupts,
        board: Board,
        progress: Progress,
    ) -> Surroundings:
        def save() -> None:
            if self._distribution.chief:
                step, state = self._position.step, self._position.to_json()
                self._checkpoints.save(step, learner.arrays(), state)

        return Surroundings(
            self._settings,
            self._distribution,
            interrupts,
            board,
            progress if self._distribution.chief else Unseen(),
            save,
        )

    def _board(self) -> Board:
        folder = self._settings.tensorboard if self._distribution.chief else None
        return Board(folder, self._samples)

    def _resume(self, learner: Learner) -> None:
        """Goes on from the chief's last checkpoint, if there is one."""
        found = self._checkpoints.latest() if self._distribution.chief else None
        if found is not None:
            learner.restore(found.arrays)
            self._position = Position.from_json(found.state)
            logger.info(
                "Training goes on after step %d ('%s').", found.step, found.path
            )
        text = self._distribution.share_text(json.dumps(self._position.to_json()))
        self._position = Position.from_json(json.loads(text))
        learner.share()

    def _adopt_best(self, learner: Learner) -> None:
        if self._position.best is None:
            return
        if self._distribution.chief and (best := self._checkpoints.best()):
            learner.adopt(best.arrays)
        learner.share()

    def _warn_diverged(self) -> None:
        """Says what to change; an error if there is nothing to keep."""
        settings, best = self._settings, self._position.best
        what = (
            f"The loss is no longer a number near step {self._position.step}, so "
            f"training stopped. Lower 'learning_rate' ({settings.learning_rate}) or "
            f"'clip_norm' ({settings.clip_norm}), lengthen 'warmup' "
            f"({settings.warmup}), or set 'training_precision' to 'fp32'"
        )
        if best is None:
            raise TrainingError(f"{what}; then train again. No epoch was finished.")
        logger.warning(
            "%s. The weights of epoch %d (development perplexity %.2f) are kept.",
            what,
            best.epoch,
            best.perplexity,
        )

    def _explained(self, error: Any) -> BaseException:
        """What TensorFlow's error means here, or that error itself."""
        if isinstance(error, tf.errors.ResourceExhaustedError):
            return TrainingError(
                f"Memory ran out at step {self._position.step} ({error.message}). "
                f"Lower 'batch_size' ({self._settings.batch_size}) or the network's "
                "sizes, and train again."
            )
        if not self._distribution.alone:
            return TrainingError(
                f"A worker was lost near step {self._position.step} ({error.message}). "
                "Start all workers again; training goes on from the last checkpoint."
            )
        raise error
