"""What else was found tells whether the nearest passage is the answer."""

from __future__ import annotations

from dataclasses import replace

import pytest

from framework_plugin.retrieval import Answer, Passage, PassageIndex, decide
from framework_plugin.retrieval.formula import Formula
from framework_plugin.retrieval.trust import Evidence

FAIR = Evidence(
    score=0.6, agreed=0.45, lead=0.2, unknown=0.1, terms=2.8, is_prose=False
)


def entry(id_: str, *questions: str) -> Passage:
    return Passage(id_, "源", "源", "", "好", questions)


def trusts(*passages: Passage, query: str) -> dict[str, float]:
    return {h.passage.id: h.trust for h in PassageIndex(passages).search(query)}


@pytest.mark.parametrize("name", ["score", "agreed", "lead", "terms"])
def test_each_piece_of_evidence_speaks_for_the_passage(name: str) -> None:
    better = replace(FAIR, **{name: getattr(FAIR, name) + 0.1})

    assert Formula().trust(better) > Formula().trust(FAIR)


def test_a_sentence_of_prose_is_trusted_as_far_as_it_is_near() -> None:
    assert Formula().trust(replace(FAIR, is_prose=True)) == FAIR.score


def test_nearly_the_same_words_are_trusted_only_if_no_other_passage_has_them() -> None:
    alone = Evidence(0.86, 0.2, 0.3, 0.0, 1.0, is_prose=False)
    beside = replace(alone, lead=0.05)

    assert Formula().trust(alone) == alone.score
    assert Formula().trust(beside) < 0.48


def test_other_wordings_that_resemble_the_question_make_the_answer_surer() -> None:
    other = entry("other", "怎么申请发票", "发票什么时候到", "能开专票吗")
    query = "寄到学校的运费大概要多少呢"
    agreeing = entry("a", "运费要多少", "寄一次运费多少", "到学校运费多少")
    chance = entry("a", "运费要多少", "积分怎么用", "几点上班")

    agreed = trusts(agreeing, other, query=query)["a"]
    assert agreed > trusts(chance, other, query=query)["a"]


def test_another_passage_as_near_makes_the_answer_less_sure() -> None:
    first = entry("a", "寄到学校运费多少")
    near, far = entry("b", "寄到学校几天能到"), entry("b", "怎么申请发票")
    query = "寄到我们学校要多少"

    beside = trusts(first, near, query=query)["a"]
    assert trusts(first, far, query=query)["a"] > beside


def test_the_same_entry_twice_is_no_rival_of_itself() -> None:
    first = entry("a", "寄到学校运费多少", "运费怎么算")
    again = replace(first, id="b")
    others = [entry("c", "怎么申请发票"), entry("d", "几点上班")]
    query = "寄到学校的运费是多少"

    (best, *_) = PassageIndex([first, again, *others]).search(query)
    (alone, *_) = PassageIndex([first, *others]).search(query)
    assert best.trust == pytest.approx(alone.trust, abs=0.1)
    assert isinstance(decide([best]), Answer)


def test_how_many_hits_are_wanted_changes_no_trust() -> None:
    passages = entry("a", "寄到学校运费多少"), entry("b", "寄到学校几天能到")
    index = PassageIndex(passages)
    query = "寄到学校多少"

    assert index.search(query, 1)[0].trust == index.search(query, 5)[0].trust
