"""A FAQ whose files may be edited while it answers."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from framework_plugin.errors import DocumentError
from framework_plugin.retrieval.faq import Faq, Read, collected, faq_files, read_faq
from framework_plugin.retrieval.index import PassageIndex
from framework_plugin.retrieval.judge import Judge
from framework_plugin.retrieval.passages import Passage
from framework_plugin.retrieval.terms import TermExtractor
from framework_plugin.retrieval.word_lists import WORD_FILES, extractor_beside

logger = logging.getLogger(__name__)

_Stamps = dict[Path, tuple[int, int, int]]


@dataclass(frozen=True)
class FaqChange:
    """What is other than before.

    Args:
        entries: All entries as they are now.
        put: Those of them that are new or changed.
        removed: The ids of those that are gone.
        extract: Turns texts into terms; None if the lists of words are as before.
    """

    entries: tuple[Passage, ...]
    put: tuple[Passage, ...]
    removed: frozenset[str]
    extract: TermExtractor | None


class FaqFolder:
    """The files of a FAQ and the lists of words beside them, read where they changed.

    A file that becomes broken is named in the log, and what was read of it before
    stays until it is mended: nobody who is at work on it takes answers away.

    Args:
        path: Of the file or folder.

    Raises:
        DocumentError: The path holds no usable entry, or a list of words is broken.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        # Before they are read, so that no change is missed.
        self._stamps = _stamps(faq_files(path))
        self._word_stamps = self._stamps_of_words()
        self._read = {file: list(read_faq(file)) for file in self._stamps}
        self._problems: frozenset[str] = frozenset()
        self._faq = self._collected()
        self._extract = extractor_beside(path)

    def index(self, judge: Judge | None = None) -> PassageIndex:
        """The index of what the files hold now; see `PassageIndex`."""
        return PassageIndex(self._faq.entries, self._extract, judge)

    def changes(self) -> FaqChange | None:
        """What was changed since the last time; None if nothing that counts.

        Raises:
            DocumentError: There is no usable entry any more. What was read stays.
        """
        before = self._faq
        stamps = _stamps(faq_files(self._path))
        if stamps != self._stamps:
            changed = stamps.items() - self._stamps.items()
            # First of all: what is broken is named once, not at each look.
            self._stamps = stamps
            self._read = {
                file: self._read_anew(file) if (file, stamp) in changed else known
                for file, stamp in stamps.items()
                for known in [self._read.get(file, [])]
            }
            self._faq = self._collected()
        words = self._new_words()
        if words is None and self._faq.entries == before.entries:
            return None
        old = {entry.id: entry for entry in before.entries}
        return FaqChange(
            self._faq.entries,
            tuple(one for one in self._faq.entries if old.get(one.id) != one),
            frozenset(old).difference(one.id for one in self._faq.entries),
            words,
        )

    def _read_anew(self, file: Path) -> list[Read]:
        """What a file holds; if that is broken, what it held before."""
        read = list(read_faq(file))
        problems = [item for item in read if isinstance(item, str)]
        if not problems or file not in self._read:
            return read
        for problem in problems:
            logger.warning(
                "'%s' stays as it was read before, until it is mended: %s",
                *(file, problem),
            )
        return self._read[file]

    def _collected(self) -> Faq:
        """All entries; new reasons why one is left out are logged.

        Raises:
            DocumentError: There is none.
        """
        faq = collected(self._path, self._read.values())
        for problem in faq.problems:
            if problem not in self._problems:
                logger.warning("FAQ entry left out: %s", problem)
        self._problems = frozenset(faq.problems)
        return faq

    def _new_words(self) -> TermExtractor | None:
        """The extractor with changed lists of words; None if they are as before."""
        stamps = self._stamps_of_words()
        if stamps == self._word_stamps:
            return None
        self._word_stamps = stamps
        try:
            self._extract = extractor_beside(self._path)
        except DocumentError as error:
            logger.warning("The lists of words stay as they were: %s", error)
            return None
        return self._extract

    def _stamps_of_words(self) -> _Stamps:
        folder = self._path if self._path.is_dir() else self._path.parent
        return _stamps(folder / name for name in WORD_FILES)


def _stamps(files: Iterable[Path]) -> _Stamps:
    """By what it is seen that a file has changed; those that are gone have none."""
    found: _Stamps = {}
    for file in files:
        try:
            state = file.stat()
        except OSError:
            continue
        found[file] = (state.st_mtime_ns, state.st_size, state.st_ino)
    return found
