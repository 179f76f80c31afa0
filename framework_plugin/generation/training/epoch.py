"""The steps of one epoch."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from framework_plugin.generation.settings import TrainingSettings
from framework_plugin.generation.training.board import Board
from framework_plugin.generation.training.distribution import Distribution
from framework_plugin.generation.training.interrupts import Interrupts
from framework_plugin.generation.training.learner import Learner
from framework_plugin.generation.training.position import Position
from framework_plugin.generation.training.prefetch import Prefetched
from framework_plugin.generation.training.results import Progress
from framework_plugin.generation.training.schedule import step_size
from framework_plugin.generation.training.store import Examples

_READ_EVERY = 10
"""Steps after which losses are read: reading waits for the step to end."""


class DivergedError(Exception):
    """The loss is no longer a number."""


@dataclass(frozen=True)
class Surroundings:
    """What an epoch works with.

    Args:
        settings: How to train.
        distribution: Who else takes part.
        interrupts: Whether to stop.
        board: Where figures go.
        progress: Told of every step.
        save: Saves a checkpoint.
    """

    settings: TrainingSettings
    distribution: Distribution
    interrupts: Interrupts
    board: Board
    progress: Progress
    save: Callable[[], None]


class EpochRun:
    """Learns what is left of an epoch.

    Args:
        learner: Makes the steps.
        position: Where the epoch stands; moved on with each step.
        around: What it works with.
        examples: How many the epoch has.
    """

    def __init__(
        self,
        learner: Learner,
        position: Position,
        around: Surroundings,
        examples: int,
    ) -> None:
        self._learner = learner
        self._position = position
        self._around = around
        self._steps = math.ceil(examples / around.settings.batch_size)
        self._unread: list[tf.Tensor] = []
        self._stop = False
        self._marked = self._started = time.perf_counter()
        self._tokens_before = position.tokens

    def run(self, data: Examples) -> bool:
        """Learns the batches that are left.

        Args:
            data: The examples of this epoch.

        Returns:
            Whether the epoch is over; False if it was interrupted.

        Raises:
            DivergedError: If the loss is no longer a number.
        """
        position, settings = self._position, self._around.settings
        self._around.progress.epoch_started(
            position.epoch, settings.epochs, self._steps, position.done
        )
        seed = (settings.random_seed, position.epoch)
        batches = data.batches(seed, settings.batch_size, position.done)
        with Prefetched(map(self._around.distribution.shard, batches)) as shares:
            for share in shares:
                wanted = self._around.interrupts.wanted
                sums = self._learner.learn(share, position.step, self._rate(), wanted)
                self._note(sums)
                if self._stop:
                    return False
        self._read()
        return True

    def _rate(self) -> float:
        """The learning rate of the step to come.

        Epochs may differ a little in length; all are taken to be as long as this one.
        """
        settings, position = self._around.settings, self._position
        return step_size(
            (position.epoch - 1) * self._steps + position.done,
            settings.epochs * self._steps,
            largest=settings.learning_rate,
            warmup=settings.warmup,
            schedule=settings.schedule,
        )

    def _note(self, sums: tf.Tensor) -> None:
        position, around = self._position, self._around
        self._unread.append(sums)
        position.step += 1
        position.done += 1
        every = around.settings.checkpoint_every
        due = bool(every) and position.step % every == 0
        # Alone, one may stop at any step; workers must all stop at the same one, which
        # they learn of when they read.
        if due or self._wanted_alone() or len(self._unread) >= _READ_EVERY:
            self._read()
            self._stop |= self._wanted_alone()
        if due:
            around.save()

    def _wanted_alone(self) -> bool:
        return self._around.distribution.alone and self._around.interrupts.wanted

    def _read(self) -> None:
        """Waits for the steps made so far and notes their losses."""
        if not self._unread:
            return
        position, around = self._position, self._around
        sums = np.array([step.numpy() for step in self._unread], np.float64)
        self._unread.clear()
        if not np.isfinite(sums).all():
            raise DivergedError
        position.loss += float(sums[:, 0].sum())
        position.tokens += float(sums[:, 2].sum())
        now = time.perf_counter()
        position.seconds += now - self._marked
        self._marked = now
        speed = (position.tokens - self._tokens_before) / (now - self._started)
        for total, _, tokens, _ in sums:
            around.progress.step_done(total / max(tokens, 1.0), speed)
        loss = sums[:, 1].sum() / max(sums[:, 2].sum(), 1.0)
        around.board.steps_done(position.step, loss, self._rate(), speed)
        self._stop |= bool(sums[:, 3].any()) and not around.distribution.alone
