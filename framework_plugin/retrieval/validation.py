"""Whether a learned judge is better than the formula, by cross-validation."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from framework_plugin.errors import DocumentError
from framework_plugin.retrieval.calibration import Calibration, threshold
from framework_plugin.retrieval.cases import Case, Question
from framework_plugin.retrieval.formula import Formula
from framework_plugin.retrieval.learning import group_of, learned
from framework_plugin.retrieval.rows import Floats
from framework_plugin.retrieval.sentence_vectors import SentenceEncoder
from framework_plugin.retrieval.trust import Evidence

FOLDS = 5
RANKS = 10
_FEWEST = 50


@dataclass(frozen=True)
class Figures:
    """How a judge did on questions that it did not learn from.

    Args:
        first: Share of the answerable questions whose right passage comes first.
        reciprocal_rank: Mean of one over its place, 0 beyond the tenth (MRR@10).
        area: That the score of a right passage is above that of one labelled wrong
            (area under the ROC curve); None without labelled wrong ones.
        answered: Share of all questions that are answered at once with the wanted
            precision; 0 if that cannot be had.
    """

    first: float
    reciprocal_rank: float
    area: float | None
    answered: float


@dataclass(frozen=True)
class Validation:
    """A judge beside the formula.

    Args:
        questions: How many were asked.
        answerable: How many of them have a right passage.
        formula: Figures of `Formula`.
        learned: Figures of judges learned from the other folds.
        probabilities: Of the best passage of each question, by calibrations of the
            other folds.
        right: Whether it was right.
        calibration: Of all questions, with the threshold of the wanted precision.
    """

    questions: int
    answerable: int
    formula: Figures
    learned: Figures
    probabilities: tuple[float, ...]
    right: tuple[bool, ...]
    calibration: Calibration

    @property
    def is_better(self) -> bool:
        """Whether the learned judge ranks no worse, and wins more than it loses.

        It may answer fewer questions at once with the wanted precision than the formula
        does, but fewer only than those for which it now ranks the right entry first.
        """
        ranked = self.learned.first - self.formula.first
        return ranked >= 0 and ranked + self.learned.answered > self.formula.answered


@dataclass(frozen=True)
class _Asked:
    """What a judge found for one question.

    Args:
        question: The question.
        fold: The one in which it was not learned from.
        scores: Of each passage found, the best first.
        trust: How surely the best is right, on any scale.
    """

    question: Question
    fold: int
    scores: dict[str, float]
    trust: float

    @property
    def is_right(self) -> bool:
        return next(iter(self.scores)) in self.question.right

    @property
    def place(self) -> int | None:
        """Of the first right passage, from 0."""
        places = enumerate(self.scores)
        return next((i for i, id_ in places if id_ in self.question.right), None)


def validated(
    cases: Sequence[Case],
    missed: Sequence[Question] = (),
    *,
    also: Sequence[Case] = (),
    precision: float = 0.95,
    seed: int = 0,
    encoder: SentenceEncoder | None = None,
    on_fold: Callable[[int], object] = lambda fold: None,
) -> Validation:
    """Learns five times from four fifths of the questions, and tries it on the rest.

    Questions about the same passage stay together.

    Args:
        cases: What the index finds for questions.
        missed: Questions for which it finds nothing.
        also: What is learned from every time, but not asked.
        precision: Share of the answers given at once that are to be right, 0 to 1.
        seed: Of the folds.
        encoder: See `learned`.
        on_fold: Told the number of each fold that is done.

    Raises:
        DocumentError: There are too few questions.
    """
    decided = sum(case.question.is_decided for case in cases)
    if decided < _FEWEST:
        raise DocumentError(
            f"{decided} questions with a known answer are too few to learn from and to "
            f"tell whether it helps. Expected {_FEWEST} or more; better some hundred."
        )
    folds = _folds(cases, seed)
    formula, found = [], []
    for fold in range(FOLDS):
        pairs = list(zip(cases, folds, strict=True))
        others = [case for case, own in pairs if own != fold]
        judge = learned([*others, *also], encoder, seed)
        for case in (case for case, own in pairs if own == fold):
            formula.append(_by_formula(case, fold))
            found.append(_asked(case, fold, judge.raw(case.candidates)))
        on_fold(fold)
    probabilities, right = _calibrated(found)
    calibration = Calibration.fitted(*_tops(found))
    return Validation(
        len(cases) + len(missed),
        sum(bool(q.right) for q in (*(c.question for c in cases), *missed)),
        _figures(formula, missed, *_tops(formula), precision),
        _figures(found, missed, probabilities, right, precision),
        tuple(probabilities),
        tuple(right),
        calibration.wanting(precision, probabilities, right),
    )


def _folds(cases: Sequence[Case], seed: int) -> list[int]:
    groups = sorted({group_of(case) for case in cases})
    random.Random(seed).shuffle(groups)
    fold = {group: place % FOLDS for place, group in enumerate(groups)}
    return [fold[group_of(case)] for case in cases]


def _asked(case: Case, fold: int, scores: Floats) -> _Asked:
    rows = case.ranked(scores)
    of_each = {id_: float(scores[row]) for id_, row in rows.items()}
    return _Asked(case.question, fold, of_each, next(iter(of_each.values())))


def _by_formula(case: Case, fold: int) -> _Asked:
    formula = Formula()
    scores = formula(case.candidates)
    asked = _asked(case, fold, scores)
    best, rival = [*asked.scores.values(), 0.0][:2]
    owner = int(case.candidates.owners[int(np.argmax(scores))])
    evidence = Evidence.of(case.candidates, scores, owner, best, rival)
    return replace(asked, trust=formula.trust(evidence))


def _tops(found: Sequence[_Asked]) -> tuple[list[float], list[bool]]:
    decided = [asked for asked in found if asked.question.is_decided]
    return [a.trust for a in decided], [a.is_right for a in decided]


def _calibrated(found: Sequence[_Asked]) -> tuple[list[float], list[bool]]:
    """The probability of each best passage, by what the other folds say."""
    probabilities: list[float] = []
    right: list[bool] = []
    for fold in range(FOLDS):
        others = Calibration.fitted(*_tops([a for a in found if a.fold != fold]))
        raw, outcome = _tops([a for a in found if a.fold == fold])
        probabilities += others.probability(np.array(raw, np.float32)).tolist()
        right += outcome
    return probabilities, right


def _figures(
    found: Sequence[_Asked],
    missed: Sequence[Question],
    scores: Sequence[float],
    right: Sequence[bool],
    precision: float,
) -> Figures:
    answerable = [asked for asked in found if asked.question.right]
    count = max(len(answerable) + sum(bool(q.right) for q in missed), 1)
    places = [asked.place for asked in answerable]
    near = [place for place in places if place is not None and place < RANKS]
    decided = len(scores) + sum(q.is_decided for q in missed)
    lowest = threshold(precision, scores, right)
    return Figures(
        sum(place == 0 for place in places) / count,
        sum(1 / (place + 1) for place in near) / count,
        _area(found),
        0.0 if lowest is None else sum(s >= lowest for s in scores) / max(decided, 1),
    )


def _area(found: Sequence[_Asked]) -> float | None:
    scores, labels = [], []
    for asked in found:
        for id_ in asked.question.right | asked.question.wrong:
            # What was not found is judged below all that was.
            scores.append(asked.scores.get(id_, -np.inf))
            labels.append(id_ in asked.question.right)
    if len(set(labels)) < 2 or all(not asked.question.wrong for asked in found):
        return None
    from scipy.stats import rankdata

    ranks = rankdata(scores)
    right = np.array(labels)
    count = int(right.sum())
    above = ranks[right].sum() - count * (count + 1) / 2
    return float(above / (count * (len(labels) - count)))
