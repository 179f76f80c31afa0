"""PDF files that hold text."""

from __future__ import annotations

import logging
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from framework_plugin.errors import DocumentError
from framework_plugin.retrieval.readers.library import load_library
from framework_plugin.retrieval.readers.pdf_lines import Lines, paragraphs
from framework_plugin.retrieval.readers.piece import Reading, one_line
from framework_plugin.retrieval.readers.prose import (
    Block,
    Heading,
    Paragraph,
    split_prose,
)

_DEEPEST = 6
_EDGE = 2
"""Lines at the top and at the bottom of a page that may be its head and foot."""
_SEEN_ON_SHARE = 0.5
_SEEN_ON_PAGES = 2
_DIGITS = re.compile(r"\d+")
_PAGE_NUMBER = re.compile(
    r"(?:第|Page)?\s*[-–—]?\s*\d+\s*[-–—]?\s*页?"
    r"(?:\s*(?:[/,，]|of|共)\s*共?\s*\d+\s*页?)?",
    re.IGNORECASE,
)
_NO_TITLE = re.compile(
    r"untitled|microsoft|无标题|幻灯片|\.(?:docx?|pdf|pptx?|xlsx?)$", re.IGNORECASE
)


def read_pdf(file: Path) -> Reading:
    """Reads a `.pdf` file.

    Sections are those of its outline (bookmarks), else its pages (`第3页`). Lines
    that stand at the edge of most pages are left out.

    Raises:
        DocumentError: If it needs a password, holds no text, or pypdf is not installed.
    """
    pypdf = load_library("pypdf", file.name)
    # What it says of damaged files ends in our own messages.
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    with file.open("rb") as data:
        reader = pypdf.PdfReader(data)
        if reader.is_encrypted and not reader.decrypt(""):
            raise DocumentError(
                f"{file.name}: needs a password; expected a PDF that anyone can open. "
                "Save it without one."
            )
        pages, problems = _pages(reader, file.name)
        outline = _outline(reader)
        named = one_line(str(getattr(reader.metadata, "title", None) or ""))
    title = named if named and not _NO_TITLE.search(named) else file.stem
    lines = Lines(_without_edges(pages), outline)
    return Reading("pdf", title, split_prose(_blocks(lines)), tuple(problems))


def _pages(reader: Any, name: str) -> tuple[list[list[str]], list[str]]:
    """The lines of each page, and which pages hold none."""
    pages: list[list[str]] = []
    problems: list[str] = []
    blank: list[str] = []
    for number, page in enumerate(reader.pages, start=1):
        try:
            text = str(page.extract_text())
        except Exception as error:
            # Of a damaged page pypdf may raise anything; others may be whole.
            problems.append(f"{name}, page {number}: cannot be read ({error!r}).")
            text = ""
        else:
            if not text.strip():
                blank.append(str(number))
        pages.append([one_line(line) for line in text.splitlines()])
    if len(blank) == len(pages):
        raise DocumentError(
            f"{name}: no page holds text, so it may be a scan; expected a PDF made "
            "from text. Recognise its text first (OCR)."
        )
    if blank:
        problems.append(f"{name}: no text on page {', '.join(blank)}; pictures only?")
    return pages, problems


def _outline(reader: Any) -> Mapping[int, Sequence[Heading]]:
    """The bookmarks by the number of their page, from 0."""
    found: dict[int, list[Heading]] = defaultdict(list)

    def take(items: Sequence[Any], level: int) -> None:
        for item in items:
            if isinstance(item, list):
                take(item, min(level + 1, _DEEPEST))
                continue
            page = reader.get_destination_page_number(item)
            if page is not None and page >= 0:
                found[page].append(Heading(level, one_line(str(item.title))))

    try:
        take(reader.outline, 1)
    except Exception:
        # A damaged outline: the pages stand for the sections.
        return {}
    return found


def _without_edges(pages: Sequence[Sequence[str]]) -> list[list[str]]:
    """The pages without their numbers and what is repeated above and below."""
    seen: Counter[str] = Counter()
    for lines in pages:
        seen.update({_pattern(lines[n]) for n in _edges(lines)})
    often = max(_SEEN_ON_PAGES, len(pages) * _SEEN_ON_SHARE)
    kept = []
    for lines in pages:
        dropped = {
            n
            for n in _edges(lines)
            if seen[_pattern(lines[n])] >= often or _PAGE_NUMBER.fullmatch(lines[n])
        }
        kept.append([line for n, line in enumerate(lines) if n not in dropped])
    return kept


def _edges(lines: Sequence[str]) -> set[int]:
    filled = [n for n, line in enumerate(lines) if line]
    return {*filled[:_EDGE], *filled[-_EDGE:]}


def _pattern(line: str) -> str:
    return _DIGITS.sub("0", line)


def _blocks(lines: Lines) -> Iterator[Block]:
    page = None
    for block, number in paragraphs(lines):
        if not lines.outline and number != page and isinstance(block, Paragraph):
            page = number
            yield Heading(1, f"第{number + 1}页")
        yield block
