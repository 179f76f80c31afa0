"""The words and characters that a generator knows, with their ids."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from framework_plugin.errors import ArtefactError

PAD, UNKNOWN, BEGIN, END = "<pad>", "<unk>", "<s>", "</s>"
SPECIALS = (PAD, UNKNOWN, BEGIN, END)
PAD_ID, UNKNOWN_ID, BEGIN_ID, END_ID = range(len(SPECIALS))

CONTINUED = "##"
"""Opens each letter of a spelled Latin word but the first, so that it can be joined."""

_LATIN = re.compile(r"[A-Za-z0-9]{2,}")


def letters(word: str) -> list[str]:
    """A word as the tokens that spell it; what was spelled stays as it is."""
    if word.startswith(CONTINUED) and len(word) == len(CONTINUED) + 1:
        return [word]
    if _LATIN.fullmatch(word):
        return [word[0], *(CONTINUED + letter for letter in word[1:])]
    return list(word)


class Vocabulary:
    """A list of tokens; the place of a token is its id.

    Words that were too rare to be learned are spelled in characters, so that an
    unknown word is read as well as its characters allow, and written in full.

    Args:
        tokens: All tokens, the four `SPECIALS` first.
        written: How many of them, the first ones, may be written; the others are only
            read. None for all.
    """

    def __init__(self, tokens: Sequence[str], written: int | None = None) -> None:
        self.tokens = tuple(tokens)
        self.written = len(self.tokens) if written is None else written
        self._ids = {token: index for index, token in enumerate(self.tokens)}
        if self.tokens[: len(SPECIALS)] != SPECIALS:
            raise ArtefactError(
                f"A vocabulary must begin with {', '.join(SPECIALS)}; this one begins "
                f"with {', '.join(self.tokens[:4]) or 'nothing'}. Train again."
            )
        if len(self._ids) != len(self.tokens):
            raise ArtefactError("The vocabulary names a token twice. Train again.")

    @classmethod
    def build(
        cls,
        written: Iterable[Sequence[str]],
        read: Iterable[Sequence[str]] = (),
        *,
        reserved: Sequence[str] = (),
        min_count: int = 2,
        max_size: int | None = None,
    ) -> Vocabulary:
        """Collects the characters and the frequent words of some sentences.

        Args:
            written: Token sequences of the kind that will be written.
            read: Token sequences that are only read.
            reserved: Tokens with a meaning of their own, kept whole whatever their
                count; they follow the specials.
            min_count: How often a word must occur to be kept.
            max_size: The most tokens to keep, specials included; rarest words go
                first, characters stay.

        Returns:
            The vocabulary: first what may be written, words by falling count, equal
            counts by spelling; then what is only read.
        """
        said, spelled = _count(written, reserved)
        heard, spelled_heard = _count(read, reserved)
        base = [*SPECIALS, *reserved, *sorted(spelled)]
        more = sorted(spelled_heard.keys() - set(base))
        both = said + heard
        kept = {w: n for w, n in both.items() if n >= min_count and len(w) > 1}
        known = {*base, *more}
        ranked = sorted(kept.keys() - known, key=lambda word: (-kept[word], word))
        room = None if max_size is None else max(0, max_size - len(known))
        words = ranked[:room]
        first = [*base, *(w for w in words if w in said)]
        return cls([*first, *more, *(w for w in words if w not in said)], len(first))

    def __len__(self) -> int:
        return len(self.tokens)

    def __contains__(self, token: str) -> bool:
        return token in self._ids

    def spell(self, sentence: Sequence[str]) -> list[str]:
        """Replaces each word that is not known by its characters."""
        spelled: list[str] = []
        for token in sentence:
            spelled.extend([token] if token in self._ids else letters(token))
        return spelled

    def encode(self, sentence: Sequence[str]) -> list[int]:
        """The ids of a sentence, unknown words spelled in characters."""
        return [self._ids.get(token, UNKNOWN_ID) for token in self.spell(sentence)]

    def decode(self, ids: Iterable[int], strangers: Sequence[str] = ()) -> list[str]:
        """The tokens of some ids, padding and sentence marks left out.

        Args:
            ids: Of tokens.
            strangers: Tokens that are not in the vocabulary, whose ids go on behind
                its own.
        """
        marks, size = (PAD_ID, BEGIN_ID, END_ID), len(self.tokens)
        return [
            self.tokens[i] if i < size else strangers[i - size]
            for i in ids
            if i not in marks
        ]

    def id(self, token: str) -> int:
        """The id of a token, or of `<unk>`."""
        return self._ids.get(token, UNKNOWN_ID)

    def out_of_vocabulary_rate(self, sentences: Iterable[Sequence[str]]) -> float:
        """The share of running words, between 0 and 1, that are not known whole."""
        total = unknown = 0
        for sentence in sentences:
            total += len(sentence)
            unknown += sum(token not in self._ids for token in sentence)
        return unknown / total if total else 0.0

    def save(self, path: Path) -> None:
        """Writes how many tokens are written, then one token a line, UTF-8."""
        lines = [str(self.written), *self.tokens]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> Vocabulary:
        """Reads what `save` wrote.

        Raises:
            ArtefactError: If the file is missing or is no vocabulary.
        """
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ArtefactError(
                f"The vocabulary '{path}' cannot be read ({error}). Train again."
            ) from error
        count, *tokens = text.removesuffix("\n").split("\n")
        if not count.isdecimal() or int(count) > len(tokens):
            raise ArtefactError(
                f"The vocabulary '{path}' does not begin with the number of its "
                "written tokens. Train again."
            )
        return cls(tokens, int(count))


def _count(
    sentences: Iterable[Sequence[str]], reserved: Sequence[str]
) -> tuple[Counter[str], Counter[str]]:
    """How often each token occurs, and each character that they are spelled with."""
    words: Counter[str] = Counter()
    for sentence in sentences:
        words.update(sentence)
    for token in reserved:
        words.pop(token, None)
    spelled: Counter[str] = Counter()
    for word in [word for word in words if word.split() != [word]]:
        # A blank or a line break is no token: the file has one token a line.
        del words[word]
    for word, count in words.items():
        for letter in letters(word):
            spelled[letter] += count
    return words, spelled
