"""Many sources side by side get what each would get alone."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from framework_plugin.generation.serving.search import BlockList, search, search_batch
from tests.generation.search_tables import (
    TRIED,
    A,
    B,
    Prefix,
    TableBatch,
    TableStepper,
    random_table,
    settings,
    table,
)


def looks(prefix: Prefix) -> list[float]:
    return [0.5, 0.25, 0.25] if sum(prefix) % 2 else [0.1, 0.8, 0.1]


VARIANTS = {
    "greedy": settings(strategy="greedy"),
    "all of greedy": settings(strategy="greedy", no_repeat_ngram=2, min_reply_tokens=3),
    "beam": settings(beam_width=3),
    "all of beam": settings(
        beam_width=4,
        coverage_penalty=0.3,
        diversity=0.4,
        no_repeat_ngram=2,
        min_reply_tokens=2,
    ),
    "top_k": settings(strategy="top_k", top_k=3, samples=3),
    "top_p": settings(strategy="top_p", top_p=0.7, no_repeat_ngram=1),
}


@TRIED
@given(
    st.lists(st.integers(0, 1000), min_size=1, max_size=6),
    st.sampled_from(sorted(VARIANTS)),
    st.booleans(),
)
def test_a_batch_finds_what_one_by_one_finds(
    seeds: list[int], variant: str, blocks: bool
) -> None:
    wanted = replace(VARIANTS[variant], max_reply_tokens=7)
    block_list = BlockList([[A], [A + 1, A + 2]] if blocks else [])
    # Of different ends, so that sources leave the batch at different steps.
    tables = [random_table(seed, 6, end=0.05 + seed % 5 / 10) for seed in seeds]
    together = search_batch(
        TableBatch(tables, attention=looks), wanted, block_list=block_list
    )
    for probabilities, found in zip(tables, together, strict=True):
        stepper = TableStepper(probabilities, attention=looks)
        alone = search(stepper, wanted, block_list=block_list)
        assert [h.tokens for h in found] == [h.tokens for h in alone]
        assert [h.finished for h in found] == [h.finished for h in alone]
        assert [h.score for h in found] == pytest.approx([h.score for h in alone])
        for one, other in zip(found, alone, strict=True):
            assert one.log_probs == pytest.approx(other.log_probs)
            np.testing.assert_array_equal(one.attention, other.attention)


def test_a_source_that_is_done_takes_no_further_part() -> None:
    short = table({(): {A: 1.0}})
    long = table({(A,) * n: {A: 1.0} for n in range(4)})
    stepper = TableBatch([short, long, short])
    search_batch(stepper, settings(strategy="greedy"))
    assert stepper.rows == [3, 3, 1, 1, 1]


def test_no_sources_give_no_replies() -> None:
    assert search_batch(TableBatch([]), settings(strategy="greedy")) == []
    assert search_batch(TableBatch([]), settings()) == []


def test_each_source_brings_its_time_and_has_its_best_so_far() -> None:
    endless = table({(A,) * n: {A: 0.9, B: 0.1} for n in range(300)})
    ticks = itertools.count(step=0.1)
    stepper = TableBatch([endless] * 3)
    found = search_batch(
        stepper,
        settings(max_reply_tokens=200, time_budget_ms=500.0, beam_width=40),
        clock=lambda: next(ticks),
    )
    assert 10 < stepper.steps < 20
    assert all(group for group in found)
