"""Word documents."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from framework_plugin.retrieval.readers.library import load_library
from framework_plugin.retrieval.readers.packed import check_packed
from framework_plugin.retrieval.readers.piece import Reading
from framework_plugin.retrieval.readers.prose import (
    Block,
    Heading,
    Paragraph,
    split_prose,
    title_and_body,
)
from framework_plugin.retrieval.readers.prose_table import table_blocks

_HEADING = re.compile(r"(?:heading|标题)\s*([1-9])", re.IGNORECASE)
_TITLE = re.compile(r"title|标题", re.IGNORECASE)
_LEVEL = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}outlineLvl"
_VALUE = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}val"
_BODY_LEVEL = 9


def read_docx(file: Path) -> Reading:
    """Reads a `.docx` file: headings by their styles or outline levels, and tables.

    Raises:
        DocumentError: If it cannot be read, or python-docx is not installed.
    """
    docx = load_library("docx", file.name)
    check_packed(file)
    document = docx.Document(str(file))
    blocks: list[Block] = []
    problems: list[str] = []
    named = document.core_properties.title or ""
    for item in document.iter_inner_content():
        if not hasattr(item, "rows"):
            title = _take_paragraph(item, blocks)
            named = named or title
            continue
        found, wrong = table_blocks(_cells(item), has_head=True, name=file.name)
        blocks += found
        problems += wrong
    title, body = title_and_body(blocks, named, file.stem)
    return Reading("docx", title, split_prose(body), tuple(problems))


def _take_paragraph(paragraph: Any, blocks: list[Block]) -> str:
    """Adds what a paragraph is; returns its text if it is the title."""
    text = str(paragraph.text)
    if not text.strip():
        return ""
    style = str(getattr(paragraph.style, "name", "") or "")
    if _TITLE.fullmatch(style):
        return text
    level = _level(paragraph, style)
    blocks.append(Heading(level, text) if level else Paragraph(text))
    return ""


def _level(paragraph: Any, style: str) -> int | None:
    """The level of a heading, from 1; None for running text."""
    match = _HEADING.match(style)
    if match:
        return int(match[1])
    elements = [paragraph._p]
    at: Any = paragraph.style
    while at is not None:
        elements.append(at.element)
        at = at.base_style
    for element in elements:
        for found in element.iter(_LEVEL):
            level = int(found.get(_VALUE, _BODY_LEVEL))
            return level + 1 if level < _BODY_LEVEL else None
    return None


def _cells(table: Any) -> list[list[str]]:
    """The texts of a table; what several columns share is told once."""
    rows = []
    for row in table.rows:
        cells = {id(cell._tc): cell for cell in row.cells}
        rows.append([cell.text for cell in cells.values()])
    return rows
