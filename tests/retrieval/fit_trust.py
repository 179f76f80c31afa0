"""Fits the weights of `Formula.trust`.

`python -m tests.retrieval.fit_trust` prints them, after a minute.

Learned from: all of `paraphrases.tsv` and `paraphrases_fresh.tsv`, `unanswerable.txt`,
every second line of `paraphrases_blind.tsv`, and every fifth wording of the FAQ itself,
left out. Each question that has an answer is asked once more of the FAQ without that
entry: so near to the shop's matters, and yet without an answer, few people ask. All but
the wordings are also asked of the FAQ with one, three and six wordings for each entry,
so that the weights hold for small FAQs too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from sklearn.linear_model import LogisticRegression

from framework_plugin.retrieval import Passage, PassageIndex, coverage, load_faq
from framework_plugin.retrieval.judging import Candidates
from framework_plugin.retrieval.trust import EVIDENCE, Evidence
from framework_plugin.retrieval.word_lists import extractor_beside
from tests.retrieval.measure import FAQ, HERE, UNANSWERABLE, Case, halves, load_cases

# Questions by somebody who knew no wording tell most of what users will ask.
BLIND = 3.0
WITHOUT_ENTRY = 0.7
FEWER_WORDINGS = 0.3
OWN_WORDING = 0.3
EVERY = 5


class Lesson(NamedTuple):
    """Evidence for the best passage, whether that is the answer, and its weight."""

    evidence: Evidence
    right: bool
    weight: float


def lessons() -> Iterator[Lesson]:
    """All that the weights are learned from."""
    passages, extract = load_faq(FAQ).entries, extractor_beside(FAQ)
    for count, part in ((1, FEWER_WORDINGS), (3, FEWER_WORDINGS), (6, FEWER_WORDINGS)):
        fewer = [replace(one, questions=one.questions[:count]) for one in passages]
        yield from _asked(PassageIndex(fewer, extract), part)
    whole = PassageIndex(passages, extract)
    yield from _asked(whole, 1.0)
    yield from _own(whole, passages)


def _asked(index: PassageIndex, weight: float) -> Iterator[Lesson]:
    for case, own in _cases():
        yield from _both(index, case, weight * own)


def _cases() -> Iterator[tuple[Case, float]]:
    for name in ("paraphrases.tsv", "paraphrases_fresh.tsv"):
        yield from ((case, 1.0) for case in load_cases(name))
    yield from (
        (case, BLIND) for case in halves(load_cases("paraphrases_blind.tsv"))[0]
    )
    lines = (HERE / "unanswerable.txt").read_text(encoding="utf-8").splitlines()
    for line in lines:
        if line and not line.startswith("#"):
            yield Case(UNANSWERABLE, line), 1.0


def _own(index: PassageIndex, passages: tuple[Passage, ...]) -> Iterator[Lesson]:
    asked = [(one.id, text) for one in passages for text in one.questions]
    for id_, text in asked[EVERY - 1 :: EVERY]:
        yield from _both(index, Case(id_, text), OWN_WORDING, without=text)


def _both(
    index: PassageIndex, case: Case, weight: float, without: str = ""
) -> Iterator[Lesson]:
    """A question, and the same as if its entry were not there."""
    ids = [passage.id for passage in index]

    def kept(candidates: Candidates, row: int) -> bool:
        return not without or candidates.wordings[row] != without

    def of_others(candidates: Candidates, row: int) -> bool:
        return ids[candidates.owners[row]] != case.expected

    yield from _lesson(index, case, weight, kept)
    if case.expected != UNANSWERABLE:
        yield from _lesson(index, case, weight * WITHOUT_ENTRY, of_others)


def _lesson(
    index: PassageIndex,
    case: Case,
    weight: float,
    is_kept: Callable[[Candidates, int], bool],
) -> Iterator[Lesson]:
    found = index.candidates(case.query)
    if found is None:
        return
    rows = [n for n in range(len(found[1].owners)) if is_kept(found[1], n)]
    if not rows:
        return
    candidates = found[1].chosen(np.array(rows))
    scores, owners = coverage(candidates), candidates.owners
    best = int(np.argmax(scores))
    owner = int(owners[best])
    rival = float(scores[owners != owner].max(initial=0))
    evidence = Evidence.of(candidates, scores, owner, float(scores[best]), rival)
    ids = [passage.id for passage in index]
    yield Lesson(evidence, ids[owner] == case.expected, weight)


def main() -> None:
    """Fits and prints."""
    learned = list(lessons())
    table = [[getattr(one.evidence, n) for n in EVIDENCE] for one in learned]
    # Hardly regularised: five weights, thousands of lessons.
    model = LogisticRegression(C=100, max_iter=5000)
    right = [one.right for one in learned]
    model.fit(table, right, sample_weight=[one.weight for one in learned])
    print(f"{len(learned)} lessons, {sum(right)} of them right")
    print("WEIGHTS =", tuple(round(float(w), 1) for w in model.coef_[0]), EVIDENCE)
    print("BIAS =", round(float(model.intercept_[0]), 1))


if __name__ == "__main__":
    main()
