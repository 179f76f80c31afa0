"""Choosing the true reply among others: hits@k and mean reciprocal rank.

The task of PersonaChat (Zhang et al. 2018, "Personalizing Dialogue Agents", §5): a
model scores the true reply and some that answered other messages; counted is how often
the true one comes out among the first k.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Sequence

import numpy as np


def draw_distractors(
    pool: Sequence[str], right: Collection[str], count: int, rng: random.Random
) -> list[str] | None:
    """Draws replies that would be wrong.

    Args:
        pool: Different replies to draw from.
        right: Replies that would be right, and so must not be drawn.
        count: How many.
        rng: Decides; the same for the same seed.

    Returns:
        Different replies in random order, of which every first part is again a fair
        draw; None if the pool holds too few.
    """
    wrong = [reply for reply in pool if reply not in right]
    return rng.sample(wrong, count) if len(wrong) >= count else None


def rank_of_first(scores: Sequence[float]) -> int:
    """The rank, from 1, of the first candidate among all.

    Equal scores count against it: who scores all alike has found nothing.

    Args:
        scores: Of each candidate, the true reply first; higher is better. What is no
            number comes last.

    Raises:
        ValueError: If there is no candidate.
    """
    if not scores:
        raise ValueError("There is no candidate to rank; expected at least one score.")
    values = np.nan_to_num(np.asarray(scores, dtype=float), nan=-np.inf)
    return 1 + int(np.sum(values[1:] >= values[0]))


def hits_at(ranks: Sequence[int], k: int) -> float:
    """hits@k: share of ranks, 0 to 1, that are k or better; 0 without ranks."""
    return sum(rank <= k for rank in ranks) / len(ranks) if ranks else 0.0


def mean_reciprocal_rank(ranks: Sequence[int]) -> float:
    """Mean of 1/rank, 0 to 1 (Voorhees 1999); 0 without ranks."""
    return float(np.mean([1 / rank for rank in ranks])) if ranks else 0.0
