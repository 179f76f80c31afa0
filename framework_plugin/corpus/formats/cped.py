"""CPED, television dialogues with the personality of who speaks (Chen et al. 2022).

"CPED: A Large-Scale Chinese Personalized and Emotional Dialogue Dataset for
Conversational AI", arXiv 2205.14727. A CSV file with a header, one utterance a row.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from framework_plugin.corpus.cleaning import clean_utterance
from framework_plugin.corpus.formats.conversation import Utterance, replies_in
from framework_plugin.corpus.formats.files import open_text
from framework_plugin.corpus.formats.record import (
    DialogueRecord,
    Skipped,
    usable_records,
)
from framework_plugin.errors import CorpusError

TRAITS = (
    "Gender",
    "Age",
    "Neuroticism",
    "Extraversion",
    "Openness",
    "Agreeableness",
    "Conscientiousness",
)
COLUMNS = ("TV_ID", "Dialogue_ID", "Speaker", *TRAITS, "Utterance")
"""The columns that are read; others, such as `Emotion`, may stand beside them."""

EXPECTED = f"a CSV file whose first line names the columns {', '.join(COLUMNS)}"
HISTORY = 50
"""How many of a speaker's earlier utterances a record carries."""

_UNKNOWN = "unknown"


class _Row(NamedTuple):
    scene: str
    series: str
    utterance: Utterance


def read_cped(path: Path, skipped: Skipped | None = None) -> Iterator[DialogueRecord]:
    """Reads CPED; whoever replies is the person that a record is about.

    The profile holds what is known of that speaker, such as `gender:female` and
    `openness:high`; the history, their last `HISTORY` utterances from earlier scenes
    of the same series.

    Args:
        path: The `.csv` file of one split.
        skipped: Gathers what cannot be used; if None, it is logged.

    Raises:
        CorpusError: If it cannot be read, lacks a column or holds no dialogue.
    """
    return usable_records(_scenes, path, skipped, EXPECTED)


def _scenes(path: Path, skipped: Skipped) -> Iterator[DialogueRecord]:
    said: dict[str, deque[str]] = {}
    for scene, rows in groupby(_rows(path, skipped), key=lambda r: (r.series, r.scene)):
        utterances = [row.utterance for row in rows]
        name = f"{path.name}#{'/'.join(scene)}"
        yield from replies_in(name, utterances, path, skipped, said)
        for utterance in utterances:
            earlier = said.setdefault(utterance.speaker, deque(maxlen=HISTORY))
            if utterance.text:
                earlier.append(utterance.text)


def _rows(path: Path, skipped: Skipped) -> Iterator[_Row]:
    with open_text(path) as text:
        reader = csv.DictReader(text)
        missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
        if missing:
            raise CorpusError(
                f"'{path}' lacks the columns {', '.join(missing)}. Expected {EXPECTED};"
                " see docs/corpus.md."
            )
        while True:
            try:
                row = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                skipped.add(path, reader.line_num, f"the row is not CSV: {error}")
                continue
            if None in row or None in row.values():
                columns = len(reader.fieldnames or ())
                reason = f"expected {columns} columns, found more or fewer"
                skipped.add(path, reader.line_num, reason)
                continue
            yield _row(row, reader.line_num)


def _row(row: dict[str, str], line: int) -> _Row:
    facts = tuple(
        f"{trait.lower()}:{row[trait]}"
        for trait in TRAITS
        if row[trait] and row[trait] != _UNKNOWN
    )
    series = row["TV_ID"]
    # Two series may have a person of the same name.
    speaker = f"{series}/{row['Speaker']}"
    utterance = Utterance(speaker, clean_utterance(row["Utterance"]), facts, line)
    return _Row(row["Dialogue_ID"], series, utterance)
