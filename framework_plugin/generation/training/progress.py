"""Shows on the terminal how far training has come."""

from __future__ import annotations

import sys
import time
from typing import Any

from tqdm import tqdm

from framework_plugin.generation.training.results import EpochResult


class TerminalProgress:
    """A bar over all epochs on standard error, and a line for each epoch.

    The bar shows the loss, tokens per second, and the time left if no epoch is spared
    by early stopping.
    """

    def __init__(self) -> None:
        self._bar: Any = None

    def epoch_started(self, epoch: int, epochs: int, steps: int, done: int) -> None:
        """See `results.Progress`."""
        if self._bar is None:
            self._bar = tqdm(
                total=epochs * steps,
                initial=(epoch - 1) * steps + done,
                unit="batch",
                file=sys.stderr,
                mininterval=1.0,
            )
        # Epochs may differ in length.
        self._bar.total = self._bar.n - done + (epochs - epoch + 1) * steps
        self._bar.set_description(f"Response generator, epoch {epoch}/{epochs}")

    def step_done(self, loss: float, tokens_per_second: float) -> None:
        """See `results.Progress`."""
        if self._bar is not None:
            rate = f"{tokens_per_second:,.0f}"
            figures = {"loss": f"{loss:.2f}", "tokens/s": rate}
            self._bar.set_postfix(figures, refresh=False)
            self._bar.update(1)

    def epoch_done(self, result: EpochResult) -> None:
        """See `results.Progress`."""
        star = " *" if result.best else ""
        tqdm.write(
            f"{time.strftime('%H:%M:%S')} epoch {result.epoch}: train loss "
            f"{result.train_loss:.3f}, development perplexity "
            f"{result.perplexity:.2f}{star}, {result.seconds:.0f} s",
            file=sys.stderr,
        )

    def stage(self, name: str) -> None:
        """See `results.Progress`."""
        self.close()
        print(f"{time.strftime('%H:%M:%S')} {name} …", file=sys.stderr, flush=True)

    def close(self) -> None:
        """Ends the bar."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None
