from __future__ import annotations

import random

import numpy as np
import pytest

from framework_plugin.retrieval import Passage, PassageIndex, bm25, load_faq
from framework_plugin.retrieval.segment import read_segment
from tests.retrieval.measure import FAQ, load_cases
from tests.retrieval.test_index import entry

ENTRIES = load_faq(FAQ).entries
QUERIES = [case.query for case in load_cases()][::7]


def prose(id_: str, section: str, text: str, **more: object) -> Passage:
    return Passage(id_, "手册", "手册", section, text, **more)  # type: ignore[arg-type]


def found(index: PassageIndex, query: str, **more: object) -> list[str]:
    hits = index.search(query, **more)  # type: ignore[arg-type]
    return [hit.passage.id for hit in hits]


def scores(index: PassageIndex) -> list[dict[str, float]]:
    """For each query the scores of passages.

    Among equal ones any may come first; of the lowest, any may be no candidate.
    """
    return [
        {
            hit.passage.id: round(hit.score, 4)
            for hit in index.search(query, 5)
            if hit.score > 0.2
        }
        for query in QUERIES
    ]


def test_a_changed_index_finds_what_one_built_anew_finds() -> None:
    chance = random.Random(5)
    index, kept = PassageIndex(ENTRIES[:150]), {e.id: e for e in ENTRIES[:150]}
    for entries in (ENTRIES[150:160], ENTRIES[160:], ENTRIES[40:60]):
        removed = chance.sample(sorted(kept), 12)
        put = [
            Passage(e.id, "新", "新", "", e.text, e.questions[1:] or e.questions)
            for e in entries
        ]
        index = index.changed(put, removed)
        kept = {id_: e for id_, e in kept.items() if id_ not in removed}
        kept.update({e.id: e for e in put})

        anew = scores(PassageIndex(list(kept.values())))
        assert len(index) == len(kept)
        assert {passage.id for passage in index} == set(kept)
        assert scores(index) == scores(index.merged()) == anew


def test_an_index_stays_as_it_is_when_another_is_made_of_it() -> None:
    index = PassageIndex(ENTRIES)
    before = scores(index)
    gone = [e.id for e in ENTRIES[:50]]
    other = index.changed([entry("new", "怎么养金鱼", "金鱼吃什么")], gone)

    assert scores(index) == before
    assert found(index, "金鱼吃什么") != ["new"]
    assert found(other, "金鱼吃什么")[0] == "new"
    assert index.passage(gone[0]) is not None
    assert other.passage(gone[0]) is None
    assert index.passage("new") is None


def test_a_changed_passage_is_found_by_its_new_words_only() -> None:
    index = PassageIndex([entry("a", "怎么开发票"), entry("b", "怎么退货")])
    index = index.changed([entry("a", "运费多少")])

    assert found(index, "开发票") == []
    assert found(index, "运费多少") == ["a"]
    assert index.passage("a") == entry("a", "运费多少")
    assert len(index) == 2


def test_how_much_of_an_index_is_scattered_is_known() -> None:
    index = PassageIndex(ENTRIES[:100])
    assert index.scattered == 0

    index = index.changed(ENTRIES[100:110], [ENTRIES[0].id])
    assert index.scattered == pytest.approx(11 / 111)
    assert index.merged().scattered == 0


def test_an_index_may_lose_all_it_has_and_get_new() -> None:
    index = PassageIndex([entry("a", "怎么开发票")]).changed((), ["a", "unknown"])
    assert len(index) == len(index.merged()) == 0
    assert found(index, "怎么开发票") == found(index.merged(), "怎么开发票") == []

    assert found(index.merged().changed([entry("b", "怎么退货")]), "退货") == ["b"]


def test_what_does_not_hold_is_not_found() -> None:
    index = PassageIndex(
        [
            Passage(
                "old", "d", "t", "", "满99减10", ("双十一有什么优惠",), valid_until=10
            ),
            Passage(
                "new", "d", "t", "", "满99减20", ("双十一有什么优惠",), valid_from=10
            ),
            Passage("ever", "d", "t", "", "8元", ("运费多少",)),
        ]
    )

    assert found(index, "双十一有什么优惠", at=9.9) == ["old"]
    assert found(index, "双十一有什么优惠", at=10) == ["new"]
    assert found(index, "双十一优惠", at=10) == ["new"]
    assert set(found(index, "双十一有什么优惠")) == {"old", "new"}
    assert found(index, "运费多少", at=10) == ["ever"]


def test_what_is_for_an_audience_is_found_for_it_alone() -> None:
    def one(id_: str, *audience: str) -> Passage:
        return Passage(id_, "d", id_, "", id_, ("有什么折扣",), audience=audience)

    index = PassageIndex(
        [one("members", "会员", "VIP"), one("all"), one("staff", "员工")]
    )

    assert found(index, "有什么折扣") == ["all"]
    assert found(index, "折扣", audience=["VIP"]) == ["members", "all"]
    assert found(index, "折扣", audience=("员工", "会员")) == [
        "members",
        "all",
        "staff",
    ]
    assert found(index.changed([one("more", "员工")]), "折扣") == ["all"]


def test_what_may_not_be_shown_takes_no_place_among_the_candidates() -> None:
    over = [entry(f"{n}", "双十一有什么优惠", answer=f"{n}") for n in range(500)]
    hidden = [Passage(**{**vars(passage), "valid_until": 1.0}) for passage in over]
    index = PassageIndex([*hidden, entry("now", "优惠有哪些")])

    assert found(index, "双十一有什么优惠", at=2) == ["now"]


def test_prose_is_found_by_its_sentences_and_its_heading() -> None:
    index = PassageIndex(
        [
            prose("m#1", "休假 › 年休假", "工龄不满十年的五天。年假最多可结转三天。"),
            prose("m#2", "休假 › 病假", "请病假须在当天上午十点前告知主管。"),
        ]
    )
    (hit,) = index.search("年假可以结转几天", limit=1)

    assert (hit.passage.id, hit.wording) == ("m#1", "年休假\n年假最多可结转三天。")
    assert found(index, "病假")[0] == "m#2"
    assert index.search("病假")[0].score == pytest.approx(1)


def test_of_a_section_and_of_equal_passages_only_the_best_is_given() -> None:
    again = Passage("copy#1", "副本", "副本", "休假", "年假五天。")
    index = PassageIndex(
        [
            prose("m#1", "休假", "病假要开证明。"),
            prose("m#2", "休假", "年假五天。"),
            again,
            entry("faq", "年假几天", answer="五天"),
            entry("doc#1", "年假几天", answer="五天"),
        ]
    )

    assert found(index, "年假五天") == ["m#2", "faq"]


def test_few_places_of_the_index_are_read_and_the_best_is_still_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    index = PassageIndex(ENTRIES)
    whole = [found(index, query, limit=1) for query in QUERIES]
    monkeypatch.setattr(bm25, "POSTINGS", 600)
    monkeypatch.setattr(bm25, "POSTINGS_SHARE", 0.1)
    asked = bm25.Query.of(
        np.arange(3, dtype=np.int32),
        np.ones(3, np.float32),
        np.array([500, 9, 400]),
        texts=800,
        average=5,
    )
    few = [found(index, query, limit=1) for query in QUERIES]

    assert (asked.terms.tolist(), asked.leading) == ([1, 2, 0], 2)
    assert sum(a == b for a, b in zip(few, whole, strict=True)) >= len(QUERIES) * 0.95


def test_the_score_of_a_text_is_that_of_bm25() -> None:
    index = PassageIndex([entry("a", "开发票"), entry("b", "退货的运费谁出")])
    found_ = index.candidates("运费")
    assert found_ is not None
    _, candidates = found_
    parts = index._parts
    average = parts.holding.sum() / 4  # Two wordings, two answers.
    length = len(index._extract("退货的运费谁出"))
    # One of two passages holds each of 运费, 运, 费 and the pair.
    idf = np.log(1 + (2 - 1 + 0.5) / (1 + 0.5))

    assert candidates.bm25.max() == pytest.approx(
        4 * idf / (1 + 1.5 * (0.25 + 0.75 * length / average)), rel=1e-5
    )


def test_a_segment_counts_in_how_many_passages_a_term_stands() -> None:
    index = PassageIndex([])
    segment = read_segment(
        [
            entry("a", "运费多少", "邮费运费", answer="运费"),
            entry("b", "退货", answer="运费"),
        ],
        index._read,
    )
    number = index._lexicon.numbers["word 运费"]

    assert segment.frequency[number] == 2
    assert segment.frequency_of(np.array([1]))[number] == 1
    assert segment.postings[number].tolist() == [0, 1, 3, 4]
