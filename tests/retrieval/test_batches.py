from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framework_plugin.retrieval import TermExtractor, load_faq
from framework_plugin.retrieval.batches import BatchExtractor
from framework_plugin.retrieval.rows import Lexicon
from tests.retrieval.measure import FAQ, load_cases

EXTRACT = TermExtractor.default({"邮资": "运费"}, {"成都": "北京"})
PIECES = [
    "运费",
    "邮资",
    "成都",
    "北京",
    "怎么",
    "的",
    "吗",
    "？",
    " ",
    "a1",
    "龙井",
    "茶",
]


def assert_same(texts: list[str]) -> None:
    lexicon = Lexicon()
    batch = BatchExtractor(EXTRACT, lexicon)(texts)
    weights = lexicon.weights()

    assert len(batch.rows) == len(batch.plain) == len(texts)
    for row, text in enumerate(texts):
        terms = EXTRACT(text)
        numbers = batch.rows[row].tolist()
        assert numbers == sorted(set(numbers))
        found = {lexicon.names[n]: weights[n] for n in numbers}
        assert found == pytest.approx(terms)
        assert batch.plain[row] == hash(EXTRACT.plain(text))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.sampled_from(PIECES), max_size=9).map("".join)))
def test_a_batch_finds_what_the_extractor_finds(texts: list[str]) -> None:
    assert_same(texts)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(max_size=20), max_size=5))
def test_any_text_can_stand_in_a_batch(texts: list[str]) -> None:
    assert_same(texts)


def test_the_bundled_questions_and_answers_have_the_same_terms_in_batches() -> None:
    entries = load_faq(FAQ).entries
    assert_same([text for e in entries for text in (*e.questions, e.text)])
    assert_same([case.query for case in load_cases()])


def test_later_batches_keep_the_numbers_of_earlier_ones() -> None:
    lexicon = Lexicon()
    read = BatchExtractor(EXTRACT, lexicon)
    first = read(["龙井茶的运费"])
    known = len(lexicon)
    second = read(["龙井茶的运费", "龙井红茶"])

    assert second.rows[0].tolist() == first.rows[0].tolist()
    assert read.known == len(lexicon) > known
