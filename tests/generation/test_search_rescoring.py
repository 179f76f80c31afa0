"""Rescoring prefers the reply that belongs to the message, not to every message."""

import itertools
import math
from collections.abc import Sequence

import pytest

from framework_plugin.errors import SettingsError
from framework_plugin.generation.serving.search import (
    Hypothesis,
    Scorer,
    search,
    search_batch,
)
from framework_plugin.generation.settings import DecodingSettings
from tests.generation.search_tables import (
    A,
    B,
    Prefix,
    TableBatch,
    TableStepper,
    settings,
    table,
)

# A, B: a generic reply and one about the message.
CHOICE = table({(): {A: 0.6, B: 0.4}})


def generic(replies: Sequence[Sequence[int]]) -> list[list[float]]:
    return [
        [math.log(0.5 if token == A else 0.01) for token in reply] + [-0.1]
        for reply in replies
    ]


class Backward:
    """The sources speak of B, of A, of B and so on; each has two tokens."""

    def __init__(self) -> None:
        self.asked: list[tuple[list[Prefix], list[int]]] = []

    def __call__(
        self, replies: Sequence[Sequence[int]], sources: Sequence[int]
    ) -> list[list[float]]:
        self.asked.append(([tuple(r) for r in replies], list(sources)))
        return [
            [math.log(0.9 if reply[0] == (B, A)[source % 2] else 0.05)] * 2 + [0.0]
            for reply, source in zip(replies, sources, strict=True)
        ]


def best(wanted: DecodingSettings, scorer: Scorer) -> Hypothesis:
    return search(TableStepper(CHOICE), wanted, scorer=scorer)[0]


def test_what_suits_everything_loses_to_what_suits_the_message() -> None:
    scorer = Scorer(lm_score=generic)
    assert best(settings(), scorer).tokens == (A,)
    assert best(settings(mmi="anti_lm"), scorer).tokens == (B,)


def test_the_reply_from_which_the_message_is_guessed_wins() -> None:
    wanted = settings(mmi="bidirectional", mmi_weight=0.5)
    assert best(wanted, Scorer(backward_score=Backward())).tokens == (B,)


@pytest.mark.parametrize("mmi", ["anti_lm", "bidirectional"])
def test_a_weight_of_nothing_changes_nothing(mmi: str) -> None:
    scorer = Scorer(generic, Backward())
    plain = search(TableStepper(CHOICE), settings())
    assert plain == search(
        TableStepper(CHOICE), settings(mmi=mmi, mmi_weight=0.0), scorer=scorer
    )


def test_the_language_model_counts_the_first_tokens_only() -> None:
    network = table(
        {(): {A: 0.55, B: 0.45}, (A,): {A: 1.0}, (B,): {A: 1.0}, (B, A): {A: 1.0}}
    )

    def likely_at_last(replies: Sequence[Sequence[int]]) -> list[list[float]]:
        return [[-5.0] + [0.0] * (len(r) - 1) + [-9.0 * (r[0] == B)] for r in replies]

    def first(tokens: int) -> int:
        wanted = settings(mmi="anti_lm", mmi_tokens=tokens)
        scorer = Scorer(lm_score=likely_at_last)
        return search(TableStepper(network), wanted, scorer=scorer)[0].tokens[0]

    assert first(2) == A
    assert first(9) == B


def test_scores_are_those_of_the_paper() -> None:
    wanted = settings(mmi="anti_lm", mmi_weight=0.4, length_penalty=0.0)
    for reply in search(TableStepper(CHOICE), wanted, scorer=Scorer(lm_score=generic)):
        [alone] = generic([reply.tokens])
        assert reply.score == pytest.approx(reply.log_prob - 0.4 * sum(alone))
    wanted = settings(mmi="bidirectional", mmi_weight=0.4, length_penalty=0.0)
    scorer = Scorer(backward_score=Backward())
    for reply in search(TableStepper(CHOICE), wanted, scorer=scorer):
        [back] = Backward()([reply.tokens], [0])
        wanted_score = 0.6 * reply.log_prob + 0.4 * sum(back)
        assert reply.score == pytest.approx(wanted_score)


def test_a_batch_is_rescored_at_once_each_reply_with_its_source() -> None:
    backward = Backward()
    wanted = settings(mmi="bidirectional", mmi_weight=0.5)
    found = search_batch(
        TableBatch([CHOICE, CHOICE]), wanted, scorer=Scorer(backward_score=backward)
    )
    assert [group[0].tokens for group in found] == [(B,), (A,)]
    assert backward.asked == [([(A,), (B,), (A,), (B,)], [0, 0, 1, 1])]


def test_samples_are_rescored_too() -> None:
    wanted = settings(
        strategy="top_k", samples=20, temperature=3.0, mmi="anti_lm", sampling_seed=1
    )
    assert best(wanted, Scorer(lm_score=generic)).tokens == (B,)


def test_with_no_time_left_the_order_of_the_search_stands() -> None:
    ticks = itertools.count(step=1.0)
    backward = Backward()
    search(
        TableStepper(CHOICE),
        settings(mmi="bidirectional", time_budget_ms=100.0),
        scorer=Scorer(backward_score=backward),
        clock=lambda: next(ticks),
    )
    assert backward.asked == []


@pytest.mark.parametrize(
    ("mmi", "model"), [("anti_lm", "language"), ("bidirectional", "backward")]
)
def test_a_missing_model_is_named(mmi: str, model: str) -> None:
    with pytest.raises(SettingsError, match=f"needs a {model} model.*'mmi' to 'none'"):
        search(TableStepper(CHOICE), settings(mmi=mmi))
