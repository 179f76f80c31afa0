from __future__ import annotations

from pathlib import Path

import pytest

from framework_plugin.errors import DocumentError
from framework_plugin.retrieval import (
    Answer,
    NoAnswer,
    Passage,
    PassageIndex,
    TermExtractor,
    decide,
    load_faq,
    load_synonyms,
)
from tests.retrieval.measure import FAQ, UNANSWERABLE, load_cases, measure


@pytest.fixture(scope="module")
def index() -> PassageIndex:
    return PassageIndex.open(FAQ)


def entry(id_: str, question: str, *similar: str, answer: str = "好") -> Passage:
    return Passage(id_, "源", "源", "", answer, (question, *similar))


def test_the_bundled_questions_have_no_problems() -> None:
    assert load_faq(FAQ).problems == ()


def test_there_are_enough_paraphrases_and_all_are_new(index: PassageIndex) -> None:
    cases = load_cases()
    known = {q for e in load_faq(FAQ).entries for q in e.questions}

    assert sum(case.expected != UNANSWERABLE for case in cases) >= 120
    assert sum(case.expected == UNANSWERABLE for case in cases) >= 80
    assert len({case.query for case in cases}) == len(cases)
    assert not [case.query for case in cases if case.query in known]
    assert all(index.passage(c.expected) for c in cases if c.expected != UNANSWERABLE)


def test_paraphrases_find_their_answer_and_nonsense_finds_none(
    index: PassageIndex,
) -> None:
    report = measure(index, load_cases())

    assert report.first >= 0.85
    assert report.right >= 0.57
    assert report.right + report.offered >= 0.87
    assert report.wrong <= 0.04
    assert report.answered <= 0.05
    assert report.bothered <= 0.16


@pytest.mark.parametrize(
    ("name", "count"),
    [("paraphrases_blind.tsv", 323), ("paraphrases_blind2.tsv", 373)],
)
def test_questions_of_somebody_who_knew_no_wording_find_their_answer(
    index: PassageIndex, name: str, count: int
) -> None:
    cases = load_cases(name)
    known = {q for e in load_faq(FAQ).entries for q in e.questions}
    report = measure(index, cases)

    assert len(cases) == count
    assert sum(case.query in known for case in cases) <= 10
    assert report.first >= 0.92
    assert report.right >= 0.55
    assert report.right + report.offered >= 0.85
    assert report.precise >= 0.95
    assert report.answered <= 0.05


def test_a_word_in_letters_tells_as_much_as_a_chinese_one() -> None:
    entries = [
        entry("remove", "removeChild 移除对象"),
        entry("size", "怎么移除对象的大小"),
    ]
    hits = PassageIndex(entries).search("removeChild 大小")

    assert [hit.passage.id for hit in hits] == ["remove", "size"]


def test_words_of_another_wording_help_but_less_than_those_of_one() -> None:
    entries = [
        entry("parted", "顺丰多少钱", "怎么寄到学校"),
        entry("other", "顺丰多少钱呢", "怎么退款"),
        entry("whole", "顺丰寄到学校多少钱"),
    ]
    hits = PassageIndex(entries).search("顺丰寄到学校多少钱呀")

    assert [hit.passage.id for hit in hits] == ["whole", "parted", "other"]
    assert hits[0].score > hits[1].score > hits[2].score


def test_the_best_of_many_wordings_must_be_better_than_an_only_one() -> None:
    many = ("顺丰多少钱", "怎么退款", "几点开门", "能养猫吗", "有发票吗")
    entries = [entry("one", "顺丰多少钱"), entry("many", *many)]
    hits = {
        hit.passage.id: hit.score
        for hit in PassageIndex(entries).search("顺丰多少钱一斤")
    }

    assert hits["one"] > hits["many"]


def test_every_wording_of_the_bundled_questions_is_answered(
    index: PassageIndex,
) -> None:
    lost = [
        (entry.id, wording)
        for entry in load_faq(FAQ).entries
        for wording in entry.questions
        if not isinstance(found := decide(index.search(wording)), Answer)
        or found.hit.passage.id != entry.id
    ]

    assert lost == []


@pytest.mark.parametrize("query", ["", "   ", "？！。", "😀", "吗", "zzqx", "\ud800"])
def test_what_holds_no_words_finds_nothing(index: PassageIndex, query: str) -> None:
    assert decide(index.search(query)) == NoAnswer()


@pytest.mark.parametrize(
    "query",
    ["ＳＣ订单号在哪里看", "訂單號在哪裡看", " 订单号 在哪里看 ", "订单号在哪里看？？"],
)
def test_the_written_form_does_not_matter(index: PassageIndex, query: str) -> None:
    assert index.search(query)[0].passage.id == "order_number_where"


def test_scores_lie_between_0_and_1_and_fall(index: PassageIndex) -> None:
    for case in load_cases():
        scores = [hit.score for hit in index.search(case.query, limit=10)]
        assert scores == sorted(scores, reverse=True)
        assert all(0 < score <= 1 for score in scores)


def test_an_entry_is_found_once_by_its_nearest_wording() -> None:
    index = PassageIndex(
        [entry("a", "怎么开发票", "发票在哪申请"), entry("b", "怎么退货")]
    )
    hits = index.search("发票在哪里申请")

    assert [hit.passage.id for hit in hits] == ["a"]
    assert hits[0].wording == "发票在哪申请"


def test_the_answer_helps_but_less_than_the_question() -> None:
    asked = entry("asked", "可以用支付宝付款吗")
    answered = entry("answered", "怎么付款", answer="微信、支付宝都行")
    other = entry("other", "付款失败怎么办")
    hits = PassageIndex([other, answered, asked]).search("支付宝付款")

    assert [hit.passage.id for hit in hits] == ["asked", "answered", "other"]


def test_two_builds_give_the_same_hits() -> None:
    entries = load_faq(FAQ).entries
    one, other = PassageIndex(entries), PassageIndex(entries)

    for case in load_cases():
        assert one.search(case.query) == other.search(case.query)


def test_equal_entries_keep_their_order() -> None:
    index = PassageIndex(
        [entry("b", "怎么开发票", answer="一"), entry("a", "怎么开发票", answer="二")]
    )

    assert [hit.passage.id for hit in index.search("开发票")] == ["b", "a"]


def test_no_entries_give_no_hits() -> None:
    assert PassageIndex([]).search("怎么退货") == []


def test_synonyms_beside_the_files_are_used(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text(
        "faq:\n- {id: a, question: 运费多少, answer: 8元}\n"
        "- {id: b, question: 发票怎么开, answer: 订单页}\n",
        encoding="utf-8",
    )
    before = PassageIndex.open(tmp_path).search("邮资")
    (tmp_path / "synonyms.txt").write_text("# 钱\n运费 邮资\n", encoding="utf-8")

    assert before == []
    assert PassageIndex.open(tmp_path).search("邮资")[0].passage.id == "a"


def test_what_holds_for_a_word_holds_for_its_kind(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text(
        "faq:\n- {id: near, question: 寄到上海要几天, answer: 一天}\n"
        "- {id: far, question: 寄到北京要几天, answer: 三天}\n",
        encoding="utf-8",
    )
    (tmp_path / "kinds.txt").write_text("上海 南京\n北京 成都\n", encoding="utf-8")
    index = PassageIndex.open(tmp_path)

    assert index.search("寄到南京要几天")[0].passage.id == "near"
    assert index.search("成都要几天")[0].passage.id == "far"
    assert index.search("成都要几天")[0].score > index.search("成都真美")[0].score


@pytest.mark.parametrize(
    ("query", "id_"),
    [
        ("寄到南京", "shipping_days_near"),
        ("到哈尔滨要几天", "shipping_days_elsewhere"),
        ("能寄到乌鲁木齐吗", "shipping_days_far"),
        ("我人在美国能买不", "shipping_abroad"),
        ("你们卖手机吗", "shop_other_goods"),
        ("有没有碧螺春", "shop_other_tea"),
        ("公道杯干嘛用的", "ware_gongdao"),
    ],
)
def test_places_goods_and_slang_find_their_answer(
    index: PassageIndex, query: str, id_: str
) -> None:
    decision = decide(index.search(query))

    assert isinstance(decision, Answer)
    assert decision.hit.passage.id == id_


@pytest.mark.parametrize("text", ["我住在南京", "南京的天气", "我去美国读书"])
def test_a_place_alone_is_no_question(index: PassageIndex, text: str) -> None:
    assert decide(index.search(text)) == NoAnswer()


@pytest.mark.parametrize(
    "content", ["运费 邮资\n快递费 邮资\n".encode(), "运费 邮资".encode("utf-16")]
)
def test_broken_synonyms_are_named(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "synonyms.txt"
    file.write_bytes(content)
    with pytest.raises(DocumentError, match=r"synonyms\.txt"):
        load_synonyms(file)


def test_terms_are_words_characters_and_pairs() -> None:
    extract = TermExtractor(str.split, stop_words=["了"], asking_words=["怎么"])
    terms = extract("怎么 开 发票 了")

    assert set(terms) == {
        *("word 怎么", "word 开", "word 发票", "word 了"),
        *(f"character {c}" for c in "怎么开发票了"),
        *("pair 怎么", "pair 么开", "pair 开发", "pair 发票", "pair 票了"),
    }
    assert terms["word 怎么"] == terms["word 了"] < terms["word 发票"]
    assert extract("怎么 了") == {}


def test_a_large_faq_is_searched_through_its_candidates_only() -> None:
    entries = [
        entry(f"e{n}", f"第{n}号商品多少钱", f"编号{n}卖什么价") for n in range(5000)
    ]
    hits = PassageIndex(entries).search("4321号商品多少钱")

    assert hits[0].passage.id == "e4321"
