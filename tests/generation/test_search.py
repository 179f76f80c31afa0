"""The search is tried with made-up networks: tables of next-token probabilities."""

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pytest

from framework_plugin.generation.search import IntArray, StepOutput, search
from framework_plugin.generation.settings import DecodingSettings
from framework_plugin.text.vocabulary import BEGIN_ID, END_ID

A, B, C = 4, 5, 6
VOCABULARY = 7
Prefix = tuple[int, ...]


@dataclass
class TableStepper:
    """Knows the probabilities that follow each prefix; all else ends at once."""

    table: Mapping[Prefix, Mapping[int, float]]
    steps: int = 0

    def start(self) -> list[Prefix]:
        return [()]

    def step(
        self, state: list[Prefix], tokens: IntArray, candidates: int
    ) -> StepOutput[list[Prefix]]:
        self.steps += 1
        prefixes = [
            prefix if token == BEGIN_ID else (*prefix, int(token))
            for prefix, token in zip(state, tokens, strict=True)
        ]
        rows = np.zeros((len(prefixes), VOCABULARY), np.float32)
        for row, prefix in enumerate(prefixes):
            for token, probability in self.table.get(prefix, {END_ID: 1.0}).items():
                rows[row, token] = probability
        order = np.argsort(-rows, axis=1, kind="stable")[:, :candidates]
        with np.errstate(divide="ignore"):
            best = np.log(np.take_along_axis(rows, order, axis=1))
        return StepOutput(order, best, np.ones((len(rows), 1), np.float32), prefixes)

    def select(self, state: list[Prefix], rows: IntArray) -> list[Prefix]:
        return [state[row] for row in rows]


GARDEN_PATH = {
    (): {A: 0.6, B: 0.4},
    (A,): {A: 0.3, B: 0.35, C: 0.35},
    (B,): {C: 0.99, END_ID: 0.01},
}


def settings(**values: object) -> DecodingSettings:
    defaults = {"max_reply_tokens": 5, "time_budget_ms": 60_000.0}
    return DecodingSettings(**{**defaults, **values})  # type: ignore[arg-type]


def test_greedy_takes_the_likeliest_token_each_time() -> None:
    found = search(TableStepper(GARDEN_PATH), settings(strategy="greedy"))
    assert found[0].tokens == (A, B)
    assert found[0].finished
    assert found[0].log_prob == pytest.approx(math.log(0.6 * 0.35), abs=1e-5)


def test_beam_finds_the_likelier_reply_that_greedy_misses() -> None:
    found = search(TableStepper(GARDEN_PATH), settings(strategy="beam", beam_width=3))
    assert found[0].tokens == (B, C)


@pytest.mark.parametrize("seed", range(20))
def test_a_wide_beam_finds_what_trying_all_replies_finds(seed: int) -> None:
    rng = np.random.default_rng(seed)
    longest, letters = 3, (A, B, C)
    table = {
        prefix: dict(
            zip((*letters, END_ID), rng.dirichlet(np.ones(4)).tolist(), strict=True)
        )
        for n in range(longest)
        for prefix in itertools.product(letters, repeat=n)
    }

    def probability(reply: Prefix) -> float:
        p = math.prod(table[reply[:i]][t] for i, t in enumerate(reply))
        return p * table.get(reply, {END_ID: 1.0})[END_ID]

    every = [
        reply
        for n in range(longest + 1)
        for reply in itertools.product(letters, repeat=n)
    ]
    best = max(every, key=probability)
    wide = settings(strategy="beam", beam_width=81, length_penalty=0.0)
    assert search(TableStepper(table), wide)[0].tokens == best


def test_the_length_penalty_makes_longer_replies_win() -> None:
    table = {(): {END_ID: 0.5, A: 0.5}, (A,): {B: 0.9, C: 0.1}, (A, B): {END_ID: 1.0}}
    short = search(TableStepper(table), settings(length_penalty=0.0, beam_width=2))
    long = search(TableStepper(table), settings(length_penalty=2.0, beam_width=2))
    assert short[0].tokens == ()
    assert long[0].tokens == (A, B)


def test_hypotheses_differ_and_come_best_first() -> None:
    found = search(TableStepper(GARDEN_PATH), settings(beam_width=4))
    assert len({h.tokens for h in found}) == len(found) > 1
    scores = [h.score(0.6) for h in found]
    assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize("strategy", ["top_k", "top_p"])
def test_drawing_is_the_same_for_the_same_seed(strategy: str) -> None:
    replies = [
        search(TableStepper(GARDEN_PATH), settings(strategy=strategy, sampling_seed=3))[
            0
        ].tokens
        for _ in range(5)
    ]
    assert len(set(replies)) == 1


def drawn(**values: object) -> set[Prefix]:
    return {
        search(TableStepper(GARDEN_PATH), settings(sampling_seed=seed, **values))[
            0
        ].tokens
        for seed in range(60)
    }


def test_top_k_draws_from_k_tokens_only() -> None:
    assert drawn(strategy="top_k", top_k=1) == {(A, B)}
    assert len(drawn(strategy="top_k", top_k=3, temperature=2.0)) > 3


def test_top_p_never_draws_from_the_tail() -> None:
    only_likely = drawn(strategy="top_p", top_p=0.5, temperature=1.0)
    assert all(reply[0] == A for reply in only_likely)
    assert any(reply[0] == B for reply in drawn(strategy="top_p", top_p=1.0))


def test_a_reply_is_cut_at_its_longest() -> None:
    endless = {(A,) * n: {A: 1.0} for n in range(20)}
    for strategy in ("greedy", "beam"):
        found = search(TableStepper(endless), settings(strategy=strategy))
        assert len(found[0].tokens) == 5
        assert not found[0].finished


def test_when_the_time_is_spent_the_best_so_far_is_given() -> None:
    endless = {(A,) * n: {A: 1.0} for n in range(500)}
    ticks = itertools.count(step=0.1)
    stepper = TableStepper(endless)
    found = search(
        stepper,
        settings(max_reply_tokens=400, time_budget_ms=1000.0),
        clock=lambda: next(ticks),
    )
    assert found[0].tokens
    assert stepper.steps < 15


def test_attention_is_kept_for_each_token() -> None:
    best = search(TableStepper(GARDEN_PATH), settings(strategy="greedy"))[0]
    assert len(best.attention) == len(best.tokens)
