"""Courtesies and mistyped words keep no question from its answer."""

from __future__ import annotations

import time

import pytest

from framework_plugin.retrieval import Passage, PassageIndex, TermExtractor
from framework_plugin.retrieval.cleaning import QueryCleaner
from framework_plugin.retrieval.courtesies import without_courtesies
from framework_plugin.retrieval.rows import Lexicon
from framework_plugin.text.normalise import normalise
from tests.retrieval.measure import FAQ, load_cases, load_garbled, measure


@pytest.fixture(scope="module")
def index() -> PassageIndex:
    return PassageIndex.open(FAQ)


@pytest.fixture(scope="module")
def clean(index: PassageIndex) -> QueryCleaner:
    extract = TermExtractor.default()
    lexicon = Lexicon()
    for passage in index:
        for text in (*passage.questions, passage.text):
            for term, weight in extract(text).items():
                lexicon.number(term, weight)
    cleaner = QueryCleaner(extract, lexicon)
    cleaner.learn()
    return cleaner


def test_garbled_questions_are_answered(index: PassageIndex) -> None:
    cases = [case for _, case in load_garbled()]
    report = measure(index, cases)

    assert len(cases) >= 80
    assert report.first >= 0.97
    assert report.right >= 0.9
    assert report.wrong <= 0.02


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ("你好，请问一下运费是多少呢？谢谢啦", "运费是多少"),
        ("客服您好，我想了解一下孕妇可以喝茶吗", "孕妇可以喝茶吗"),
        ("在吗？想问下怎么退货，急急急", "怎么退货"),
        ("Hi，麻烦问一下能开发票吗", "能开发票吗"),
        ("那运费呢", "运费"),
    ],
)
def test_courtesies_are_left_out(said: str, asked: str) -> None:
    assert without_courtesies(normalise(said)).rstrip("?") == asked


@pytest.mark.parametrize(
    "asked",
    [
        *("老板是谁", "客服几点上班", "朋友能帮我付款吗", "那个紫砂壶多少钱"),
        *("小满会做什么", "怎么谢谢老师", "退货麻烦吗", "积分拿来干嘛"),
    ],
)
def test_what_a_question_is_about_is_no_courtesy(asked: str) -> None:
    assert without_courtesies(asked) == asked


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("运废多少", "运费多少"),
        ("发漂怎么开", "发票怎么开"),
        ("优惠卷过期了", "优惠券过期了"),
        ("转人工克服", "转人工客服"),
        ("退贷怎么操作", "退货怎么操作"),
        ("龙并多少钱", "龙井多少钱"),
        ("隔液茶能喝吗", "隔夜茶能喝吗"),
    ],
)
def test_mistyped_words_are_put_right(
    clean: QueryCleaner, typed: str, meant: str
) -> None:
    assert clean(typed) == meant


@pytest.mark.parametrize(
    "query",
    [
        # Words elsewhere, though they sound like words of the FAQ.
        *("我要反映问题", "日本茶道有什么规矩", "怎么克服失眠", "同事送了我一盒月饼"),
        *("推荐一部电影", "信用卡逾期了怎么办", "qwerty 你好 zxcv", "😀", "\ud800", ""),
    ],
)
def test_what_is_rightly_written_stays(clean: QueryCleaner, query: str) -> None:
    assert clean(query) in (query, normalise(query))


def test_of_all_questions_in_other_words_hardly_one_is_changed(
    clean: QueryCleaner,
) -> None:
    queries = [case.query for case in load_cases()]
    corrected = [
        query
        for query in queries
        if len(without_courtesies(normalise(query))) == len(normalise(query))
        and clean(query) != normalise(query)
    ]

    assert len(corrected) <= 0.01 * len(queries)


def test_courtesies_alone_are_left_as_they_are(clean: QueryCleaner) -> None:
    assert clean("你好") == "你好"
    assert clean("谢谢啦") == "谢谢啦"


def test_the_very_wording_is_found_however_it_sounds() -> None:
    faq = [
        Passage("a", "", "", "", "答", ("运废怎么处理",)),
        Passage("b", "", "", "", "答", ("运费怎么处理",)),
    ]
    (first, *_) = PassageIndex(faq).search("运废怎么处理")

    assert (first.passage.id, first.score) == ("a", 1.0)


def test_words_that_come_later_are_known_too() -> None:
    index = PassageIndex([Passage("a", "", "", "", "答", ("怎么退货",))])
    changed = index.changed([Passage("b", "", "", "", "答", ("发票怎么开",))])

    assert changed.search("发漂怎么开")[0].passage.id == "b"


def test_a_query_of_ten_thousand_letters_holds_up_nobody(clean: QueryCleaner) -> None:
    begun = time.perf_counter()
    clean("请问" + "运废多少钱" * 2000)

    assert time.perf_counter() - begun < 2
