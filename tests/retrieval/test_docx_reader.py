from pathlib import Path

import pytest

from framework_plugin.retrieval.readers import read_document

docx = pytest.importorskip("docx")


def test_headings_paragraphs_and_tables_are_read_in_their_order(tmp_path: Path) -> None:
    document = docx.Document()
    document.add_paragraph("售后手册", style="Title")
    document.add_paragraph("开头。")
    document.add_heading("退货", 1)
    document.add_heading("时限", 2)
    document.add_paragraph("七天内。")
    table = document.add_table(rows=3, cols=3)
    for row, texts in zip(
        table.rows,
        [("商品", "重量", "价格"), ("龙井", "100克", "268元"), ("合计", "", "268元")],
        strict=True,
    ):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text
    document.add_heading("换货", 1)
    document.add_paragraph("破损包换。")
    asked = document.add_table(rows=2, cols=2)
    for cell, text in zip(
        asked._cells, ("问题", "答案", "运费", "我们出"), strict=True
    ):
        cell.text = text
    document.save(tmp_path / "手册.docx")
    reading = read_document(tmp_path / "手册.docx")
    assert (reading.kind, reading.title) == ("docx", "售后手册")
    assert [(piece.section, piece.text) for piece in reading.pieces] == [
        ("", "开头。"),
        (
            "退货 › 时限",
            "七天内。\n商品：龙井；重量：100克；价格：268元\n商品：合计；价格：268元",
        ),
        ("换货", "破损包换。"),
        ("换货", "我们出"),
    ]
    assert reading.pieces[-1].questions == ("运费",)


def test_headings_are_known_by_their_outline_level_too(tmp_path: Path) -> None:
    """Chinese Word and WPS have styles of their own names."""
    document = docx.Document()
    style = document.styles.add_style("一级标题样式", 1)
    level = docx.oxml.OxmlElement("w:outlineLvl")
    level.set(docx.oxml.ns.qn("w:val"), "0")
    style.element.get_or_add_pPr().append(level)
    for heading in ("退货", "换货"):
        document.add_paragraph(heading, style="一级标题样式")
        document.add_paragraph(f"{heading}的说明。")
    document.save(tmp_path / "手册.docx")
    reading = read_document(tmp_path / "手册.docx")
    assert reading.title == "手册"
    assert [piece.section for piece in reading.pieces] == ["退货", "换货"]


def test_merged_cells_are_told_once(tmp_path: Path) -> None:
    document = docx.Document()
    table = document.add_table(rows=2, cols=2)
    table.cell(0, 0).text, table.cell(0, 1).text = "商品", "价格"
    merged = table.cell(1, 0).merge(table.cell(1, 1))
    merged.text = "全部售罄"
    document.save(tmp_path / "a.docx")
    (piece,) = read_document(tmp_path / "a.docx").pieces
    assert piece.text == "商品：全部售罄"
