"""Segmentation engines behind one small protocol: rjieba (Rust) and jieba (Python).

An instance is private to this package: jieba's global tokenizer is neither used nor
changed. Instances are shared between callers, so nothing may change one once made.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

from framework_plugin.errors import SettingsError
from framework_plugin.text.user_dictionary import UserDictionary, UserWord

_CAPITAL_WORDS = re.compile(r"^(\S*[A-Z]\S*) ([0-9]+) ([a-z]+)$", re.MULTILINE)

Span = tuple[str, int, int]
"""A word, and where it starts and ends."""


class Engine(Protocol):
    """What the segmenter needs of an engine; safe to call from several threads."""

    def cut(self, text: str, *, search: bool, hmm: bool) -> Sequence[Span]:
        """Words of a text, each with its start and end in it.

        Args:
            text: Text without lone surrogates.
            search: Whether to give, before each long word, the words inside it.
            hmm: Whether to guess words that stand in no dictionary.
        """
        ...


class RjiebaEngine:
    """rjieba: the same words as jieba at more than ten times the speed."""

    def __init__(self, words: Iterable[UserWord]) -> None:
        import rjieba

        self._jieba = rjieba.Jieba()
        for word in words:
            self._jieba.add_word(word.word, word.frequency, word.tag)

    def cut(self, text: str, *, search: bool, hmm: bool) -> Sequence[Span]:
        """See `Engine`."""
        spans: list[Span] = self._jieba.tokenize(
            text, "search" if search else "default", hmm
        )
        return spans


class JiebaEngine:
    """jieba itself: the reference, where no compiled package can be installed."""

    def __init__(self, words: Iterable[UserWord]) -> None:
        import jieba

        self._jieba = jieba.Tokenizer()
        # Its own `initialize` writes to stderr and trusts a file in the shared
        # temporary directory; filling it here does neither.
        frequencies, self._jieba.total = _jieba_frequencies()
        self._jieba.FREQ = dict(frequencies)
        self._jieba.initialized = True
        for word in words:
            self._jieba.add_word(word.word, word.frequency, word.tag)

    def cut(self, text: str, *, search: bool, hmm: bool) -> Sequence[Span]:
        """See `Engine`."""
        mode = "search" if search else "default"
        return list(self._jieba.tokenize(text, mode, hmm))


ENGINES: dict[str, Callable[[Iterable[UserWord]], Engine]] = {
    "rjieba": RjiebaEngine,
    "jieba": JiebaEngine,
}


@lru_cache(maxsize=8)
def create_engine(name: str, dictionary: UserDictionary) -> Engine:
    """An engine of one kind with a user dictionary; the same one for the same words.

    Args:
        name: A key of `ENGINES`.
        dictionary: Words to know beside the base dictionary, in the form in which
            they will stand in the text.
    """
    return ENGINES[name]((*_small_letter_words(), *dictionary.entries))


@lru_cache(maxsize=1)
def _jieba_frequencies() -> tuple[dict[str, int], int]:
    import jieba

    tokenizer = jieba.Tokenizer()
    frequencies: dict[str, int]
    frequencies, total = jieba.Tokenizer.gen_pfdict(tokenizer.get_dict_file())
    return frequencies, total


@lru_cache(maxsize=1)
def _small_letter_words() -> tuple[UserWord, ...]:
    """Words of the base dictionary with capitals, such as `T恤`, in small letters.

    Normalised text has no capitals, so without these it could not match them.
    """
    # Found without importing jieba, whose import takes longer than all of rjieba.
    package = find_spec("jieba")
    if package is None or package.origin is None:
        raise SettingsError("jieba is not installed. Run 'pip install jieba'.")
    text = Path(package.origin).with_name("dict.txt").read_text(encoding="utf-8")
    found = {m[1].lower(): m for m in _CAPITAL_WORDS.finditer(text)}
    return tuple(UserWord(word, int(m[2]), m[3]) for word, m in found.items())
