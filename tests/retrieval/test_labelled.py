"""Labelled pairs are read from tables, and broken ones are named."""

from __future__ import annotations

from pathlib import Path

import pytest

from framework_plugin.errors import DocumentError
from framework_plugin.retrieval import Passage, TermExtractor
from framework_plugin.retrieval.labelled import Pair, lessons, read_pairs
from tests.retrieval.making import write

PLAIN = TermExtractor.default().plain
EXPECTED = [Pair("邮费谁出", "运费谁付？", True), Pair("几点关门", "", False)]


@pytest.mark.parametrize(
    ("name", "text", "encoding"),
    [
        ("a.csv", "邮费谁出,运费谁付？,1\n几点关门,,0\n", "utf-8"),
        ("a.csv", "问题,条目,对\n邮费谁出,运费谁付？,1\n\n几点关门,,0\n", "utf-8-sig"),
        ("a.tsv", "邮费谁出\t运费谁付？\t1\n几点关门\t\t0\n", "gb18030"),
        ("a.csv", '"邮费谁出","运费谁付？",1\r\n 几点关门 , ,0\r\n', "utf-8"),
    ],
)
def test_pairs_are_read(tmp_path: Path, name: str, text: str, encoding: str) -> None:
    assert read_pairs(write(tmp_path / name, text, encoding)) == EXPECTED


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "holds no pair"),
        ("问题,条目,对\n", "holds no pair"),
        ("a,b,1\na,b\n", "line 2: found 2 columns"),
        ("a,b,1\na,b,yes\n", "line 2: the label is 'yes'"),
        ("a,b,1\n,b,1\n", "line 2: the question is empty"),
        ("a,b,1\na,,1\n", "line 2: an empty wording cannot be right"),
    ],
)
def test_what_is_no_pair_is_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DocumentError, match=message):
        read_pairs(write(tmp_path / "pairs.csv", text))


def test_wordings_lead_to_their_passages() -> None:
    faq = [
        Passage("a", "", "", "", "", ("运费谁付？", "谁出邮费")),
        Passage("b", "", "", "", "", ("几天能到",)),
    ]
    found = lessons(
        [
            Pair("邮费谁出", "运费谁付", True),
            Pair("邮费谁出", "几天能到？", False),
            Pair("几点关门", "", False),
            Pair("怎么退货", "退货流程", True),
            Pair("怎么退", "退货流程？", True),
        ],
        faq,
        PLAIN,
    )
    first, second, third, fourth = found.questions
    (stranger,) = found.strangers

    assert (first.right, first.wrong) == ({"a"}, {"b"})
    assert second.unanswerable
    assert not second.right
    assert stranger.questions == ("退货流程",)
    assert third.right == fourth.right == {stranger.id}
    assert [question.is_decided for question in found.questions] == [True] * 4


def test_a_question_that_is_only_known_to_be_no_other_is_not_decided() -> None:
    faq = [Passage("a", "", "", "", "", ("运费谁付？",))]
    (question,) = lessons([Pair("几点关门", "运费谁付", False)], faq, PLAIN).questions

    assert not question.is_decided
    assert question.wrong == {"a"}
