"""Learning a judge from questions of which the right entry is known."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import combinations, product

import numpy as np

from framework_plugin.errors import DocumentError
from framework_plugin.retrieval.alignment import ALIGNED_KINDS
from framework_plugin.retrieval.associations import Associations, Pair
from framework_plugin.retrieval.cases import Case
from framework_plugin.retrieval.ranker import LearnedJudge, gathered
from framework_plugin.retrieval.rows import Floats
from framework_plugin.retrieval.sentence_vectors import SentenceEncoder

# Wrong passages that each question is learned with: those that come nearest.
_RIVALS = 10
# Pairs of questions about one passage: more say nothing new.
_PAIRS = 200
# The inverse of the regularisation, tried on training folds.
_STRENGTH = 0.3


def learned(
    cases: Sequence[Case], encoder: SentenceEncoder | None = None, seed: int = 0
) -> LearnedJudge:
    """A judge, not calibrated yet.

    Args:
        cases: What the index finds for questions.
        encoder: Tells how near the meanings of query and wording are; without it,
            words and characters alone count.
        seed: Of the halves that associations are learned on.

    Raises:
        DocumentError: There is no question with a right passage that was found, or
            none with a wrong one.
    """
    # They take seconds to be imported, and only who learns needs them.
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    table, labels = _lessons(cases, encoder, seed)
    if not 0 < sum(labels) < len(labels):
        raise DocumentError(
            f"Nothing can be learned from {len(cases)} questions: the index finds no "
            "right entry for any, or none but right ones. Expected questions in words "
            "that share some with the wordings of their entries, and several entries."
        )
    scaler = StandardScaler().fit(table)
    model = LogisticRegression(C=_STRENGTH, max_iter=2000)
    model.fit(scaler.transform(table), labels)
    weights = model.coef_[0] / scaler.scale_
    bias = float(model.intercept_[0] - weights @ scaler.mean_)
    return LearnedJudge(
        associated(cases), weights.astype(np.float32), bias, encoder=encoder
    )


def _lessons(
    cases: Sequence[Case], encoder: SentenceEncoder | None, seed: int
) -> tuple[Floats, list[bool]]:
    """Evidence, (wordings, evidence), and whether each is right."""
    halves = [_half(case, seed) for case in cases]
    columns: list[Floats] = []
    labels: list[bool] = []
    for half in (0, 1):
        # What a word is worth must be learned elsewhere than where it is weighed.
        pairs = list(zip(cases, halves, strict=True))
        associations = associated([case for case, own in pairs if own != half])
        for case in (case for case, own in pairs if own == half):
            rows, right = _compared(case)
            shared = case.shared(np.array(rows, int))
            columns.append(gathered(shared, associations, encoder))
            labels += right
    return np.concatenate(columns), labels


def group_of(case: Case) -> str:
    """What keeps questions about the same passage together."""
    return min(case.question.right or case.question.wrong, default=case.question.text)


def _half(case: Case, seed: int) -> int:
    return random.Random(f"{seed} {group_of(case)}").randrange(2)


def _compared(case: Case) -> tuple[list[int], list[bool]]:
    """Wordings to learn from, one of each passage, and which of them are right."""
    question, nearest = case.question, case.nearest
    others = [id_ for id_ in nearest if id_ not in question.right]
    chosen = [
        *(id_ for id_ in nearest if id_ in question.right),
        *(others[:_RIVALS] if question.is_decided else ()),
        *(id_ for id_ in others if id_ in question.wrong),
    ]
    ids = list(dict.fromkeys(chosen))
    return [nearest[id_] for id_ in ids], [id_ in question.right for id_ in ids]


def associated(cases: Sequence[Case]) -> tuple[Associations, Associations]:
    """What words, and what characters, stand for one another.

    Learned from questions and wordings, and from questions with the same right
    passage, or of which one has it as a wrong one.
    """
    alike: list[list[Pair]] = [[], []]
    unlike: list[list[Pair]] = [[], []]
    for kind in range(len(ALIGNED_KINDS)):
        right: dict[str, list[list[str]]] = defaultdict(list)
        wrong: dict[str, list[list[str]]] = defaultdict(list)
        for case in cases:
            asked = case.asked(kind)
            for id_, row in case.nearest.items():
                if id_ in case.question.right:
                    alike[kind].append((asked, case.worded(row, kind)))
                    right[id_].append(asked)
                elif id_ in case.question.wrong:
                    unlike[kind].append((asked, case.worded(row, kind)))
                    wrong[id_].append(asked)
        for id_, questions in right.items():
            alike[kind] += _some(combinations(questions, 2))
            unlike[kind] += _some(product(questions, wrong[id_]))
    words, characters = map(Associations.learned, alike, unlike)
    return words, characters


def _some(pairs: Iterator[Pair]) -> list[Pair]:
    return [pair for pair, _ in zip(pairs, range(_PAIRS), strict=False)]
