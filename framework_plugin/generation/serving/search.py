"""Searching for the best reply, one token at a time.

`search` answers one source, `search_batch` many side by side; both give the same
replies. Picking tokens is plain NumPy over the few best candidates of each step; the
whole vocabulary is never sorted here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from framework_plugin.generation.serving.beam import BeamSearch
from framework_plugin.generation.serving.constraints import BlockList, Constraints
from framework_plugin.generation.serving.frontier import Frontier
from framework_plugin.generation.serving.greedy import likeliest
from framework_plugin.generation.serving.hypothesis import Hypothesis, TextOf
from framework_plugin.generation.serving.rescoring import (
    NO_SCORER,
    Scorer,
    check_scorer,
    rescored,
)
from framework_plugin.generation.serving.sampling import Sampling
from framework_plugin.generation.serving.stepping import (
    IMPOSSIBLE,
    BatchStepper,
    FloatArray,
    IntArray,
    OneSource,
    State,
    StepOutput,
    Stepper,
)
from framework_plugin.generation.settings import DecodingSettings

__all__ = [
    "IMPOSSIBLE",
    "BatchStepper",
    "BlockList",
    "FloatArray",
    "Hypothesis",
    "IntArray",
    "Scorer",
    "StepOutput",
    "Stepper",
    "search",
    "search_batch",
]

Clock = Callable[[], float]
NOTHING_BLOCKED = BlockList()


def _as_tokens(tokens: tuple[int, ...]) -> tuple[int, ...]:
    return tokens


def search(
    stepper: Stepper[State],
    settings: DecodingSettings,
    *,
    block_list: BlockList = NOTHING_BLOCKED,
    scorer: Scorer = NO_SCORER,
    text_of: TextOf = _as_tokens,
    clock: Clock = time.perf_counter,
) -> list[Hypothesis]:
    """Searches for replies to one source.

    Args:
        stepper: The network, with its source already read.
        settings: Strategy and limits.
        block_list: What is never said.
        scorer: The models that `mmi` needs.
        text_of: What a reply reads as; of replies that read the same, one is kept.
            Without it, replies of different tokens differ.
        clock: Seconds; may be replaced to test the time budget.

    Returns:
        Hypotheses that differ, finished ones first, then best first; at least one.
        Once the time budget is spent the best so far are returned, finished or not,
        but never before the first step.

    Raises:
        SettingsError: If `mmi` is on and its model is missing, or
            `coverage_penalty` and the network has no attention.
    """
    (found,) = search_batch(
        OneSource(stepper),
        settings,
        block_list=block_list,
        scorer=scorer,
        text_of=text_of,
        clock=clock,
    )
    return found


def search_batch(
    stepper: BatchStepper[State],
    settings: DecodingSettings,
    *,
    block_list: BlockList = NOTHING_BLOCKED,
    scorer: Scorer = NO_SCORER,
    text_of: TextOf | Sequence[TextOf] = _as_tokens,
    clock: Clock = time.perf_counter,
) -> list[list[Hypothesis]]:
    """Searches for replies to many sources side by side.

    A step of the network takes all unfinished replies together: up to sources times
    `beam_width` rows. A source whose search has ended takes no part in further steps.

    Args:
        stepper: The network, with its sources already read.
        settings: As for `search`; each source brings its own time budget, and all of
            them share the sum.
        block_list: As for `search`.
        scorer: As for `search`.
        text_of: As for `search`; one for all sources, or one for each.
        clock: As for `search`.

    Returns:
        For each source what `search` would return; it raises the same errors.
    """
    check_scorer(settings, scorer)
    if not stepper.sources:
        return []
    deadline = clock() + stepper.sources * settings.time_budget_ms / 1000

    def out_of_time() -> bool:
        return clock() >= deadline

    constraints = Constraints(settings, block_list)
    if settings.strategy == "greedy" and stepper.sources == 1:
        return [[likeliest(stepper, constraints, settings, out_of_time)]]
    frontier = Frontier(stepper, constraints, settings.coverage_penalty > 0)
    strategy = BeamSearch if settings.strategy == "beam" else Sampling
    texts_of = [text_of] * stepper.sources if callable(text_of) else text_of
    found = strategy(settings, texts_of, out_of_time).run(frontier)
    if settings.mmi == "none" or out_of_time():
        return found
    return rescored(found, settings, scorer)
