"""What may not be said is not said, and nothing else is lost for it."""

import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from framework_plugin.errors import SettingsError
from framework_plugin.generation.serving.constraints import (
    BlockList,
    read_block_list,
    repeats,
    spellings,
)
from framework_plugin.generation.serving.search import search
from framework_plugin.text.vocabulary import END_ID, SPECIALS
from tests.generation.search_tables import (
    TRIED,
    A,
    B,
    C,
    D,
    Prefix,
    TableStepper,
    log_probability,
    random_table,
    settings,
    table,
)

SEEDS = st.integers(0, 10_000)
STRATEGIES = st.sampled_from(["greedy", "beam", "top_k", "top_p"])
LETTERS = st.integers(A, A + 3)
SEQUENCES = st.lists(st.lists(LETTERS, min_size=1, max_size=3), max_size=4)


def runs(tokens: Prefix, size: int) -> list[Prefix]:
    return [tokens[i : i + size] for i in range(len(tokens) - size + 1)]


def occurs(sequence: list[int], tokens: Prefix) -> bool:
    return tuple(sequence) in runs(tokens, len(sequence))


@TRIED
@given(SEEDS, STRATEGIES, st.integers(1, 4))
def test_no_run_of_tokens_occurs_twice(seed: int, strategy: str, size: int) -> None:
    wanted = settings(strategy=strategy, no_repeat_ngram=size, max_reply_tokens=12)
    for reply in search(TableStepper(random_table(seed, 3, end=0.02)), wanted):
        found = runs(reply.tokens, size)
        assert len(set(found)) == len(found)


@TRIED
@given(
    st.lists(LETTERS, max_size=10), st.lists(LETTERS, max_size=10), st.integers(1, 5)
)
def test_a_repetition_is_told_as_looking_at_all_runs_tells(
    one: list[int], other: list[int], size: int
) -> None:
    length = min(len(one), len(other))
    prefixes = np.array([one[:length], other[:length]], dtype=np.int64)
    tokens = np.array([[A, B, C, END_ID]] * 2)
    told = repeats(prefixes.reshape(2, length), tokens, size)
    for row, prefix in enumerate((one[:length], other[:length])):
        for column, token in enumerate(tokens[row].tolist()):
            *before, last = runs((*prefix, token), size) or [()]
            assert told[row, column] == (last in before)


@TRIED
@given(SEEDS, STRATEGIES, SEQUENCES)
def test_no_blocked_sequence_occurs(
    seed: int, strategy: str, sequences: list[list[int]]
) -> None:
    found = search(
        TableStepper(random_table(seed, 4, end=0.05)),
        settings(strategy=strategy, max_reply_tokens=8),
        block_list=BlockList(sequences),
    )
    for reply in found:
        assert not any(occurs(sequence, reply.tokens) for sequence in sequences)


@TRIED
@given(st.lists(LETTERS, max_size=8), SEQUENCES)
def test_a_whole_reply_can_be_checked(
    reply: list[int], sequences: list[list[int]]
) -> None:
    wanted = any(occurs(sequence, tuple(reply)) for sequence in sequences)
    assert BlockList(sequences).occurs_in(reply) is wanted


@TRIED
@given(SEEDS, STRATEGIES, st.integers(0, 6))
def test_no_reply_ends_before_its_shortest(
    seed: int, strategy: str, shortest: int
) -> None:
    wanted = settings(
        strategy=strategy, min_reply_tokens=shortest, max_reply_tokens=8, samples=1
    )
    for reply in search(TableStepper(random_table(seed, 3, end=0.6)), wanted):
        assert len(reply.tokens) >= shortest


@TRIED
@given(SEEDS, st.integers(0, 2), st.integers(0, 2), SEQUENCES)
def test_a_wide_beam_finds_the_best_of_all_that_is_allowed(
    seed: int, ngram: int, shortest: int, sequences: list[list[int]]
) -> None:
    network = random_table(seed, letters=3)
    sequences = [s for s in sequences if len(s) > 1]
    every = [
        reply
        for n in range(shortest, 4)
        for reply in itertools.product((A, B, C), repeat=n)
        if not any(occurs(s, reply) for s in sequences)
        and (not ngram or len(set(runs(reply, ngram))) == len(runs(reply, ngram)))
    ]
    likeliest = sorted(every, key=lambda r: -log_probability(network, r))
    wanted = settings(
        beam_width=200,
        length_penalty=0.0,
        max_reply_tokens=4,
        no_repeat_ngram=ngram,
        min_reply_tokens=shortest,
    )
    found = search(TableStepper(network), wanted, block_list=BlockList(sequences))
    finished = [h.tokens for h in found if h.finished and len(h.tokens) < 4]
    assert finished[: len(likeliest)] == likeliest


@pytest.mark.parametrize("strategy", ["greedy", "beam", "top_k", "top_p"])
@TRIED
@given(
    SEEDS,
    st.integers(1, 3),
    st.integers(0, 3),
    st.sets(st.integers(A, A + 11), min_size=8, max_size=11),
    st.sampled_from([0.0, 0.5, 2.0]),
)
def test_asking_for_few_candidates_finds_what_seeing_all_finds(
    strategy: str,
    seed: int,
    width: int,
    ngram: int,
    blocked: set[int],
    diversity: float,
) -> None:
    wanted = settings(
        strategy=strategy,
        beam_width=width,
        no_repeat_ngram=ngram,
        top_k=3,
        max_reply_tokens=6,
        diversity=diversity if strategy == "beam" else 0.0,
    )
    network = random_table(seed, letters=12, end=0.05)
    block_list = BlockList([[token] for token in blocked])
    few, all_of_them = (
        search(TableStepper(network, generous=generous), wanted, block_list=block_list)
        for generous in (False, True)
    )
    assert [h.tokens for h in few] == [h.tokens for h in all_of_them]
    assert [h.score for h in few] == pytest.approx([h.score for h in all_of_them])


def test_the_nucleus_is_that_of_what_may_follow() -> None:
    """Of 0.25, 0.15 and 0.1, the first two reach 0.7 of their sum."""
    network = table({(): {A: 0.5, B: 0.25, C: 0.15, D: 0.1}})
    firsts = {
        search(
            TableStepper(network),
            settings(strategy="top_p", top_p=0.7, temperature=5.0, sampling_seed=seed),
            block_list=BlockList([[A]]),
        )[0].tokens[0]
        for seed in range(60)
    }
    assert firsts == {B, C}


@pytest.mark.parametrize("strategy", ["greedy", "beam", "top_k", "top_p"])
def test_where_nothing_may_follow_what_was_said_so_far_is_given(strategy: str) -> None:
    network = table({(): {A: 1.0}, (A,): {B: 1.0}})
    found = search(
        TableStepper(network), settings(strategy=strategy), block_list=BlockList([[B]])
    )
    assert [h.tokens for h in found] == [(A,)]
    assert not found[0].finished
    nothing = search(
        TableStepper(network), settings(strategy=strategy), block_list=BlockList([[A]])
    )
    assert [h.tokens for h in nothing] == [()]


VOCABULARY = [*SPECIALS, "讨", "厌", "鬼", "讨厌", "讨厌鬼", "厌鬼", "Go", "away", "go"]


def test_a_phrase_is_blocked_however_it_is_spelled() -> None:
    ids = {token.casefold(): [] for token in VOCABULARY}
    for index, token in enumerate(VOCABULARY):
        ids[token.casefold()].append(index)
    found = {"|".join(VOCABULARY[i] for i in s) for s in spellings("讨厌鬼", ids)}
    assert found == {"讨厌鬼", "讨厌|鬼", "讨|厌鬼", "讨|厌|鬼"}
    found = {"|".join(VOCABULARY[i] for i in s) for s in spellings("GO away", ids)}
    assert found == {"Go|away", "go|away"}
    assert spellings("没有", ids) == []
    assert spellings("  ", ids) == []


def test_a_longer_word_may_hold_a_blocked_one() -> None:
    block_list = BlockList.of(["讨厌", "</s>", ""], VOCABULARY)
    alone = [VOCABULARY[i] for i in block_list.alone]
    assert alone == ["讨厌"]
    tokens = np.array([range(len(VOCABULARY))])
    after = block_list.blocked(np.array([[VOCABULARY.index("讨")]]), tokens)
    assert [VOCABULARY[i] for i in np.flatnonzero(after)] == ["厌", "讨厌"]


def test_a_block_list_is_read_without_its_remarks(tmp_path: Path) -> None:
    path = tmp_path / "blocked.txt"
    path.write_text("# 不说的话\n讨厌鬼\n\n滚开  # 粗鲁\n", encoding="utf-8")
    assert read_block_list(path) == ["讨厌鬼", "滚开"]


def test_a_block_list_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"none\.txt.*one word or phrase a line"):
        read_block_list(tmp_path / "none.txt")


def test_an_empty_block_list_is_false() -> None:
    assert not BlockList([[], ()])
    assert BlockList([[A, B]])
