"""Confidence intervals by resampling the examples, drawn with a seed.

The percentile bootstrap (Efron & Tibshirani 1993, "An Introduction to the Bootstrap",
§13.3), for figures that are computed from sums over the examples: means, ratios,
perplexity, corpus BLEU (Koehn 2004, "Statistical Significance Tests for Machine
Translation Evaluation", §3).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Statistic = Callable[[Array], float]
"""Computes a figure from the sums of the columns."""

RESAMPLES = 1000
LEVEL = 0.95


def interval(
    columns: npt.NDArray[Any],
    statistic: Statistic,
    *,
    seed: int,
    resamples: int = RESAMPLES,
    level: float = LEVEL,
) -> tuple[float, float] | None:
    """Where a figure may lie, had other examples of the same kind been drawn.

    Args:
        columns: One row for each example, shape (examples, columns).
        statistic: Computes the figure from the sums of the columns, shape (columns,).
        seed: The same seed gives the same interval.
        resamples: How often to draw.
        level: Share of the resampled figures that lie in the interval.

    Returns:
        Its lower and upper end; None for fewer than two examples, or where no
        resample gave a number.
    """
    count = len(columns)
    if count < 2:
        return None
    rng = np.random.default_rng(seed)
    shares = np.full(count, 1 / count)
    values = np.array(
        [statistic(rng.multinomial(count, shares) @ columns) for _ in range(resamples)]
    )
    values = values[np.isfinite(values)]
    if not len(values):
        return None
    tail = (1 - level) / 2
    low, high = np.quantile(values, [tail, 1 - tail])
    return float(low), float(high)


def ratio(sums: Array) -> float:
    """The first column's sum over the second's; NaN where that is 0."""
    return float(sums[0] / sums[1]) if sums[1] else float("nan")
