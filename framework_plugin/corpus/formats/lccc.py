"""LCCC, short conversations of Chinese social media (Wang et al. 2020).

"A Large-Scale Chinese Short-Text Conversation Dataset", NLPCC 2020. A JSON list of
dialogues, each a list of utterances whose characters are parted by blanks; the large
edition has one dialogue a line (`.jsonl`, mostly packed as `.jsonl.gz`).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

from framework_plugin.corpus.formats.conversation import (
    SIDES,
    Utterance,
    close_blanks,
    replies_in,
)
from framework_plugin.corpus.formats.json_entries import json_entries
from framework_plugin.corpus.formats.record import (
    DialogueRecord,
    Skipped,
    usable_records,
)

EXPECTED = "a JSON list of dialogues, each a list of at least two utterances"


def read_lccc(path: Path, skipped: Skipped | None = None) -> Iterator[DialogueRecord]:
    """Reads LCCC, the blanks between characters closed.

    Args:
        path: The `.json` or `.jsonl` file, as it is or packed as `.gz` or `.zip`.
        skipped: Gathers what cannot be used; if None, it is logged.

    Raises:
        CorpusError: If it cannot be read or holds nothing of the expected form.
    """
    return usable_records(_dialogues, path, skipped, EXPECTED)


def _dialogues(path: Path, skipped: Skipped) -> Iterator[DialogueRecord]:
    for line, number, said in json_entries(path, "list", skipped, EXPECTED):
        if (
            not isinstance(said, list)
            or len(said) < 2
            or not all(isinstance(text, str) for text in said)
        ):
            skipped.add(path, line, "expected a list of at least two utterances")
            continue
        utterances = [
            Utterance(side, close_blanks(text), line=line)
            for side, text in zip(cycle(SIDES), said, strict=False)
        ]
        yield from replies_in(f"{path.name}#{number}", utterances, path, skipped)
