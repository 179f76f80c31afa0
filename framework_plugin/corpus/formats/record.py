"""What every format is read into: one reply to learn with all that it answers."""

from __future__ import annotations

import logging
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from framework_plugin.corpus.dialogue import Turn
from framework_plugin.corpus.script import BrokenLine
from framework_plugin.errors import CorpusError

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class DialogueRecord:
    """One reply with the dialogue before it and what was known.

    Args:
        turns: The dialogue, oldest turn first, user and bot in turns. The last turn is
            the reply to learn, always the bot's; the one before it the user's message.
        profile: Facts known of the one answered to or of the one who answers, such as
            `city:杭州`; in some corpora whole sentences.
        history: What that person said in earlier sessions, oldest first.
        dialogue: Which dialogue of which file it belongs to, such as `dev.json#12`;
            the same for all replies of one dialogue.
    """

    turns: tuple[Turn, ...]
    profile: tuple[str, ...] = ()
    history: tuple[str, ...] = ()
    dialogue: str = ""

    @property
    def message(self) -> str:
        """What is answered."""
        return self.turns[-2].text

    @property
    def reply(self) -> str:
        """What is to be learned."""
        return self.turns[-1].text


class Skipped:
    """Entries that could not be used: all are counted, the first ones kept.

    Args:
        keep: How many to keep, so that a broken corpus of millions fits in memory; all
            of them if None.
    """

    def __init__(self, keep: int | None = 100) -> None:
        self.count = 0
        self.first: list[BrokenLine] = []
        self._keep = keep

    def add(self, path: Path, number: int, reason: str) -> None:
        """Counts one entry.

        Args:
            path: The file it stands in.
            number: The line where it begins, from 1.
            reason: Why it cannot be used.
        """
        self.count += 1
        if self._keep is None or len(self.first) < self._keep:
            self.first.append(BrokenLine(path, number, reason))


Parse = Callable[[Path, Skipped], Iterator[DialogueRecord]]
"""Reads a file; what it cannot use it adds to the second argument."""


def usable_records(
    parse: Parse, path: Path, skipped: Skipped | None, expected: str
) -> Iterator[DialogueRecord]:
    """Runs a reader and says what went wrong in the words of this package.

    Args:
        parse: The reader.
        path: Its file.
        skipped: Gathers what could not be used. If None, the number and the first
            example are logged instead.
        expected: The form of the file, for the message when nothing is usable.

    Yields:
        The records as they are read; the file is never in memory as a whole.

    Raises:
        CorpusError: If the file cannot be opened or read to its end, or nothing in it
            is usable.
    """
    found = skipped if skipped is not None else Skipped()
    before, is_empty = found.count, True
    try:
        for record in parse(path, found):
            is_empty = False
            yield record
    except (OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        reason = getattr(error, "strerror", None) or error
        raise CorpusError(
            f"'{path}' cannot be read: {reason}. Check that it is there, that you may "
            "read it, and that the download is complete."
        ) from error
    lost = found.count - before
    example = f" First: {found.first[-min(lost, len(found.first))]}." if lost else ""
    if is_empty:
        raise CorpusError(
            f"No dialogue could be read from '{path}'; {lost} entries were skipped."
            f"{example} Expected {expected}; see docs/corpus.md."
        )
    if lost and skipped is None:
        logger.warning("%s: %d entries were skipped.%s", path, lost, example)
