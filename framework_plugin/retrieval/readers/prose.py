"""Prose cut into passages: by heading, then by paragraphs, never within a sentence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from framework_plugin.retrieval.passages import SECTION_MARK
from framework_plugin.retrieval.readers.piece import Piece, clean, one_line
from framework_plugin.retrieval.sentences import sentences

SIZE = 300
"""Characters of a passage, about: short enough to be shown, long enough to be found."""

LONGEST_OVERLAP = 100
"""Characters of a sentence that is worth being told in two passages."""

LONGEST_SENTENCE = 1_200
"""Characters from which on a text without an end is no sentence, but a list."""

_CLAUSE_END = re.compile(r"[，、；：,;:]|\s")


@dataclass(frozen=True)
class Heading:
    """A heading.

    Args:
        level: From 1, the highest.
        text: Its words.
    """

    level: int
    text: str


@dataclass(frozen=True)
class Paragraph:
    """A paragraph, or an item of a list."""

    text: str


@dataclass(frozen=True)
class Row:
    """A row of a table as a text of its own, with the names of its columns."""

    text: str


Block = Heading | Paragraph | Row | Piece
"""A piece stands for a question with its answer amid prose."""


@dataclass(frozen=True)
class _Sentence:
    text: str
    ends_paragraph: bool
    is_row: bool


def title_and_body(
    blocks: Sequence[Block], named: str | None, stem: str
) -> tuple[str, Sequence[Block]]:
    """The title of a document, and what is left below it.

    A single heading of the highest level is a title: sections need not repeat it.

    Args:
        blocks: The document.
        named: What its own properties call it; None or blank for nothing.
        stem: The name of its file, for where nothing else names it.
    """
    headings = [block for block in blocks if isinstance(block, Heading)]
    top = min((heading.level for heading in headings), default=0)
    highest = [heading for heading in headings if heading.level == top]
    named = one_line(named or "")
    if len(highest) == 1 and headings[0] is highest[0]:
        body = [block for block in blocks if block is not highest[0]]
        return named or one_line(highest[0].text) or stem, body
    return named or stem, blocks


def split_prose(blocks: Iterable[Block], size: int = SIZE) -> tuple[Piece, ...]:
    """Cuts a document into passages.

    Args:
        blocks: In their order.
        size: Characters of a passage, about: it is longer only for a single sentence.
    """
    pieces: list[Piece] = []
    for section, content in _sections(blocks):
        if isinstance(content, Piece):
            path = SECTION_MARK.join(filter(None, (section, content.section)))
            pieces.append(replace(content, section=path))
        else:
            pieces += (
                Piece(text, section=section) for text in _passages(content, size)
            )
    return tuple(pieces)


@dataclass
class _Path:
    """The headings above a place."""

    headings: list[Heading] = field(default_factory=list)

    def take(self, heading: Heading) -> None:
        while self.headings and self.headings[-1].level >= heading.level:
            self.headings.pop()
        self.headings.append(heading)

    def __str__(self) -> str:
        texts = (one_line(heading.text) for heading in self.headings)
        return SECTION_MARK.join(text for text in texts if text)


def _sections(
    blocks: Iterable[Block],
) -> Iterator[tuple[str, list[_Sentence] | Piece]]:
    """The sentences that stand together, and questions, with the path above each."""
    path = _Path()
    content: list[_Sentence] = []
    for block in blocks:
        if isinstance(block, (Paragraph, Row)):
            content += _of_block(block)
            continue
        if content:
            yield str(path), content
            content = []
        if isinstance(block, Heading):
            path.take(block)
        else:
            yield str(path), block
    if content:
        yield str(path), content


def _of_block(block: Paragraph | Row) -> Iterator[_Sentence]:
    is_row = isinstance(block, Row)
    for line in clean(block.text).split("\n"):
        whole = [line] if is_row and line else sentences(line)
        parts = [part for sentence in whole for part in _clauses(sentence)]
        last = len(parts) - 1
        yield from (_Sentence(part, n == last, is_row) for n, part in enumerate(parts))


def _clauses(sentence: str) -> Iterator[str]:
    """The sentence; the parts of one that is far too long to be one."""
    start = 0
    most = SIZE if len(sentence) > LONGEST_SENTENCE else LONGEST_SENTENCE
    while len(sentence) - start > most:
        ends = [m.end() for m in _CLAUSE_END.finditer(sentence, start, start + SIZE)]
        end = ends[-1] if ends else start + SIZE
        yield sentence[start:end].strip()
        start = end
    if sentence[start:].strip():
        yield sentence[start:].strip()


def _passages(content: list[_Sentence], size: int) -> Iterator[str]:
    """Fills passages with whole sentences, with whole paragraphs where they fit."""
    passage: list[_Sentence] = []
    for number, sentence in enumerate(content):
        if passage and _is_full(passage, content, number, size):
            yield _joined(passage)
            last = passage[-1]
            overlaps = not last.is_row and not sentence.is_row and len(passage) > 1
            fits = len(last.text) <= LONGEST_OVERLAP
            passage = [last] if overlaps and fits else []
        passage.append(sentence)
    if passage:
        yield _joined(passage)


def _is_full(
    passage: list[_Sentence], content: list[_Sentence], number: int, size: int
) -> bool:
    """Whether the next sentence begins a new passage."""
    filled = sum(len(sentence.text) for sentence in passage)
    if filled + len(content[number].text) > size:
        return True
    if not passage[-1].ends_paragraph or filled < size / 2:
        return False
    # A paragraph that fits into the next passage as a whole shall not be torn.
    for sentence in islice(content, number, None):
        filled += len(sentence.text)
        if filled > size or sentence.ends_paragraph:
            break
    return filled > size


def _joined(passage: list[_Sentence]) -> str:
    text = ""
    for sentence in passage:
        text += sentence.text
        if sentence.ends_paragraph:
            text += "\n"
        elif sentence.text[-1].isascii():
            text += " "
    return text.strip()
