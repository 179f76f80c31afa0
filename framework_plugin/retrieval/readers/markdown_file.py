"""Markdown, with what may stand above it between two lines of `---`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from framework_plugin.errors import DocumentError
from framework_plugin.retrieval.dates import begins, checked_validity, ends
from framework_plugin.retrieval.decoding import read_text
from framework_plugin.retrieval.readers.columns import field_named
from framework_plugin.retrieval.readers.entry import audience_groups, checked_url
from framework_plugin.retrieval.readers.html_file import html_blocks
from framework_plugin.retrieval.readers.joining import join_lines, with_address
from framework_plugin.retrieval.readers.library import load_library
from framework_plugin.retrieval.readers.piece import Reading
from framework_plugin.retrieval.readers.prose import (
    Block,
    Heading,
    Paragraph,
    split_prose,
    title_and_body,
)
from framework_plugin.retrieval.readers.prose_table import table_blocks

_FENCE = "---"


def read_markdown(file: Path) -> Reading:
    """Reads a `.md` file (CommonMark with tables).

    Above the text, title, url, valid_from, valid_until and audience may be told as
    YAML between two lines of `---`.

    Raises:
        DocumentError: If it cannot be read, or what it tells above is impossible.
    """
    front, body = _front(read_text(file), file.name)
    blocks, problems = markdown_blocks(body, file.name)
    title, blocks_below = title_and_body(
        blocks, str(front.get("title") or ""), file.stem
    )
    try:
        begin, end = begins(front.get("valid_from")), ends(front.get("valid_until"))
        checked_validity(begin, end)
        url = checked_url(str(front.get("url") or ""))
    except DocumentError as error:
        raise DocumentError(f"{file.name}, above the text: {error}") from error
    return Reading(
        "markdown",
        title,
        split_prose(blocks_below),
        tuple(problems),
        url,
        begin,
        end,
        audience_groups(front.get("audience")),
    )


def markdown_blocks(text: str, name: str) -> tuple[list[Block], list[str]]:
    """Headings, paragraphs and tables of a Markdown text, and problems."""
    library = load_library("markdown_it", name)
    walker = _Walker(name)
    walker.walk(library.MarkdownIt("commonmark").enable("table").parse(text))
    return walker.blocks, walker.problems


def _front(text: str, name: str) -> tuple[Mapping[str, Any], str]:
    """What is told above the text, by the names of `columns`, and the text."""
    lines = text.split("\n")
    if lines[0].rstrip() != _FENCE or _FENCE not in map(str.rstrip, lines[1:]):
        return {}, text
    end = [line.rstrip() for line in lines].index(_FENCE, 1)
    try:
        found = yaml.safe_load("\n".join(lines[1:end]))
    except yaml.YAMLError as error:
        raise DocumentError(
            f"{name}, above the text: no valid YAML between the lines of '---': {error}"
        ) from error
    if not isinstance(found, dict):
        # Two rules with text between them, no keys.
        return {}, text
    told = {field_named(key): value for key, value in found.items()}
    return {key: value for key, value in told.items() if key}, "\n".join(
        lines[end + 1 :]
    )


class _Walker:
    """Goes through the tokens of a document."""

    def __init__(self, name: str) -> None:
        self.blocks: list[Block] = []
        self.problems: list[str] = []
        self._name = name
        self._marks: list[str] = []
        self._next = ""

    def walk(self, tokens: Sequence[Any]) -> None:
        rest = iter(tokens)
        for token in rest:
            if token.type == "heading_open":
                text = _inline(next(rest).children)
                self.blocks.append(Heading(int(token.tag[1]), text))
            elif token.type == "table_open":
                self._take_table(rest)
            elif token.type == "inline":
                self._say(_inline(token.children))
            elif token.type in ("fence", "code_block"):
                self._say(token.content)
            elif token.type == "html_block":
                found, problems = html_blocks(token.content, self._name)
                self.blocks += found
                self.problems += problems
            else:
                self._note_list(token)

    def _say(self, text: str) -> None:
        self.blocks.append(Paragraph(self._next + text))
        self._next = ""

    def _note_list(self, token: Any) -> None:
        if token.type.endswith("_list_open"):
            self._marks.append("-" if token.type.startswith("bullet") else "")
        elif token.type.endswith("_list_close"):
            self._marks.pop()
        elif token.type == "list_item_open":
            # Of numbered lists the parser tells the number.
            self._next = f"{self._marks[-1] or f'{token.info}.'} "

    def _take_table(self, rest: Iterator[Any]) -> None:
        rows: list[list[str]] = []
        for token in rest:
            if token.type == "table_close":
                break
            if token.type == "tr_open":
                rows.append([])
            elif token.type == "inline":
                rows[-1].append(_inline(token.children))
        found, problems = table_blocks(rows, has_head=True, name=self._name)
        self.blocks += found
        self.problems += problems


def _inline(tokens: Sequence[Any] | None) -> str:
    """The words of a line: no signs of Markdown, no tags."""
    parts: list[str] = []
    links: list[tuple[int, str]] = []
    for token in tokens or ():
        if token.type in ("text", "code_inline", "text_special"):
            parts.append(token.content)
        elif token.type == "softbreak":
            parts.append("\n")
        elif token.type == "hardbreak" or _is_break(token):
            parts.append("\u2028")
        elif token.type == "link_open":
            links.append((len(parts), str(token.attrGet("href") or "")))
        elif token.type == "link_close" and links:
            start, address = links.pop()
            parts[start:] = [with_address("".join(parts[start:]), address)]
    return join_lines("".join(parts)).replace("\u2028", "\n")


def _is_break(token: Any) -> bool:
    return bool(token.type == "html_inline" and token.content.lower().startswith("<br"))
