"""Asking a subject each case, and keeping what it gave.

The subject is whatever answers and scores: a trained generator, a recording, a rule.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from framework_plugin.corpus.placeholders import fill_in, placeholders_in
from framework_plugin.corpus.user_context import FactKind
from framework_plugin.evaluation.cases import Case
from framework_plugin.evaluation.ranking import draw_distractors, rank_of_first

CANDIDATE_SETS = (10, 20)
"""How many candidates the true reply is ranked among, itself included."""


@dataclass(frozen=True)
class Answer:
    """What a subject said to one case.

    Args:
        text: The reply; empty if it had none.
        confidence: How sure it was, 0 to 1.
        sure: Whether it would have said it to a user.
        origin: Where the reply came from, in the subject's own terms.
        tokens: The reply's tokens.
        source: What the network read.
        attention: Weights over the source, shape (tokens, source length), if the
            subject knows them.
        milliseconds: Time taken.
    """

    text: str
    confidence: float
    sure: bool
    origin: str = ""
    tokens: tuple[str, ...] = ()
    source: tuple[str, ...] = ()
    attention: tuple[tuple[float, ...], ...] | None = field(default=None, repr=False)
    milliseconds: float = field(default=0.0, compare=False)


class Subject(Protocol):
    """What is measured."""

    def answer(self, case: Case) -> Answer:
        """Answers the last message of a case."""
        ...

    def log_probs(self, case: Case, replies: Sequence[str]) -> list[Sequence[float]]:
        """How likely it would be to say each of some replies.

        Returns:
            Natural log-probabilities of each reply's tokens and of its end.
        """
        ...


class Judge(Protocol):
    """Says whether a reply is right."""

    def __call__(self, reply: str, references: Sequence[str]) -> bool:
        """Whether the reply says what one of the references says."""
        ...


@dataclass(frozen=True)
class Record:
    """What was measured of one case.

    Args:
        case: What was asked.
        answer: What was said.
        right: Whether that was right.
        log_probs: Of the first reference; none where no reply is right.
        ranks: The rank of the first reference, for each size of candidate set that
            could be drawn.
    """

    case: Case
    answer: Answer
    right: bool
    log_probs: tuple[float, ...] = ()
    ranks: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """One case as it was served and, where facts are known, as if none were."""

    served: Record
    without_profile: Record | None = None


class Measurer:
    """Measures a subject on cases, one by one.

    Args:
        subject: What is measured.
        judge: Says whether a reply is right.
        pool: Replies, placeholders unfilled, to draw wrong candidates from. Drawn are
            only such as need no more facts than are known of the case's user; they are
            filled with this user's own words, so that knowing a name gives nothing
            away.
        seed: Decides what is drawn.
    """

    def __init__(
        self, subject: Subject, judge: Judge, pool: Sequence[str], seed: int
    ) -> None:
        self._subject = subject
        self._judge = judge
        self._pool = [(reply, placeholders_in(reply)) for reply in pool]
        self._seed = seed

    def measure(self, cases: Sequence[Case]) -> Iterator[Outcome]:
        """Measures each case when it is asked for, in order."""
        for number, case in enumerate(cases):
            wrong = self._distractors(case, random.Random(f"{self._seed}/{number}"))
            served = self._record(case, wrong)
            if case.known and case.references:
                bare = self._record(case.without_profile(), wrong)
                yield Outcome(served, bare)
            else:
                yield Outcome(served)

    def _record(self, case: Case, wrong: Mapping[int, Sequence[str]]) -> Record:
        answer = self._subject.answer(case)
        if not case.references:
            return Record(case, answer, False)
        most = max(wrong.values(), key=len, default=())
        scored = self._subject.log_probs(case, [case.references[0], *most])
        means = [float(np.mean(each)) for each in scored]
        return Record(
            case,
            answer,
            bool(answer.text) and self._judge(answer.text, case.references),
            tuple(float(p) for p in scored[0]),
            {size: rank_of_first(means[:size]) for size in wrong},
        )

    def _distractors(self, case: Case, rng: random.Random) -> dict[int, Sequence[str]]:
        """Wrong replies for each size of candidate set, small sets within large."""
        if not case.references:
            return {}
        fitting = dict.fromkeys(self._fitting(case))
        for size in sorted(CANDIDATE_SETS, reverse=True):
            drawn = draw_distractors(list(fitting), case.references, size - 1, rng)
            if drawn is not None:
                return {s: drawn[: s - 1] for s in CANDIDATE_SETS if s <= size}
        return {}

    def _fitting(self, case: Case) -> Iterator[str]:
        known: frozenset[FactKind] = case.known
        return (
            fill_in(reply, case.values) for reply, needs in self._pool if needs <= known
        )
