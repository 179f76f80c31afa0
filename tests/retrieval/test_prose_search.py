"""Questions on documents in prose find their paragraph, and others find none."""

from __future__ import annotations

from framework_plugin.retrieval import PassageIndex, load_faq
from framework_plugin.retrieval.word_lists import extractor_beside
from tests.retrieval.measure import FAQ, UNANSWERABLE, load_cases, measure
from tests.retrieval.measure_prose import load_prose, load_prose_cases

PROSE = load_prose()
CASES = load_prose_cases(PROSE)


def test_there_are_enough_questions_on_prose() -> None:
    assert sum(case.expected == UNANSWERABLE for case in CASES) >= 20
    assert len({case.query for case in CASES}) == len(CASES) >= 80


def test_questions_find_the_paragraph_that_answers() -> None:
    report = measure(PassageIndex(PROSE, extractor_beside(FAQ)), CASES)

    assert report.first >= 0.85
    assert report.right + report.offered >= 0.6
    assert report.wrong == 0
    assert report.answered <= 0.04
    assert report.bothered <= 0.25


def test_prose_beside_the_bundled_questions_takes_little_from_them() -> None:
    both = PassageIndex([*load_faq(FAQ).entries, *PROSE], extractor_beside(FAQ))
    report = measure(both, load_cases())

    assert report.first >= 0.87
    assert report.right + report.offered >= 0.88
    assert report.wrong <= 0.03
    assert report.answered <= 0.07
