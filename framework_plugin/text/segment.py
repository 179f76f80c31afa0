"""Cutting Chinese text into words that know their place in the original.

What must not be torn apart (web addresses, e-mail addresses, decimals, emoji) is found
first; the rest goes to a segmentation engine. With `normalise` on, engine and
dictionary see normalised text only, so that `ＳＣ２０２６０３１８` and `臺灣` match.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from framework_plugin.text.engines import Engine, Span, create_engine
from framework_plugin.text.normalise import (
    EMOJI,
    Normalised,
    is_invisible,
    normalise,
    normalise_with_offsets,
)
from framework_plugin.text.user_dictionary import UserDictionary

_ONE_EMOJI = f"(?:[{EMOJI}]\ufe0f?[\U0001f3fb-\U0001f3ff]?)"
_WHOLE = re.compile(
    r"(?:https?://|www\.)[\w\-.~:/?#\[\]@!$&'()*+,;=%]*[\w/=#&]"
    r"|(?<![\w.%+-])[\w.%+-]{1,64}@(?:[\w-]{1,63}\.){1,8}[a-z]{2,24}(?![\w-])"
    r"|(?<![\w.])\d+(?:\.\d+)+%?(?![\w])"
    r"|(?<![\w'])[a-z]+'[a-z]+(?![\w'])"
    r"|[0-9#*]\ufe0f?\u20e3"
    "|[\U0001f1e6-\U0001f1ff]{2}"
    f"|{_ONE_EMOJI}(?:\u200d{_ONE_EMOJI})*",
    # Chinese characters are no letters here: an address ends where they begin.
    re.ASCII | re.IGNORECASE,
)
_SURROGATES = re.compile("[\ud800-\udfff]")

# Where none of these is, there is nothing for `_WHOLE` to find and no whitespace.
_NEEDS_CARE = re.compile(f"[\\sA-Za-z0-9#*@{EMOJI}]")


class Word(NamedTuple):
    """One word of a text. A tuple, since it is made for every word of every message.

    Args:
        text: The word as typed: `original[start:end]`.
        norm: The word in normalised form, never empty and never whitespace.
        start: Index of its first character in the original.
        end: Index after its last character in the original.
    """

    text: str
    norm: str
    start: int
    end: int


@dataclass(frozen=True)
class SegmenterSettings:
    """How text is cut. Read one from configuration with `settings_from`.

    Args:
        engine: `rjieba`, or `jieba` where no compiled package can be installed.
        hmm: Whether to guess words that stand in no dictionary (names, new words).
        mode: `default` for words that follow one another; `search` to get, before
            each long word, also the shorter words inside it.
        normalise: Whether words are looked up in normalised form. Without it `norm`
            is the word as typed.
    """

    engine: Literal["rjieba", "jieba"] = "rjieba"
    hmm: bool = True
    mode: Literal["default", "search"] = "default"
    normalise: bool = True


class Segmenter:
    """Cuts text into words. Cheap to make, silent, and safe to share between threads.

    In `search` mode words overlap: the shorter words inside a long one come right
    before it, as in jieba, and the long ones alone still cover the text in order.
    """

    def __init__(self, settings: SegmenterSettings, engine: Engine) -> None:
        self._engine = engine
        self._hmm = settings.hmm
        self._search = settings.mode == "search"
        self._normalise = settings.normalise

    def spans(self, text: str) -> Sequence[Span]:
        """The words of a text as plain tuples; see `words`.

        Returns:
            Normalised form, start and end in the original, of each word.
        """
        view = normalise_with_offsets(text) if self._normalise else _as_typed(text)
        cuts = self._cuts(view.text)
        if isinstance(view.offsets, range):
            return cuts
        return _spans_in_original(text, view, cuts, merge=not self._search)

    def words(self, text: str) -> list[Word]:
        """The words of a text, without whitespace and invisible characters."""
        return [
            Word(text[start:end], norm, start, end)
            for norm, start, end in self.spans(text)
        ]

    def norms(self, text: str) -> list[str]:
        """The normalised forms of the words of a text."""
        return [norm for norm, _, _ in self.spans(text)]

    def _cuts(self, text: str) -> Sequence[Span]:
        """Each word of a normalised text, with its start and end there."""
        if not _NEEDS_CARE.search(text):
            return self._engine.cut(text, search=self._search, hmm=self._hmm)
        return list(self._careful_cuts(text))

    def _careful_cuts(self, text: str) -> Iterator[Span]:
        position = 0
        for match in _WHOLE.finditer(text):
            yield from self._cut_between(text, position, match.start())
            yield match.group(), match.start(), match.end()
            position = match.end()
        yield from self._cut_between(text, position, len(text))

    def _cut_between(self, text: str, begin: int, finish: int) -> Iterator[Span]:
        piece = text[begin:finish]
        cuts = self._engine.cut(piece, search=self._search, hmm=self._hmm)
        for word, start, end in cuts:
            if not word.isspace():
                yield word, start + begin, end + begin


def create_segmenter(
    settings: SegmenterSettings = SegmenterSettings(),
    dictionary: UserDictionary | None = None,
) -> Segmenter:
    """A segmenter of its own; the engine behind it is shared and never changed.

    The first one of a kind costs about 0.1 s with rjieba and 1 s with jieba, and the
    same again for each other dictionary; further ones cost nothing.

    Args:
        settings: How text is cut.
        dictionary: Words to know beside the base dictionary.
    """
    words = dictionary or UserDictionary()
    if settings.normalise:
        entries = (replace(e, word=normalise(e.word)) for e in words.entries)
        words = UserDictionary(tuple(e for e in entries if e.word))
    else:
        words = UserDictionary(words.entries)
    return Segmenter(settings, create_engine(settings.engine, words))


def _as_typed(text: str) -> Normalised:
    # Engines written in Rust cannot take a lone surrogate.
    return Normalised(_SURROGATES.sub("\ufffd", text), range(len(text) + 1))


def _spans_in_original(
    text: str, view: Normalised, cuts: Sequence[Span], *, merge: bool
) -> list[Span]:
    """Words of a normalised text, in places of an original of another length.

    Args:
        text: The original.
        view: Its normalised form.
        cuts: The words of the normalised form.
        merge: Whether words that share an original character become one.
    """
    norm, offsets = view
    spans = []
    for begin, finish in _whole_characters(cuts, offsets, merge=merge):
        start, end = offsets[begin], offsets[finish]
        # What stands between two words belongs to neither.
        while is_invisible(text[end - 1]):
            end -= 1
        spans.append((norm[begin:finish], start, end))
    return spans


def _whole_characters(
    cuts: Sequence[Span], offsets: Sequence[int], *, merge: bool
) -> list[tuple[int, int]]:
    """Starts and ends widened to whole original characters.

    One character may become several (`㍿` → `株式会社`); words that share one become
    one word when `merge` is set, and equal ones count once.
    """
    widened: list[tuple[int, int]] = []
    for _, start, end in cuts:
        while start > 0 and offsets[start - 1] == offsets[start]:
            start -= 1
        while end < len(offsets) - 1 and offsets[end - 1] == offsets[end]:
            end += 1
        if merge and widened and start < widened[-1][1]:
            start, end = min(start, widened[-1][0]), max(end, widened[-1][1])
            widened.pop()
        if not widened or widened[-1] != (start, end):
            widened.append((start, end))
    return widened
