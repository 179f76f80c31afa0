"""Whether a confidence means what it says, and what it is good for.

A confidence is calibrated if of all replies given with 70 % about 70 % are right
(Guo et al. 2017, "On Calibration of Modern Neural Networks", §2).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

BINS = 10
_NORMAL_95 = 1.959964


@dataclass(frozen=True)
class ReliabilityBin:
    """Replies of like confidence.

    Args:
        low: Lowest confidence of the bin.
        high: Highest.
        count: Replies in it.
        confidence: Their mean confidence; the bin's middle where it is empty.
        right: Share of them that were right; 0 where it is empty.
        right_low: Lower end of that share's 95 % interval (Wilson 1927).
        right_high: Its upper end.
    """

    low: float
    high: float
    count: int
    confidence: float
    right: float
    right_low: float
    right_high: float


@dataclass(frozen=True)
class CoveragePoint:
    """What would come of a threshold.

    Args:
        threshold: Replies of at least this confidence are given.
        coverage: Share of messages that get one, 0 to 1.
        precision: Share of those that are right, 0 to 1.
    """

    threshold: float
    coverage: float
    precision: float


def reliability(
    confidences: Sequence[float], right: Sequence[bool], bins: int = BINS
) -> list[ReliabilityBin]:
    """Sorts replies into bins of equal width, by confidence.

    Args:
        confidences: 0 to 1.
        right: Whether each was right.
        bins: How many.

    Raises:
        ValueError: If there is not one outcome for each confidence.
    """
    sure, outcome = _arrays(confidences, right)
    places = np.minimum((sure * bins).astype(int), bins - 1)
    found = []
    for place in range(bins):
        inside = places == place
        count = int(inside.sum())
        low, high = place / bins, (place + 1) / bins
        hits = int(outcome[inside].sum())
        mean = float(sure[inside].mean()) if count else (low + high) / 2
        share = hits / count if count else 0.0
        found.append(
            ReliabilityBin(low, high, count, mean, share, *wilson(hits, count))
        )
    return found


def expected_calibration_error(bins: Sequence[ReliabilityBin]) -> float:
    """ECE, 0 to 1: mean gap between confidence and share of right ones.

    Guo et al. 2017, eq. 3; each bin weighs as much as it holds replies.
    """
    count = sum(each.count for each in bins)
    gaps = sum(each.count * abs(each.right - each.confidence) for each in bins)
    return gaps / count if count else 0.0


def brier_score(confidences: Sequence[float], right: Sequence[bool]) -> float:
    """Mean squared gap between confidence and outcome, 0 to 1 (Brier 1950).

    Raises:
        ValueError: See `reliability`.
    """
    sure, outcome = _arrays(confidences, right)
    return float(np.mean((sure - outcome) ** 2)) if len(sure) else 0.0


def coverage_curve(
    confidences: Sequence[float], right: Sequence[bool]
) -> list[CoveragePoint]:
    """What each possible threshold would give, from the strictest to none.

    Replies of the same confidence are given together or not at all.

    Raises:
        ValueError: See `reliability`.
    """
    sure, outcome = _arrays(confidences, right)
    order = np.argsort(-sure, kind="stable")
    sure, hits = sure[order], np.cumsum(outcome[order])
    last = [i for i in range(len(sure)) if i + 1 == len(sure) or sure[i] > sure[i + 1]]
    return [
        CoveragePoint(float(sure[i]), (i + 1) / len(sure), float(hits[i] / (i + 1)))
        for i in last
    ]


def area_under_risk_coverage(points: Sequence[CoveragePoint]) -> float:
    """AURC, 0 to 1: mean share of wrong replies over all coverages, less is better.

    Geifman & El-Yaniv 2017, "Selective Classification for Deep Neural Networks".
    """
    area, before = 0.0, 0.0
    for point in points:
        area += (1 - point.precision) * (point.coverage - before)
        before = point.coverage
    return area


def thinned(points: Sequence[CoveragePoint], most: int = 200) -> list[CoveragePoint]:
    """At most so many points, spread evenly, the first and the last among them."""
    if len(points) <= most:
        return list(points)
    places = np.unique(np.linspace(0, len(points) - 1, most).round().astype(int))
    return [points[place] for place in places]


def wilson(hits: int, count: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson 1927); all of 0 to 1 without a count."""
    if not count:
        return 0.0, 1.0
    share, square = hits / count, _NORMAL_95**2
    middle = share + square / (2 * count)
    half = _NORMAL_95 * math.sqrt(share * (1 - share) / count + square / (4 * count**2))
    scale = 1 + square / count
    # Rounding must not part an end from a share of none or all.
    low = (middle - half) / scale if hits else 0.0
    high = (middle + half) / scale if hits < count else 1.0
    return low, high


def _arrays(confidences: Sequence[float], right: Sequence[bool]) -> tuple[Array, Array]:
    if len(confidences) != len(right):
        raise ValueError(
            f"{len(confidences)} confidences need as many outcomes, not {len(right)}."
        )
    return np.asarray(confidences, dtype=float), np.asarray(right, dtype=float)
