"""Labelled pairs: a question, a wording, and whether they mean the same."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from framework_plugin.errors import DocumentError
from framework_plugin.retrieval.cases import Question
from framework_plugin.retrieval.decoding import read_text
from framework_plugin.retrieval.passages import Passage

_LABELS = {"1": True, "0": False}
_EXPECTED = (
    "Expected three columns: a question, a wording of an entry (empty: no entry "
    "answers the question), and 1 if the entry answers it or 0 if not."
)


@dataclass(frozen=True)
class Pair:
    """A labelled pair.

    Args:
        question: In the words of a user.
        wording: Of an entry; empty with `right` false: no entry answers the question.
        right: Whether the entry answers the question.
    """

    question: str
    wording: str
    right: bool


def read_pairs(file: Path) -> list[Pair]:
    """Reads pairs from a table.

    Args:
        file: Comma-separated, or tab-separated if its name ends in `.tsv`; UTF-8 or
            GB18030. A first line without a label holds names of columns and is passed
            over.

    Raises:
        DocumentError: The file cannot be read, holds no pair, or a line is none.
    """
    delimiter = "\t" if file.suffix.lower() == ".tsv" else ","
    lines = csv.reader(
        io.StringIO(read_text(file)),
        delimiter=delimiter,
        quoting=csv.QUOTE_NONE if delimiter == "\t" else csv.QUOTE_MINIMAL,
    )
    pairs: list[Pair] = []
    try:
        for row in lines:
            if not any(map(str.strip, row)):
                continue
            if lines.line_num == 1 and len(row) == 3 and row[2].strip() not in _LABELS:
                continue
            pairs.append(_pair(file, lines.line_num, row))
    except csv.Error as error:
        raise DocumentError(
            f"'{file}', line {lines.line_num}: {error}. {_EXPECTED}"
        ) from error
    if not pairs:
        raise DocumentError(f"'{file}' holds no pair. {_EXPECTED}")
    return pairs


def _pair(file: Path, line: int, row: Sequence[str]) -> Pair:
    values = [value.strip() for value in row]
    place = f"'{file}', line {line}"
    if len(values) != 3:
        raise DocumentError(f"{place}: found {len(values)} columns. {_EXPECTED}")
    question, wording, label = values
    if label not in _LABELS:
        raise DocumentError(f"{place}: the label is '{label}'. {_EXPECTED}")
    if not question:
        raise DocumentError(f"{place}: the question is empty. {_EXPECTED}")
    if not wording and _LABELS[label]:
        raise DocumentError(
            f"{place}: an empty wording cannot be right. Write the wording of the "
            "entry that answers the question, or the label 0 if none does."
        )
    return Pair(question, wording, _LABELS[label])


def own_wordings(passages: Iterable[Passage]) -> list[Question]:
    """The wordings of entries as questions, each to be found by the others."""
    return [
        Question(wording, frozenset([passage.id]), own=True)
        for passage in passages
        if len(set(passage.questions)) > 1
        for wording in dict.fromkeys(passage.questions)
    ]


@dataclass(frozen=True)
class Lessons:
    """What pairs teach about passages.

    Args:
        questions: Each once, in the order in which they came.
        strangers: Passages made of wordings that stand in no entry: much can be
            learned from them, but nothing be answered.
    """

    questions: tuple[Question, ...]
    strangers: tuple[Passage, ...]


def lessons(
    pairs: Iterable[Pair], passages: Iterable[Passage], plain: Callable[[str], str]
) -> Lessons:
    """Finds the passages of the wordings.

    Args:
        pairs: Labelled. A question that is right and wrong for a passage is right.
        passages: Those that can be found.
        plain: Equal for the same wording.
    """
    owners: dict[str, set[str]] = defaultdict(set)
    for passage in passages:
        for wording in passage.questions:
            owners[plain(wording)].add(passage.id)
    strangers: list[Passage] = []
    found: dict[str, tuple[set[str], set[str]]] = {}
    unanswerable: set[str] = set()
    for pair in pairs:
        right, wrong = found.setdefault(pair.question, (set(), set()))
        if not pair.wording:
            unanswerable.add(pair.question)
            continue
        ids = owners[plain(pair.wording)]
        if not ids:
            stranger = Passage(
                f"pairs#{len(strangers)}", "pairs", "", "", "", (pair.wording,)
            )
            strangers.append(stranger)
            ids.add(stranger.id)
        (right if pair.right else wrong).update(ids)
    questions = tuple(
        Question(
            text,
            frozenset(right),
            frozenset(wrong - right),
            unanswerable=text in unanswerable and not right,
        )
        for text, (right, wrong) in found.items()
    )
    return Lessons(questions, tuple(strangers))
