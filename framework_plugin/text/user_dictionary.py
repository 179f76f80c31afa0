"""Words that a project adds to the segmenter: names of goods, places, people.

The format is jieba's: one word a line, then, if wanted, its frequency and its
part-of-speech tag, separated by spaces. Lines that start with `#` are comments.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from framework_plugin.errors import SettingsError

logger = logging.getLogger(__name__)

_ENCODINGS = ("utf-8-sig", "gb18030")
_LINE = re.compile(
    r"(?P<word>\S+)(?:\s+(?P<frequency>[1-9][0-9]{0,8}))?(?:\s+(?P<tag>[a-zA-Z]+))?"
)


@dataclass(frozen=True)
class UserWord:
    """One word of a user dictionary.

    Args:
        word: The word as written, without whitespace.
        frequency: Occurrences in jieba's corpus; None for as many as it takes to keep
            the word whole.
        tag: Part of speech, such as `n` or `nr`.
    """

    word: str
    frequency: int | None = None
    tag: str | None = None


@dataclass(frozen=True)
class UserDictionary:
    """The words of one or several dictionary files, in order.

    Args:
        entries: The words; of two with the same spelling the later one counts.
        skipped: How many lines could not be used.
    """

    entries: tuple[UserWord, ...] = ()
    skipped: int = 0

    @classmethod
    def read(cls, path: Path) -> UserDictionary:
        """Read a dictionary file, or all `.txt` files of a directory by name.

        Raises:
            SettingsError: If there is no such path, a directory without a `.txt`
                file, or a file in an encoding other than UTF-8 and GB18030.
        """
        if not path.exists():
            raise SettingsError(
                f"There is no user dictionary at '{path}'. Expected a text file with "
                "one word a line, or a directory of such .txt files. Correct "
                "'dictionary_path' or remove it."
            )
        files = sorted(path.glob("*.txt")) if path.is_dir() else [path]
        if not files:
            raise SettingsError(
                f"The user dictionary directory '{path}' holds no .txt file. Put the "
                "word lists there, or remove 'dictionary_path'."
            )
        parts = [cls.from_text(_decode(file), source=str(file)) for file in files]
        return cls(
            _unique(entry for part in parts for entry in part.entries),
            sum(part.skipped for part in parts),
        )

    @classmethod
    def from_text(cls, text: str, source: str = "user dictionary") -> UserDictionary:
        """Parse the lines of a dictionary.

        Lines that do not fit are left out, each with a warning.

        Args:
            text: The content of a dictionary file.
            source: What to call it in warnings.
        """
        entries: list[UserWord] = []
        skipped = 0
        for number, line in enumerate(text.splitlines(), start=1):
            line = line.strip()
            if not line or line.startswith("#"):
                continue
            match = _LINE.fullmatch(line)
            if match is None:
                skipped += 1
                logger.warning(
                    "%s, line %d is not 'word [frequency] [tag]' with a frequency of "
                    "at least 1, and is skipped: %.80r",
                    source,
                    number,
                    line,
                )
                continue
            word, frequency, tag = match.group("word", "frequency", "tag")
            entries.append(UserWord(word, int(frequency) if frequency else None, tag))
        return cls(_unique(entries), skipped)

    def to_text(self) -> str:
        """The dictionary in jieba's format, one word a line."""
        lines = (
            " ".join(str(part) for part in (e.word, e.frequency, e.tag) if part)
            for e in self.entries
        )
        return "".join(f"{line}\n" for line in lines)

    def digest(self) -> str:
        """A hash of the content: 64 hexadecimal digits, the same for the same words."""
        return hashlib.sha256(self.to_text().encode("utf-8")).hexdigest()


def _unique(entries: Iterable[UserWord]) -> tuple[UserWord, ...]:
    return tuple({entry.word: entry for entry in entries}.values())


def _decode(file: Path) -> str:
    content = file.read_bytes()
    for encoding in _ENCODINGS:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise SettingsError(
        f"The user dictionary '{file}' is neither UTF-8 nor GB18030 text. Save it as "
        "UTF-8."
    )
