"""Between an utterance and the tokens that the generator reads and writes."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from functools import lru_cache
from typing import Literal

from framework_plugin.corpus.dialogue import Speaker
from framework_plugin.corpus.placeholders import PLACEHOLDER, placeholder
from framework_plugin.corpus.user_context import SAYABLE_KINDS, Fact, FactKind
from framework_plugin.text.segment import Segmenter
from framework_plugin.text.vocabulary import CONTINUED

SPEAKER_MARKS = {Speaker.USER: "<user>", Speaker.BOT: "<bot>"}
KNOWN_MARKS = {kind: f"<knows:{kind.value}>" for kind in SAYABLE_KINDS}
PLACEHOLDERS = {kind: placeholder(kind) for kind in SAYABLE_KINDS}
FACT_MARK, EARLIER_MARK = "<fact>", "<earlier>"
RESERVED = (
    *SPEAKER_MARKS.values(),
    *KNOWN_MARKS.values(),
    *PLACEHOLDERS.values(),
    FACT_MARK,
    EARLIER_MARK,
)
"""Tokens with a meaning of their own, kept whole in every vocabulary."""

_MEANINGFUL_SIGNS = frozenset("?!")
_LATIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9.\-]*")
_CLITIC = re.compile(r"(?<=[A-Za-z])(?='[A-Za-z])")
_BEFORE_SPACE = re.compile(r"[A-Za-z0-9]$|[A-Za-z0-9%)\"][,.?!;:]$")

Units = Literal["words", "characters"]

TokenizedTurn = tuple[Speaker, Sequence[str]]
"""Who said it, and its words as read."""


class UtteranceCodec:
    """Splits utterances into tokens and joins them again.

    Args:
        segmenter: Our private segmenter.
        source_units: Whether what is read is split into `words` or `characters`.
        target_units: The same of what is written.
    """

    def __init__(
        self,
        segmenter: Segmenter,
        source_units: Units = "words",
        target_units: Units = "words",
    ) -> None:
        self._segmenter = segmenter
        self._source_units = source_units
        self._target_units = target_units
        self.read = lru_cache(maxsize=65536)(self._read)
        self.write = lru_cache(maxsize=65536)(self._write)

    def _read(self, text: str) -> tuple[str, ...]:
        """The normalised words of what is read: the encoder's side."""
        return self.in_source_units(self.words(text))

    def in_source_units(self, words: Sequence[str]) -> tuple[str, ...]:
        """Words as the encoder reads them: whole, or in characters."""
        return _in_units(words, self._source_units)

    def words(self, text: str) -> list[str]:
        """The normalised words of an utterance that carry meaning."""
        tokens: list[str] = []
        for part, is_placeholder in _parts(text):
            words = [part] if is_placeholder else self._segmenter.norms(part)
            tokens.extend(w for w in words if _carries_meaning(w))
        return tokens

    def _write(self, text: str) -> tuple[str, ...]:
        """The words of what is said, as spelled: the decoder's side."""
        tokens: list[str] = []
        for part, is_placeholder in _parts(text):
            words = self._segmenter.words(part)
            tokens.extend([part] if is_placeholder else [w.text for w in words])
        return _in_units(tokens, self._target_units)


def join(tokens: Sequence[str]) -> str:
    """Writes tokens as one utterance.

    Spaces part Latin words, and stand behind the stops of a Latin sentence.
    """
    text = ""
    for token in tokens:
        if token.startswith(CONTINUED) and len(token) > len(CONTINUED):
            text += token.removeprefix(CONTINUED)
            continue
        if _BEFORE_SPACE.search(text) and _LATIN.fullmatch(token):
            text += " "
        text += token
    return text


def source_tokens(
    turns: Sequence[TokenizedTurn],
    known: Collection[FactKind],
    *,
    context_turns: int,
    max_turn_tokens: int,
) -> tuple[str, ...]:
    """What the encoder reads: the facts that are known, then the last turns.

    Args:
        turns: The dialogue so far, oldest first, the user's message last.
        known: The kinds of fact that a reply may fill in.
        context_turns: How many turns to read, the user's message included.
        max_turn_tokens: How many tokens of a turn to read; the beginning of a long
            turn is left out, since what matters mostly comes last.

    Returns:
        Marks and words in one sequence.
    """
    tokens = [KNOWN_MARKS[kind] for kind in SAYABLE_KINDS if kind in known]
    for speaker, words in turns[-context_turns:]:
        tokens.append(SPEAKER_MARKS[speaker])
        tokens.extend(words[-max_turn_tokens:])
    return tuple(tokens)


def fact_text(fact: Fact) -> str:
    """A fact as the memory encoder reads it: `city:杭州`, `plan:3月25日面试`.

    Every kind can be read, one that a generator never saw in training too.
    """
    day = ""
    if fact.day:
        _, month, of_month = fact.day.split("-")
        day = f"{int(month)}月{int(of_month)}日"
    return f"{fact.kind.value}:{day}{fact.value}"


def memory_tokens(
    profile: Sequence[str],
    history: Sequence[str],
    read: Callable[[str], Sequence[str]],
    max_tokens: int,
) -> tuple[str, ...]:
    """What the memory encoder reads: facts, then what was said in earlier sessions.

    Args:
        profile: Facts, such as `city:杭州`.
        history: Earlier turns, oldest first.
        read: Splits a text into tokens.
        max_tokens: The most tokens; facts come first, and of the turns the latest.

    Returns:
        Facts and turns one after the other, each behind a mark.
    """
    tokens = [token for fact in profile for token in (FACT_MARK, *read(fact))]
    turns: list[str] = []
    for text in reversed(history):
        turn = [EARLIER_MARK, *read(text)]
        if len(tokens) + len(turns) + len(turn) > max_tokens:
            break
        turns = [*turn, *turns]
    return tuple([*tokens, *turns][:max_tokens])


def message_of(turns: Sequence[TokenizedTurn]) -> str:
    """The last turn, its words without blanks."""
    return "".join(turns[-1][1]) if turns else ""


def context_of(turns: Sequence[TokenizedTurn]) -> str:
    """The two turns before the last one, their words without blanks."""
    return "".join(word for _, words in turns[-3:-1] for word in words)


def _parts(text: str) -> list[tuple[str, bool]]:
    pieces = re.split(f"({PLACEHOLDER.pattern.replace('(', '(?:')})", text)
    return [(piece, index % 2 == 1) for index, piece in enumerate(pieces) if piece]


def _in_units(words: Sequence[str], units: Units) -> tuple[str, ...]:
    """Words, or their characters; English ones stay whole, parted from their clitics.

    Chinese words alone are split: a Latin letter means nothing, nor half a
    placeholder.
    """
    tokens: list[str] = []
    for word in words:
        if word.isascii() or PLACEHOLDER.fullmatch(word):
            tokens.extend(_CLITIC.split(word))
        else:
            tokens.extend([word] if units == "words" else word)
    return tuple(tokens)


def _carries_meaning(word: str) -> bool:
    """Words, digits and emoji; of the punctuation only what changes the meaning."""
    if word in _MEANINGFUL_SIGNS or PLACEHOLDER.fullmatch(word):
        return True
    return any(c.isalnum() or ord(c) > 0xFFFF for c in word)
