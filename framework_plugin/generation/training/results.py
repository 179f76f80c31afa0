"""What a training tells while it runs, and what it comes to."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

_LARGEST_LOSS = 50.0
"""Losses above are shown as this: their perplexity has no meaning."""


def perplexity_of(loss: float) -> float:
    """Perplexity per token from a mean cross-entropy in nats."""
    return math.exp(min(loss, _LARGEST_LOSS))


@dataclass(frozen=True)
class EpochResult:
    """What one epoch came to.

    Args:
        epoch: From 1.
        train_loss: Mean cross-entropy per token in nats, with dropout and label
            smoothing, over the epoch.
        development_loss: The same on the development split, without either, with the
            averaged weights.
        seconds: Time taken, that of earlier, interrupted runs included.
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
        return perplexity_of(self.development_loss)


@dataclass(frozen=True)
class Outcome:
    """What a training came to.

    Args:
        epochs: All whole epochs, those of earlier, interrupted runs included.
        interrupted: Whether Ctrl-C ended it; called again it goes on exactly there.
        diverged: Whether it stopped because the loss was no longer a number.
    """

    epochs: tuple[EpochResult, ...]
    interrupted: bool = False
    diverged: bool = False

    @property
    def best(self) -> EpochResult | None:
        """The epoch whose weights the network now holds; None before the first."""
        return next((e for e in reversed(self.epochs) if e.best), None)


class Progress(Protocol):
    """Shows how far training has come."""

    def epoch_started(self, epoch: int, epochs: int, steps: int, done: int) -> None:
        """An epoch (from 1) of so many steps begins, `done` of them already behind."""
        ...

    def step_done(self, loss: float, tokens_per_second: float) -> None:
        """One batch was learned; told a few steps late, so that none has to wait."""
        ...

    def epoch_done(self, result: EpochResult) -> None:
        """An epoch is over and was tried on the development split."""
        ...

    def stage(self, name: str) -> None:
        """What comes after the epochs begins."""
        ...


class Unseen:
    """Progress that nobody sees."""

    def epoch_started(self, epoch: int, epochs: int, steps: int, done: int) -> None:
        """See `Progress`."""

    def step_done(self, loss: float, tokens_per_second: float) -> None:
        """See `Progress`."""

    def epoch_done(self, result: EpochResult) -> None:
        """See `Progress`."""

    def stage(self, name: str) -> None:
        """See `Progress`."""
