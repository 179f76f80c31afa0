from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from framework_plugin.retrieval.readers.piece import Piece, clean, one_line
from framework_plugin.retrieval.readers.prose import (
    LONGEST_OVERLAP,
    LONGEST_SENTENCE,
    SIZE,
    Heading,
    Paragraph,
    Row,
    split_prose,
    title_and_body,
)
from framework_plugin.retrieval.sentences import sentences


def sentence(number: int, length: int = 40) -> str:
    return f"第{number}句" + "茶" * (length - 4 - len(str(number))) + "。"


def test_passages_carry_the_path_of_their_headings() -> None:
    pieces = split_prose(
        [
            Paragraph("开头。"),
            Heading(1, "售后"),
            Heading(2, "退货"),
            Paragraph("七天内可退。"),
            Heading(3, "运费"),
            Paragraph("质量问题我们出。"),
            Heading(2, "换货"),
            Paragraph("破损包换。"),
        ]
    )
    assert [(piece.section, piece.text) for piece in pieces] == [
        ("", "开头。"),
        ("售后 › 退货", "七天内可退。"),
        ("售后 › 退货 › 运费", "质量问题我们出。"),
        ("售后 › 换货", "破损包换。"),
    ]


def test_a_long_section_is_cut_with_an_overlap_of_one_sentence() -> None:
    text = "".join(sentence(n) for n in range(20))
    pieces = split_prose([Paragraph(text)])
    assert [len(sentences(piece.text)) for piece in pieces] == [7, 7, 7, 2]
    for before, after in pairwise(pieces):
        assert sentences(before.text)[-1] == sentences(after.text)[0]


def test_a_paragraph_that_fits_into_the_next_passage_is_not_torn() -> None:
    first = "".join(sentence(n) for n in range(5))
    second = "".join(sentence(n) for n in range(5, 9))
    pieces = split_prose([Paragraph(first), Paragraph(second)])
    assert [piece.text for piece in pieces] == [first, f"{sentence(4)}\n{second}"]


def test_rows_of_tables_stay_whole_and_do_not_overlap() -> None:
    rows = [Row(f"商品：{n}号茶{'。' * 5}{'好' * 80}") for n in range(7)]
    pieces = split_prose(rows)
    assert "\n".join(piece.text for piece in pieces) == "\n".join(r.text for r in rows)
    assert len(pieces) == 3


def test_a_question_amid_prose_stays_a_piece_of_its_own_below_its_heading() -> None:
    found = Piece("七天。", section="时限", questions=("几天能退？",))
    before, asked, after = split_prose(
        [Heading(1, "退货"), Paragraph("看下面。"), found, Paragraph("完。")]
    )
    assert (before.section, asked.section, after.section) == (
        "退货",
        "退货 › 时限",
        "退货",
    )
    assert asked.questions == ("几天能退？",)


def test_what_never_ends_is_cut_at_its_commas() -> None:
    pieces = split_prose([Paragraph("龙井，" * 2_000)])
    assert all(len(piece.text) <= SIZE for piece in pieces)
    assert all(piece.text.endswith("，") for piece in pieces)
    assert sum(piece.text.count("龙井") for piece in pieces) >= 2_000


@settings(derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.lists(st.integers(8, 400), min_size=1, max_size=8), min_size=1, max_size=8
    )
)
def test_sentences_stay_whole_in_order_and_passages_near_their_size(
    lengths: list[list[int]],
) -> None:
    number = 0
    blocks, whole = [], []
    for paragraph in lengths:
        texts = [sentence(number + n, length) for n, length in enumerate(paragraph)]
        number += len(texts)
        whole += texts
        blocks.append(Paragraph("".join(texts)))
    pieces = split_prose(blocks)
    seen = []
    for piece in pieces:
        found = sentences(piece.text)
        assert set(found) <= set(whole)
        repeated = bool(seen) and found[0] == seen[-1]
        assert not repeated or len(found[0]) <= LONGEST_OVERLAP
        new = found[1:] if repeated else found
        assert new
        # One more sentence than fits only where it stands alone, its overlap aside.
        assert sum(map(len, found)) <= SIZE or len(new) == 1
        seen += new
    assert seen == whole
    assert max(map(len, whole)) < LONGEST_SENTENCE


@pytest.mark.parametrize(
    ("named", "headings", "title", "left"),
    [
        (None, [Heading(1, "售后"), Heading(2, "退货")], "售后", [Heading(2, "退货")]),
        (None, [Heading(2, "退货")], "退货", []),
        ("手册", [Heading(1, "售后")], "手册", []),
        (" ", [], "文件", []),
        (
            None,
            [Heading(1, "退货"), Heading(1, "换货")],
            "文件",
            [Heading(1, "退货"), Heading(1, "换货")],
        ),
        (
            None,
            [Heading(2, "前言"), Heading(1, "售后")],
            "文件",
            [Heading(2, "前言"), Heading(1, "售后")],
        ),
    ],
)
def test_a_single_highest_heading_is_the_title(named, headings, title, left) -> None:
    assert title_and_body(headings, named, "文件") == (title, left)


def test_signs_that_nobody_sees_and_databases_refuse_are_gone() -> None:
    assert clean("a\x00b\ud800c\ufeffd\u200be\xadf") == "abcdef"
    assert clean(" 多  个\t空\xa0格 \r\n\r\n\n\n 下一行\u2028再一行 ") == (
        "多 个 空 格\n\n下一行\n再一行"
    )
    assert one_line("标题\n第二行") == "标题 第二行"


def test_radicals_and_ligatures_of_pdfs_become_characters() -> None:
    assert clean("⼩满⻚⾯，账⼾，⻰井，ofﬁce") == "小满页面，账户，龙井，office"


def test_braces_and_markup_stay_the_text_that_they_are() -> None:
    text = "{name} {{ 7 * 7 }} <b>粗</b> $(rm) %s"
    (piece,) = split_prose([Paragraph(text)])
    assert piece.text == text
