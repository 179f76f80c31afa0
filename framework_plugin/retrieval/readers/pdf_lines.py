"""The lines of a PDF joined to paragraphs, which the format itself does not tell."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from framework_plugin.retrieval.readers.joining import join_lines
from framework_plugin.retrieval.readers.prose import Heading, Paragraph

_SHORT = 0.85
"""Share of a full line below which a line is the last of its paragraph."""
_ENDS = tuple("。！？!?…”」』）:：;；")
_ITEM = re.compile(
    r"[•·●▪◆■□○–]|-\s|\d{1,2}[.、)）．]\s*\D|[(（]\d{1,2}[)）]|[①-⑳]"
    r"|[一二三四五六七八九十]{1,3}、|[(（][一二三四五六七八九十]{1,3}[)）]"
    r"|第[一二三四五六七八九十百\d]{1,4}[章节条款篇]|[问答QA][:：]"
)


@dataclass(frozen=True)
class Lines:
    """The text of a PDF.

    Args:
        pages: The lines of each page.
        outline: For the numbers of pages, from 0, the headings that begin on them.
    """

    pages: Sequence[Sequence[str]]
    outline: Mapping[int, Sequence[Heading]]


def paragraphs(lines: Lines) -> Iterator[tuple[Heading | Paragraph, int]]:
    """Paragraphs and headings, with the page on which each begins, from 0.

    A paragraph goes on over the end of a page if its sentence does.
    """
    full = _full_line(lines.pages)
    text: list[str] = []
    begun = 0
    for line in _with_headings(lines):
        if text and (line.heading or _is_new(text[-1], line, full)):
            yield Paragraph(join_lines("\n".join(text))), begun
            text = []
        if line.heading:
            yield line.heading, line.page
        elif line.text:
            begun = begun if text else line.page
            text.append(line.text)
    if text:
        yield Paragraph(join_lines("\n".join(text))), begun


@dataclass(frozen=True)
class _Line:
    text: str
    page: int
    heading: Heading | None = None
    is_first: bool = False


def _with_headings(lines: Lines) -> Iterator[_Line]:
    """All lines in order; those that are headings, and headings without a line."""
    for number, page in enumerate(lines.pages):
        found, elsewhere = _headings(page, lines.outline.get(number, ()))
        yield from (_Line("", number, heading) for heading in elsewhere)
        for place, line in enumerate(page):
            yield _Line(line, number, found.get(place), place == 0)


def _headings(
    page: Sequence[str], outline: Sequence[Heading]
) -> tuple[dict[int, Heading], list[Heading]]:
    """The headings by their lines, and those that no line shows."""
    found: dict[int, Heading] = {}
    elsewhere = []
    for heading in outline:
        wanted = _plain(heading.text)
        places = (
            n
            for n, line in enumerate(page)
            if n not in found
            and wanted
            and _plain(line).endswith(wanted)
            # Its number may stand before it, but no sentence.
            and len(_plain(line)) <= len(wanted) + 6
        )
        place = next(places, None)
        if place is None:
            elsewhere.append(heading)
        else:
            found[place] = heading
    return found, elsewhere


def _plain(text: str) -> str:
    return "".join(text.split())


def _full_line(pages: Sequence[Sequence[str]]) -> int:
    """The characters of a line that is full: more than nine of ten have fewer."""
    lengths = sorted(len(line) for page in pages for line in page if line)
    return lengths[int(0.9 * (len(lengths) - 1))] if lengths else 0


def _is_new(above: str, line: _Line, full: int) -> bool:
    """Whether a paragraph begins with a line."""
    ended = above.endswith(_ENDS)
    if len(above) < _SHORT * full:
        return True
    if not line.text or line.is_first:
        # Blank lines, and ends of pages, come amid sentences too.
        return ended
    return (ended and len(above) < full) or bool(_ITEM.match(line.text))
