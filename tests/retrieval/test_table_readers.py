import json
from datetime import datetime
from pathlib import Path

import pytest

from framework_plugin.errors import DocumentError
from framework_plugin.retrieval.dates import begins, ends
from framework_plugin.retrieval.readers import read_document
from framework_plugin.retrieval.readers.columns import field_named
from tests.retrieval.making import write, write_workbook

CHINESE = """\
编号,标准问,相似问,答案,关键词,标题,链接,生效,失效,人群,分类
运费,运费怎么算？,邮费多少|快递费谁出,满99元包邮。,运费、邮费,发货配送,https://a.cn/y,2025-11-01,2025-11-11,会员|VIP,发货
"""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_all_columns_of_a_chinese_table_are_read_in_every_encoding(
    encoding: str, tmp_path: Path
) -> None:
    reading = read_document(write(tmp_path / "faq.csv", CHINESE, encoding))
    (piece,) = reading.pieces
    assert reading.kind == "faq"
    assert reading.title == "faq"
    assert reading.problems == ()
    assert piece.key == "运费"
    assert piece.questions == ("运费怎么算？", "邮费多少", "快递费谁出")
    assert piece.text == "满99元包邮。"
    assert piece.keywords == ("运费", "邮费")
    assert piece.title == "发货配送"
    assert piece.section == "发货"
    assert piece.url == "https://a.cn/y"
    assert piece.valid_from == begins("2025-11-01")
    assert piece.valid_until == ends("2025-11-11")
    assert piece.audience == ("会员", "VIP")


def test_an_english_table_with_tabs_is_read(tmp_path: Path) -> None:
    text = "Question\tSimilar Questions\tAnswer\nHow long?\tWhen?\t7 days.\n"
    (piece,) = read_document(write(tmp_path / "faq.tsv", text)).pieces
    assert piece.questions == ("How long?", "When?")
    assert piece.text == "7 days."


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_csv_may_be_parted_by_what_the_spreadsheet_writes(
    separator: str, tmp_path: Path
) -> None:
    text = f"问题{separator}答案\n几天能退{separator}七天，不含当天\n"
    (piece,) = read_document(write(tmp_path / "faq.csv", text)).pieces
    assert piece.text == "七天，不含当天"


def test_a_headline_above_the_head_and_columns_with_notes_are_no_hindrance(
    tmp_path: Path,
) -> None:
    head = "小满茶铺常见问题,,,\n,,,\n问题（必填）*,相似问1,相似问2,答案"
    text = f"{head}\n退货,退款,退钱,可以\n"
    (piece,) = read_document(write(tmp_path / "faq.csv", text)).pieces
    assert piece.questions == ("退货", "退款", "退钱")


def test_an_answer_may_have_lines_and_quotes(tmp_path: Path) -> None:
    text = (
        '问题,答案\n怎么退,"第一步，打开订单。\n第二步，点""退货""。"\n怎么换,找人工\n'
    )
    first, second = read_document(write(tmp_path / "faq.csv", text)).pieces
    assert first.text == '第一步，打开订单。\n第二步，点"退货"。'
    assert second.text == "找人工"


def test_rows_with_nothing_but_another_wording_belong_to_the_row_above(
    tmp_path: Path,
) -> None:
    text = "问题,相似问,答案\n怎么退,能退吗,可以\n,退得了吗,\n,想退,\n怎么换,,找人工\n"
    first, second = read_document(write(tmp_path / "faq.csv", text)).pieces
    assert first.questions == ("怎么退", "能退吗", "退得了吗", "想退")
    assert second.questions == ("怎么换",)


def test_broken_rows_are_named_by_line_and_reason_and_the_others_kept(
    tmp_path: Path,
) -> None:
    rows = [
        "编号,问题,答案,失效,链接,备注",
        "a,好的一行,答,,,",
        "b,没有答案,,,,",
        "a,编号重复,答,,,",
        "c,日期不对,答,很久以后,,",
        'd,"引号没有关上,答,,,',
        "e,一个逗号,太多,2025-11-11,https://a.cn,,多",
        "f,坏链接,答,,javascript:alert(1),",
        "",
        'g,"引号后面"还有字,答,,,',
        "h,最后一行,答,,,",
    ]
    reading = read_document(write(tmp_path / "faq.csv", "\n".join(rows)))
    assert [piece.key for piece in reading.pieces] == ["a", "h"]
    expected = {
        "line 1": "备注",
        "line 3": "no answer",
        "line 4": "already taken by faq.csv, line 2",
        "line 5": "no day or time",
        "line 6": "quotes",
        "line 7": "7 cells, but 6 columns",
        "line 8": "no address of the web",
        "line 10": "quotes",
    }
    assert len(reading.problems) == len(expected)
    for problem in reading.problems:
        place = problem.split(":")[0].removeprefix("faq.csv, ")
        assert expected.pop(place) in problem
    assert not expected


def test_a_table_without_questions_says_what_was_expected(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match=r"a\.csv: no table of questions; expected"):
        read_document(write(tmp_path / "a.csv", "商品,价格\n龙井,268\n"))


def test_json_lines_take_lists_and_name_broken_lines(tmp_path: Path) -> None:
    rows = [
        {"question": "几天能退", "similar": ["能退吗"], "answer": "七天", "id": 7},
        {"问题": "运费", "答案": 10.0, "关键词": ["邮费", "快递费"], "人群": None},
        ["no", "object"],
        {"question": ["两个", "问题"], "answer": "答"},
        {"question": "答案是对象", "answer": {"text": "答"}},
    ]
    text = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    reading = read_document(write(tmp_path / "faq.jsonl", f"{text}\n{{broken\n"))
    first, second = reading.pieces
    assert (first.key, first.questions) == ("7", ("几天能退", "能退吗"))
    assert (second.text, second.keywords) == ("10", ("邮费", "快递费"))
    places = [problem.split(":")[0] for problem in reading.problems]
    assert places == [f"faq.jsonl, line {number}" for number in (3, 4, 5, 6)]


def test_a_workbook_gives_all_shown_sheets_that_hold_questions(tmp_path: Path) -> None:
    file = write_workbook(
        tmp_path / "faq.xlsx",
        发货=[
            ["小满茶铺"],
            ["问题", "相似问", "答案", "生效"],
            ["运费", "邮费\n快递费", 10, datetime(2025, 11, 1)],
            ["没有答案", None, None, None],
            [None, None, None, None],
            ["失败的公式", None, "#REF!", None],
        ],
        价格=[["商品", "价格"], ["龙井", 268]],
        退货=[["question", "answer"], ["到几号", datetime(2025, 11, 11)]],
        草稿=[["问题", "答案"], ["不要", "答"]],
    )
    import openpyxl

    book = openpyxl.load_workbook(file)
    book["草稿"].sheet_state = "hidden"
    book.save(file)
    reading = read_document(file)
    assert [piece.questions for piece in reading.pieces] == [
        ("运费", "邮费", "快递费"),
        ("到几号",),
    ]
    assert [piece.text for piece in reading.pieces] == ["10", "2025-11-11"]
    assert reading.pieces[0].valid_from == begins("2025-11-01")
    problems = "\n".join(reading.problems)
    assert "发货, row 4: there is no answer" in problems
    assert "发货, row 6: a formula failed (#REF!)" in problems
    assert "价格: no table of questions" in problems
    assert len(reading.problems) == 3


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("问题", "question"),
        ("Q", "question"),
        ("相似问 3", "similar"),
        ("similar-questions", "similar"),
        ("有效期至（含）", "valid_until"),
        ("ＵＲＬ", "url"),
        ("序号", None),
        (None, None),
        (3, None),
    ],
)
def test_columns_are_known_by_many_names(name: object, field: str | None) -> None:
    assert field_named(name) == field
