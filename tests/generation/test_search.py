"""The strategies: greedy, beam, top-k and top-p, tried with made-up networks."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from framework_plugin.errors import SettingsError
from framework_plugin.generation.serving.sampling import (
    MOST_CANDIDATES,
    TopK,
    TopP,
)
from framework_plugin.generation.serving.search import search
from framework_plugin.text.vocabulary import END_ID
from tests.generation.search_tables import (
    TRIED,
    A,
    B,
    C,
    Prefix,
    TableStepper,
    log_probability,
    random_table,
    settings,
    table,
)

GARDEN_PATH = table(
    {
        (): {A: 0.6, B: 0.4},
        (A,): {A: 0.3, B: 0.35, C: 0.35},
        (B,): {C: 0.99, END_ID: 0.01},
    }
)
ENDLESS = table({(A,) * n: {A: 1.0} for n in range(500)})
SEEDS = st.integers(0, 10_000)
STRATEGIES = ["greedy", "beam", "top_k", "top_p"]


def test_greedy_takes_the_likeliest_token_each_time() -> None:
    found = search(TableStepper(GARDEN_PATH), settings(strategy="greedy"))
    assert found[0].tokens == (A, B)
    assert found[0].finished
    assert found[0].log_prob == pytest.approx(math.log(0.6 * 0.35), abs=1e-5)


def test_beam_finds_the_likelier_reply_that_greedy_misses() -> None:
    found = search(TableStepper(GARDEN_PATH), settings(beam_width=3))
    assert found[0].tokens == (B, C)


@TRIED
@given(SEEDS)
def test_a_wide_beam_finds_what_trying_all_replies_finds(seed: int) -> None:
    network = random_table(seed, letters=3)
    every = [
        reply for n in range(4) for reply in itertools.product((A, B, C), repeat=n)
    ]
    likeliest = sorted(every, key=lambda r: -log_probability(network, r))
    wide = settings(beam_width=200, length_penalty=0.0, max_reply_tokens=4)
    found = search(TableStepper(network), wide)
    assert [h.tokens for h in found[:5]] == likeliest[:5]


@TRIED
@given(SEEDS)
def test_a_beam_of_one_is_greedy(seed: int) -> None:
    narrow = settings(beam_width=1)
    [beam] = search(TableStepper(random_table(seed)), narrow)
    [greedy] = search(
        TableStepper(random_table(seed)), replace(narrow, strategy="greedy")
    )
    assert beam == greedy


@TRIED
@given(SEEDS, st.sampled_from(STRATEGIES))
def test_the_log_probabilities_are_those_of_the_network(
    seed: int, strategy: str
) -> None:
    network = random_table(seed)
    for reply in search(TableStepper(network), settings(strategy=strategy)):
        assert len(reply.log_probs) == len(reply.tokens) + reply.finished
        if reply.finished:
            wanted = log_probability(network, reply.tokens)
            assert reply.log_prob == pytest.approx(wanted, abs=1e-4)


def test_the_length_penalty_makes_longer_replies_win() -> None:
    network = table(
        {(): {END_ID: 0.5, A: 0.5}, (A,): {B: 0.9, C: 0.1}, (A, B): {END_ID: 1.0}}
    )
    short = search(TableStepper(network), settings(length_penalty=0.0, beam_width=2))
    long = search(TableStepper(network), settings(length_penalty=2.0, beam_width=2))
    assert short[0].tokens == ()
    assert long[0].tokens == (A, B)


def test_the_search_goes_on_while_a_longer_reply_may_win() -> None:
    likely = {B: 1.0}
    network = table(
        {
            (): {END_ID: 0.4, A: 0.22, B: 0.19, C: 0.19},
            (A,): likely,
            (A, B): likely,
            (A, B, B): likely,
        }
    )
    wanted = settings(beam_width=1, length_penalty=2.0)
    # ln 0.22 = -1.5 is below the score of saying nothing, ln 0.4 / (5/6)² = -1.3; it
    # is above once it is divided by (9/6)².
    assert search(TableStepper(network), wanted)[0].tokens == (A, B, B, B)


def test_hypotheses_differ_and_come_best_first() -> None:
    found = search(TableStepper(GARDEN_PATH), settings(beam_width=4))
    assert len({h.tokens for h in found}) == len(found) > 1
    scores = [h.score for h in found]
    assert scores == sorted(scores, reverse=True)


def test_replies_that_read_the_same_count_as_one() -> None:
    """Two tokens may spell what one of them writes."""
    network = table({(): {A: 0.5, B: 0.3, C: 0.2}, (B,): {C: 1.0}, (C,): {B: 1.0}})
    words = {A: "好的", B: "好", C: "的"}
    found = search(
        TableStepper(network),
        settings(beam_width=3),
        text_of=lambda tokens: "".join(words[t] for t in tokens),
    )
    assert [h.tokens for h in found] == [(A,), (C, B)]


def test_diversity_leaves_room_for_other_beginnings() -> None:
    network = table(
        {
            (): {A: 0.7, B: 0.3},
            (A,): {A: 0.35, B: 0.33, C: 0.32},
            (B,): {A: 0.4, B: 0.3, C: 0.3},
        }
    )

    def beginnings(diversity: float) -> set[int]:
        wanted = settings(beam_width=3, diversity=diversity)
        return {h.tokens[0] for h in search(TableStepper(network), wanted)}

    assert beginnings(0.0) == {A}
    assert beginnings(2.0) == {A, B}


def test_the_coverage_penalty_prefers_what_attends_to_all_of_the_source() -> None:
    network = table({(): {A: 0.55, B: 0.45}, (A,): {A: 1.0}, (B,): {B: 1.0}})

    def attention(prefix: Prefix) -> list[float]:
        # The third column lies beyond the source.
        look = prefix.count(A) == 0 and len(prefix) % 2
        return [0.05, 0.95, 0.0] if look else [0.95, 0.05, 0.0]

    def best(coverage_penalty: float) -> Prefix:
        wanted = settings(coverage_penalty=coverage_penalty, beam_width=4)
        return search(TableStepper(network, attention=attention), wanted)[0].tokens

    assert best(0.0) == (A, A)
    assert best(0.2) == (B, B)


def test_the_coverage_penalty_needs_attention() -> None:
    with pytest.raises(SettingsError, match="needs a network with attention"):
        search(TableStepper(GARDEN_PATH), settings(coverage_penalty=0.2))


@TRIED
@given(SEEDS, st.sampled_from(["top_k", "top_p"]))
def test_drawing_is_the_same_for_the_same_seed(seed: int, strategy: str) -> None:
    wanted = settings(strategy=strategy, sampling_seed=seed, samples=3)
    once, again = (search(TableStepper(random_table(1)), wanted) for _ in range(2))
    assert once == again


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


def falling(seed: int, size: int) -> np.ndarray:
    return -np.sort(-np.random.default_rng(seed).dirichlet(np.ones(size)))


@TRIED
@given(SEEDS, st.floats(0.01, 1.0), st.floats(0.05, 5.0))
def test_top_p_draws_all_of_the_nucleus_and_nothing_else(
    seed: int, p: float, temperature: float
) -> None:
    probabilities = falling(seed, 12)
    # As many as are needed to reach p, found one by one.
    size, mass = 0, 0.0
    while mass < p and size < 12:
        mass, size = mass + probabilities[size], size + 1
    luck = np.linspace(0, 1, 500, endpoint=False)
    rows = np.tile(np.log(probabilities), (500, 1))
    picked = TopP(p, temperature).pick(rows, luck)
    assert picked.max() < size
    assert set(TopP(p, 50.0).pick(rows, luck)) == set(range(size))


def test_luck_just_short_of_one_still_draws_what_may_follow() -> None:
    rows = np.log(np.array([[0.5, 0.3, 0.2]]))
    rows[0, 0] = -np.inf
    for sampler in (TopK(2, 0.8), TopP(1.0, 0.8)):
        assert sampler.pick(rows, np.array([np.nextafter(1, 0)]))[0] == 2
        assert sampler.pick(rows, np.array([0.0]))[0] == 1


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_tokens_are_drawn_as_often_as_the_temperature_says(temperature: float) -> None:
    probabilities = falling(3, 6)
    luck = np.linspace(0, 1, 20_000, endpoint=False)
    rows = np.tile(np.log(probabilities), (len(luck), 1))
    picked = TopK(4, temperature).pick(rows, luck)
    wanted = probabilities[:4] ** (1 / temperature)
    shares = np.bincount(picked, minlength=6) / len(luck)
    assert shares[:4] == pytest.approx(wanted / wanted.sum(), abs=1e-3)
    assert shares[4:].sum() == 0


def test_top_p_asks_for_more_until_it_sees_the_nucleus() -> None:
    flat = table({(): {token: 1 / 500 for token in range(A, A + 500)}})
    firsts = set()
    for seed in range(40):
        stepper = TableStepper(flat, vocabulary=600)
        wanted = settings(strategy="top_p", top_p=0.9, sampling_seed=seed)
        firsts.add(search(stepper, wanted)[0].tokens[0])
    assert max(firsts) - A > 256
    assert max(firsts) - A < 450


def test_top_p_of_everything_ends_with_the_most_candidates() -> None:
    rows = np.full((1, MOST_CANDIDATES), np.log(1e-6))
    assert TopP(1.0, 1.0).enough(rows)[0]
    assert not TopP(1.0, 1.0).enough(rows[:, 1:])[0]


def test_several_samples_differ_and_come_best_first() -> None:
    wanted = settings(strategy="top_k", samples=8, temperature=2.0)
    found = search(TableStepper(random_table(4)), wanted)
    assert 1 < len(found) <= 8
    assert len({h.tokens for h in found}) == len(found)
    ranks = [(h.finished, h.score) for h in found]
    assert ranks == sorted(ranks, reverse=True)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_reply_is_cut_at_its_longest(strategy: str) -> None:
    found = search(TableStepper(ENDLESS), settings(strategy=strategy))
    assert len(found[0].tokens) == 5
    assert not found[0].finished


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_when_the_time_is_spent_the_best_so_far_is_given(strategy: str) -> None:
    ticks = itertools.count(step=0.1)
    stepper = TableStepper(ENDLESS)
    found = search(
        stepper,
        settings(strategy=strategy, max_reply_tokens=400, time_budget_ms=1000.0),
        clock=lambda: next(ticks),
    )
    assert found[0].tokens
    assert stepper.steps < 15


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_finished_reply_is_given_before_a_likelier_one_in_the_making(
    strategy: str,
) -> None:
    network = table({(): {A: 0.99, END_ID: 0.01}, (A,): {B: 1.0}, (A, B): {C: 1.0}})
    ticks = itertools.count(step=1.0)
    wanted = settings(strategy=strategy, time_budget_ms=500.0)
    found = search(TableStepper(network), wanted, clock=lambda: next(ticks))
    assert found[0].tokens == (() if strategy == "beam" else (A,))
    assert found[0].finished is (strategy == "beam")


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_attention_is_kept_for_each_token_it_led_to(strategy: str) -> None:
    def attention(prefix: Prefix) -> list[float]:
        return [float(sum(prefix)), float(len(prefix))]

    stepper = TableStepper(random_table(5), attention=attention)
    for reply in search(stepper, settings(strategy=strategy)):
        if not reply.tokens:
            assert reply.attention is None
            continue
        assert reply.attention is not None
        prefixes = [reply.tokens[:i] for i in range(len(reply.tokens))]
        assert reply.attention.tolist() == [attention(p) for p in prefixes]


def test_without_attention_none_is_kept() -> None:
    assert search(TableStepper(GARDEN_PATH), settings())[0].attention is None
