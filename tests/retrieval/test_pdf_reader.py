from pathlib import Path

import pytest

from framework_plugin.errors import DocumentError
from framework_plugin.retrieval.readers import read_document
from tests.retrieval.making import pdf_bytes, write_pdf

pytest.importorskip("pypdf")

HEAD = "小满茶铺 售后手册"
PAGES = [
    [
        HEAD,
        "第一章 退货",
        "收到茶叶后七天内，没有拆封的可以退货，运费由买家承担，但质量有问题的",
        "由我们承担。",
        "退款在收到退货后的两个工作日内原路退回，节假日顺延，优惠券也一并退回。",
        "1. 在订单页点「申请退货」",
        "- 1 -",
    ],
    [
        HEAD,
        "会员一年有三次退货不收运费，第四次起按普通用户的规则算，详情请看会员",
        "页面的说明，也可以在订单页",
        "第 2 页 / 共 3 页",
    ],
    [
        HEAD,
        "点「联系人工」。We answer with-",
        "in a day.",
        "第二章 换货",
        "破损包换。",
        "3",
    ],
]


def test_lines_become_paragraphs_cited_by_their_page(tmp_path: Path) -> None:
    reading = read_document(write_pdf(tmp_path / "a.pdf", PAGES, title="售后手册"))
    assert (reading.kind, reading.title) == ("pdf", "售后手册")
    assert [piece.section for piece in reading.pieces] == ["第1页", "第2页", "第3页"]
    text = "\n".join(piece.text for piece in reading.pieces)
    assert "但质量有问题的由我们承担。\n退款" in text
    assert "请看会员页面的说明" in text
    assert HEAD not in text
    assert "- 1 -" not in text
    assert "共 3 页" not in text


def test_the_outline_gives_the_sections(tmp_path: Path) -> None:
    outline = [(1, "第一章 退货", 0), (2, "会员", 1), (1, "第二章 换货", 2)]
    file = write_pdf(
        tmp_path / "手册.pdf", PAGES, title="Microsoft Word - x.doc", outline=outline
    )
    reading = read_document(file)
    assert reading.title == "手册"
    assert [piece.section for piece in reading.pieces] == [
        "第一章 退货",
        "第一章 退货 › 会员",
        "第二章 换货",
    ]
    assert reading.pieces[-1].text == "破损包换。"
    assert "第一章" not in reading.pieces[0].text


def test_a_sentence_goes_on_over_the_end_of_a_page(tmp_path: Path) -> None:
    line = "收到茶叶后七天内，没有拆封的可以退货，运费由买家承担，质量有问题的就"
    pages = [["上一页。", line], ["由我们承担。", "下一段。"]]
    reading = read_document(write_pdf(tmp_path / "a.pdf", pages))
    assert f"{line}由我们承担。" in reading.pieces[0].text


def test_pages_without_text_are_named(tmp_path: Path) -> None:
    reading = read_document(write_pdf(tmp_path / "a.pdf", [["有字。"], [], ["也有。"]]))
    assert len(reading.pieces) == 2
    assert reading.problems == ("a.pdf: no text on page 2; pictures only?",)


def test_a_scan_is_refused_with_advice(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="Recognise its text first"):
        read_document(write_pdf(tmp_path / "a.pdf", [[], []]))


def test_a_password_is_asked_for_only_where_one_is_needed(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="needs a password"):
        read_document(write_pdf(tmp_path / "a.pdf", PAGES, password="geheim"))


def test_a_pdf_cut_off_at_any_place_is_read_or_refused(tmp_path: Path) -> None:
    whole = pdf_bytes(PAGES)
    file = tmp_path / "cut.pdf"
    refused = 0
    for size in range(0, len(whole), 400):
        file.write_bytes(whole[:size])
        try:
            assert read_document(file).pieces
        except DocumentError:
            refused += 1
    # Cut within the first page, there is nothing to read.
    assert refused > 3
