"""How large a step is, from the first to the last."""

from __future__ import annotations

import math
from typing import Literal

Schedule = Literal["cosine", "linear", "constant"]


def step_size(
    step: int, total: int, *, largest: float, warmup: float, schedule: Schedule
) -> float:
    """The learning rate of one step.

    It rises evenly to its largest, since Adam's estimates are poor at first (Vaswani
    et al. 2017, §5.3), and then falls along half a cosine to zero (Loshchilov & Hutter
    2017, "SGDR", §3), in a straight line, or not at all.

    Args:
        step: From 0; steps beyond `total` are as its last.
        total: Steps of the whole training, at least 1.
        largest: The learning rate at the end of the warm-up.
        warmup: Share of all steps in which it rises, from 0 to below 1.
        schedule: How it falls.

    Returns:
        The learning rate, above 0 for each step before `total`.
    """
    rising = warmup * total
    if step < rising:
        return largest * min(1.0, (step + 1) / rising)
    if schedule == "constant":
        return largest
    gone = min(1.0, (step - rising) / (total - rising))
    if schedule == "linear":
        return largest * (1.0 - gone)
    return largest * 0.5 * (1.0 + math.cos(math.pi * gone))
