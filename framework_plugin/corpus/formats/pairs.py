"""Pairs, one a line with a tab between: messages with replies, or translations.

The form of many small chat collections, and of the sentence pairs of Tatoeba.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from framework_plugin.corpus.cleaning import clean_utterance
from framework_plugin.corpus.formats.conversation import (
    SIDES,
    Utterance,
    clean_spaced,
    problem_in,
    replies_in,
)
from framework_plugin.corpus.formats.files import numbered_lines, open_text
from framework_plugin.corpus.formats.record import (
    DialogueRecord,
    Skipped,
    usable_records,
)

EXPECTED_PAIRS = "one `message<TAB>reply` a line"
EXPECTED_PARALLEL = "one `source<TAB>target` a line, in two languages"


def read_pairs(path: Path, skipped: Skipped | None = None) -> Iterator[DialogueRecord]:
    """Reads `message<TAB>reply` lines, blanks between Han characters closed.

    Args:
        path: The text file.
        skipped: Gathers what cannot be used; if None, it is logged.

    Raises:
        CorpusError: If it cannot be read or no line has the expected form.
    """
    parse = partial(_pairs, clean=clean_utterance)
    return usable_records(parse, path, skipped, EXPECTED_PAIRS)


def read_parallel(
    path: Path, skipped: Skipped | None = None
) -> Iterator[DialogueRecord]:
    """Reads `source<TAB>target` lines; blanks stay, since they part given words.

    The source is the user's turn and its translation the reply.

    Args:
        path: The text file.
        skipped: Gathers what cannot be used; if None, it is logged.

    Raises:
        CorpusError: If it cannot be read or no line has the expected form.
    """
    parse = partial(_pairs, clean=clean_spaced)
    return usable_records(parse, path, skipped, EXPECTED_PARALLEL)


def _pairs(
    path: Path, skipped: Skipped, clean: Callable[[str], str]
) -> Iterator[DialogueRecord]:
    with open_text(path) as text:
        for number, line in numbered_lines(text):
            fields = line.split("\t")
            if len(fields) != 2:
                reason = f"expected two fields with a tab between, found {len(fields)}"
                skipped.add(path, number, reason)
                continue
            said = [
                Utterance(side, clean(field), line=number)
                for side, field in zip(SIDES, fields, strict=True)
            ]
            # A line is one entry: named once, though both its fields may be broken.
            problem = problem_in(said[0].text) or problem_in(said[1].text)
            if problem:
                skipped.add(path, number, problem)
                continue
            yield from replies_in(f"{path.name}#{number}", said, path, skipped)
