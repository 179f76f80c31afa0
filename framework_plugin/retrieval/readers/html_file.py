"""Pages of the web: their text, and nothing that would be run."""

from __future__ import annotations

import codecs
import re
from pathlib import Path
from typing import Any

from framework_plugin.retrieval.decoding import decode
from framework_plugin.retrieval.readers.entry import checked_url
from framework_plugin.retrieval.readers.joining import join_lines, with_address
from framework_plugin.retrieval.readers.library import load_library
from framework_plugin.retrieval.readers.piece import Reading, one_line
from framework_plugin.retrieval.readers.prose import (
    Block,
    Heading,
    Paragraph,
    split_prose,
    title_and_body,
)
from framework_plugin.retrieval.readers.prose_table import table_blocks

_DROPPED_TAGS = """
head script style noscript template nav footer aside iframe object embed svg math
canvas audio video map button input select textarea datalist dialog
"""
_DROPPED = frozenset(_DROPPED_TAGS.split())
_DROPPED_ROLES = frozenset(
    ("navigation", "banner", "contentinfo", "search", "menu", "dialog")
)
_BLOCK_TAGS = """
address article blockquote body caption center dd details div dl dt fieldset
figcaption figure form header hr html li main ol p section summary table tbody td
tfoot th thead tr ul
"""
_BLOCKS = frozenset(_BLOCK_TAGS.split())
_HEADING = re.compile("h([1-6])")
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
_CHARSET_WITHIN = 4096
_BREAK = "\u2028"
"""Stands for `<br>` until the line ends of the source are gone."""


def read_html(file: Path) -> Reading:
    """Reads an `.html` file: its main part, without menus, scripts and styles.

    The title is the only heading of the first level, else what `<title>` says; the
    address is that of `<link rel="canonical">`.

    Raises:
        DocumentError: If it cannot be read, or lxml is not installed.
    """
    root = _parsed(_decoded(file.read_bytes(), file.name), file.name)
    if root is None:
        return Reading("html", file.stem, ())
    blocks, problems = _blocks_of(_main(root), file.name)
    named = root.findtext(".//title") or ""
    title, body = title_and_body(blocks, None, one_line(named) or file.stem)
    return Reading("html", title, split_prose(body), tuple(problems), _canonical(root))


def html_blocks(text: str, name: str) -> tuple[list[Block], list[str]]:
    """Headings, paragraphs and tables of a piece of HTML, and problems.

    Args:
        text: The HTML.
        name: Of the file, for problems.
    """
    root = _parsed(text, name)
    return ([], []) if root is None else _blocks_of(root, name)


def _parsed(text: str, name: str) -> Any:
    """The root of the tree; None for a text without any element."""
    html = load_library("lxml.html", name)
    parser = html.HTMLParser(
        encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True
    )
    data = text.replace("\x00", "").encode("utf-8", errors="replace")
    return html.document_fromstring(data, parser=parser) if data.strip() else None


def _decoded(data: bytes, name: str) -> str:
    """The text, in the encoding that the page names if it is true."""
    match = _CHARSET.search(data[:_CHARSET_WITHIN])
    named = match[1].decode("ascii", errors="replace").lower() if match else "utf-8"
    if not data.startswith(codecs.BOM_UTF8) and not named.startswith(("gb", "utf")):
        try:
            return data.decode(named)
        except (LookupError, UnicodeDecodeError):
            pass
    return decode(data, name)


def _main(root: Any) -> Any:
    """The part that the page calls its main one; all of it if it calls none so."""
    for path in (".//main", ".//*[@role='main']", ".//article"):
        found = root.findall(path)
        if len(found) == 1:
            return found[0]
    return root


def _canonical(root: Any) -> str | None:
    for link in root.iterfind(".//link[@href]"):
        address = link.get("href", "").strip()
        if link.get("rel", "").lower() == "canonical" and "://" in address:
            return checked_url(address)
    return None


def _blocks_of(root: Any, name: str) -> tuple[list[Block], list[str]]:
    walker = _Walker(name)
    walker.walk(root)
    walker.flush()
    return walker.blocks, walker.problems


class _Walker:
    """Goes through the elements of a page."""

    def __init__(self, name: str) -> None:
        self.blocks: list[Block] = []
        self.problems: list[str] = []
        self._name = name
        self._text: list[str] = []

    def flush(self) -> None:
        """Ends the paragraph."""
        text = _running("".join(self._text))
        if text.strip():
            self.blocks.append(Paragraph(text))
        self._text = []

    def walk(self, element: Any) -> None:
        """Takes up an element, without the text behind it."""
        tag = element.tag
        if not isinstance(tag, str) or _is_dropped(element):
            return
        heading = _HEADING.fullmatch(tag)
        if heading:
            self.flush()
            self.blocks.append(Heading(int(heading[1]), _words(element)))
        elif tag == "table" and _is_data(element):
            self._take_table(element)
        elif tag == "pre":
            self.flush()
            self.blocks.append(Paragraph(_words(element, keep_lines=True)))
        elif tag == "br":
            self._text.append(_BREAK)
        else:
            self._take_children(element)

    def _take_children(self, element: Any) -> None:
        is_block = element.tag in _BLOCKS
        if is_block:
            self.flush()
        if element.tag == "li":
            self._text.append(_list_mark(element))
        start = len(self._text)
        self._text.append(element.text or "")
        for child in element:
            self.walk(child)
            self._text.append(child.tail or "")
        if is_block:
            self.flush()
        elif element.tag == "a" and len(self._text) > start:
            words = _running("".join(self._text[start:]))
            self._text[start:] = [with_address(words, element.get("href"))]

    def _take_table(self, table: Any) -> None:
        self.flush()
        rows = [
            [_words(cell) for cell in row if cell.tag in ("td", "th")]
            for row in table.iter("tr")
        ]
        first = table.find(".//tr")
        has_head = (
            first is not None
            and len(first) > 1
            and all(cell.tag == "th" for cell in first)
        )
        found, problems = table_blocks(rows, has_head=has_head, name=self._name)
        caption = table.find("caption")
        if caption is not None:
            self.blocks.append(Paragraph(_words(caption)))
        self.blocks += found
        self.problems += problems


def _is_dropped(element: Any) -> bool:
    return (
        element.tag in _DROPPED
        or element.get("role") in _DROPPED_ROLES
        or element.get("hidden") is not None
        or element.get("aria-hidden") == "true"
        or bool(_HIDDEN.search(element.get("style", "")))
    )


def _is_data(table: Any) -> bool:
    """Whether a table holds data, and does not lay out the page."""
    inside = ("table", "h1", "h2", "h3", "ul", "ol")
    return not any(table.find(f".//{tag}") is not None for tag in inside)


def _words(element: Any, *, keep_lines: bool = False) -> str:
    """The text of an element, without what is dropped."""
    parts: list[str] = []

    def take(node: Any) -> None:
        if not isinstance(node.tag, str) or _is_dropped(node):
            return
        parts.append(_BREAK if node.tag == "br" else node.text or "")
        for child in node:
            take(child)
            parts.append(child.tail or "")

    take(element)
    text = "".join(parts)
    return text.replace(_BREAK, "\n") if keep_lines else _running(text)


def _running(text: str) -> str:
    return join_lines(text.replace("\r", "\n")).replace(_BREAK, "\n")


def _list_mark(item: Any) -> str:
    parent = item.getparent()
    if parent is None or parent.tag != "ol":
        return "- "
    return f"{1 + sum(1 for _ in item.itersiblings('li', preceding=True))}. "
