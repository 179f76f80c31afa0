"""How far a training has come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from framework_plugin.generation.training.results import EpochResult


@dataclass
class Position:
    """All that must be known to go on, but for the variables.

    Args:
        step: Steps done since the beginning.
        done: Steps done of the epoch that is running.
        loss: Sum of the epoch's losses so far, in nats.
        tokens: Target tokens of the epoch so far.
        seconds: Time taken by the epoch so far.
        results: The epochs that are over.
    """

    step: int = 0
    done: int = 0
    loss: float = 0.0
    tokens: float = 0.0
    seconds: float = 0.0
    results: list[EpochResult] = field(default_factory=list)

    @property
    def epoch(self) -> int:
        """The epoch that is running or comes next, from 1."""
        return len(self.results) + 1

    @property
    def best(self) -> EpochResult | None:
        """The best epoch so far."""
        return next((r for r in reversed(self.results) if r.best), None)

    def close_epoch(self, development_loss: float) -> EpochResult:
        """Ends the epoch with its loss on the development split."""
        best = self.best
        result = EpochResult(
            self.epoch,
            self.loss / max(self.tokens, 1.0),
            development_loss,
            self.seconds,
            best is None or development_loss < best.development_loss,
        )
        self.results.append(result)
        self.done, self.loss, self.tokens, self.seconds = 0, 0.0, 0.0, 0.0
        return result

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Position:
        """From what `to_json` gave."""
        results = [EpochResult(**result) for result in values["results"]]
        return cls(**{**values, "results": results})
