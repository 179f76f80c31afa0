"""DailyDialog, everyday conversations in English (Li et al. 2017).

"DailyDialog: A Manually Labelled Multi-turn Dialogue Dataset", IJCNLP 2017. One
dialogue a line, each utterance ended by `__eou__`.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

from framework_plugin.corpus.formats.conversation import (
    SIDES,
    Utterance,
    clean_spaced,
    replies_in,
)
from framework_plugin.corpus.formats.files import numbered_lines, open_text
from framework_plugin.corpus.formats.record import (
    DialogueRecord,
    Skipped,
    usable_records,
)

END_OF_UTTERANCE = "__eou__"
EXPECTED = f"one dialogue a line, each utterance ended by {END_OF_UTTERANCE}"


def read_dailydialog(
    path: Path, skipped: Skipped | None = None
) -> Iterator[DialogueRecord]:
    """Reads DailyDialog.

    Args:
        path: A `dialogues_*.txt` file.
        skipped: Gathers what cannot be used; if None, it is logged.

    Raises:
        CorpusError: If it cannot be read or no line has the expected form.
    """
    return usable_records(_dialogues, path, skipped, EXPECTED)


def _dialogues(path: Path, skipped: Skipped) -> Iterator[DialogueRecord]:
    with open_text(path) as text:
        for number, line in numbered_lines(text):
            said = line.split(END_OF_UTTERANCE)
            # Behind the last mark there is nothing, unless the line was cut off.
            said = said if said[-1].strip() else said[:-1]
            if len(said) < 2:
                reason = f"expected two or more utterances ended by {END_OF_UTTERANCE}"
                skipped.add(path, number, reason)
                continue
            utterances = [
                Utterance(side, clean_spaced(words), line=number)
                for side, words in zip(cycle(SIDES), said, strict=False)
            ]
            yield from replies_in(f"{path.name}#{number}", utterances, path, skipped)
