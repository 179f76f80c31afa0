"""Training by several processes, each on a part of every batch."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from framework_plugin.errors import SettingsError
from framework_plugin.generation.training.batches import Batch

_HOW = (
    "Start one process for each worker, with the environment variable TF_CONFIG naming "
    "all of them and which it is, for example "
    '{"cluster": {"worker": ["host1:2222", "host2:2222"]}, '
    '"task": {"type": "worker", "index": 0}}'
)


class Distribution:
    """One process alone, or one of several that train the same network together.

    With several, each takes its share of every batch and the gradients are summed over
    all, so that the result is that of one process up to rounding.

    Args:
        strategy: TensorFlow's, of a process with one device; None if it is alone.
        workers: How many processes there are.
        rank: Which this one is, from 0.
    """

    def __init__(
        self,
        strategy: tf.distribute.Strategy | None = None,
        workers: int = 1,
        rank: int = 0,
    ) -> None:
        self._strategy = strategy
        self.workers = workers
        self.rank = rank

    @classmethod
    def of(cls, workers: int) -> Distribution:
        """Joins the other workers that TF_CONFIG names; waits until all are there.

        Must come before anything else that TensorFlow does in this process.

        Args:
            workers: The setting; 1 is alone and needs no TF_CONFIG.

        Raises:
            SettingsError: If TF_CONFIG names other than so many workers, or comes too
                late.
        """
        if workers == 1:
            return cls()
        named, rank = _cluster()
        if named != workers:
            raise SettingsError(
                f"'workers' is {workers}, but TF_CONFIG names {named}. {_HOW}."
            )
        try:
            strategy = tf.distribute.MultiWorkerMirroredStrategy()
        except RuntimeError as error:
            raise SettingsError(
                f"'workers' is {workers}, but TensorFlow was already at work when the "
                "workers were to be joined (other parts of an assistant train with it "
                "too). Train the generator in a process of its own, or set 'workers' "
                "to 1."
            ) from error
        return cls(strategy, workers, rank)

    @property
    def chief(self) -> bool:
        """Whether this process writes checkpoints, logs and progress."""
        return self.rank == 0

    @property
    def alone(self) -> bool:
        """Whether there are no other workers."""
        return self._strategy is None

    def shard(self, batch: Batch) -> Batch:
        """This worker's share of a batch."""
        return batch if self.alone else batch.shard(self.rank, self.workers)

    def run(self, step: Callable[..., Any], *args: Any) -> Any:
        """Calls a function of tensors in which `sum` may be used."""
        return step(*args) if self._strategy is None else self._strategy.run(step, args)

    def sum(self, tensors: Sequence[tf.Tensor]) -> Sequence[tf.Tensor]:
        """Sums tensors over all workers, inside `run`."""
        if self.alone:
            return tensors
        context = tf.distribute.get_replica_context()
        return context.all_reduce(tf.distribute.ReduceOp.SUM, list(tensors))  # type: ignore[no-any-return]

    def share(self, variables: Sequence[tf.Variable]) -> None:
        """Gives all workers the chief's values."""
        if self.alone:
            return
        # Tensors that are summed together must be of one type.
        for kind in dict.fromkeys(v.dtype for v in variables):
            alike = [v for v in variables if v.dtype == kind]
            shared = self._from_chief([v.read_value() for v in alike])
            for variable, value in zip(alike, shared, strict=True):
                variable.assign(value)

    def share_text(self, text: str) -> str:
        """The chief's text, in all workers."""
        if self.alone:
            return text
        own = text.encode()
        (length,) = self._from_chief([tf.constant(len(own))])
        codes = list(own) if self.chief else [0] * int(length)
        (shared,) = self._from_chief([tf.constant(codes)])
        return bytes(shared.numpy().tolist()).decode()

    def _from_chief(self, values: Sequence[tf.Tensor]) -> Sequence[tf.Tensor]:
        """The chief's values: those of all others are made zero, then all are added."""
        own = values if self.chief else [tf.zeros_like(value) for value in values]
        return tf.function(lambda: self.run(lambda: self.sum(own)))()  # type: ignore[no-any-return]


def _cluster() -> tuple[int, int]:
    """How many workers TF_CONFIG names, and which this is."""
    text = os.environ.get("TF_CONFIG", "")
    try:
        config = json.loads(text)
        return len(config["cluster"]["worker"]), int(config["task"]["index"])
    except (ValueError, KeyError, TypeError) as error:
        found = f"is {text!r}" if text else "is not set"
        raise SettingsError(
            f"'workers' is above 1, but TF_CONFIG {found}. {_HOW}."
        ) from error
