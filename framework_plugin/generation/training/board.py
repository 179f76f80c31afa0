"""TensorBoard's logs of a training."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import tensorflow as tf

from framework_plugin.generation.training.results import EpochResult, perplexity_of

Samples = Callable[[], Sequence[tuple[str, str]]]
"""Some messages with what the network now answers them."""


class Board:
    """Writes losses, perplexities, learning rate, speed and sample replies.

    Use it in a `with` statement.

    Args:
        folder: Where the logs go; None writes none.
        samples: Asked after each epoch, while the network has its averaged weights.
    """

    def __init__(self, folder: str | None, samples: Samples | None = None) -> None:
        self._samples = samples
        self._writer = (
            tf.summary.create_file_writer(folder)
            if folder
            else tf.summary.create_noop_writer()
        )
        self._on = folder is not None

    def __enter__(self) -> Board:
        return self

    def __exit__(self, *_: object) -> None:
        self._writer.close()

    def steps_done(
        self, step: int, loss: float, rate: float, tokens_per_second: float
    ) -> None:
        """Notes the training loss of the last few steps (nats per token)."""
        if not self._on:
            return
        with self._writer.as_default(step):
            tf.summary.scalar("train/loss", loss)
            tf.summary.scalar("train/perplexity", perplexity_of(loss))
            tf.summary.scalar("train/learning_rate", rate)
            tf.summary.scalar("train/tokens_per_second", tokens_per_second)

    def epoch_done(self, step: int, result: EpochResult) -> None:
        """Notes how an epoch did on the development split, and what it answers."""
        if not self._on:
            return
        with self._writer.as_default(step):
            tf.summary.scalar("development/loss", result.development_loss)
            tf.summary.scalar("development/perplexity", result.perplexity)
            if self._samples is not None:
                rows = [f"| {m} | {r} |" for m, r in self._samples()]
                table = "\n".join(["| message | reply |", "|---|---|", *rows])
                tf.summary.text("replies", table)
        self._writer.flush()
