"""The words and characters that a generator knows, with their ids."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from framework_plugin.errors import ArtefactError

PAD, UNKNOWN, BEGIN, END = "<pad>", "<unk>", "<s>", "</s>"
SPECIALS = (PAD, UNKNOWN, BEGIN, END)
PAD_ID, UNKNOWN_ID, BEGIN_ID, END_ID = range(len(SPECIALS))


class Vocabulary:
    """A list of tokens; the place of a token is its id.

    Words that were too rare to be learned are spelled in characters, so that an
    unknown word is read as well as its characters allow, and written in full.

    Args:
        tokens: All tokens, the four `SPECIALS` first.
    """

    def __init__(self, tokens: Sequence[str]) -> None:
        self.tokens = tuple(tokens)
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
        sentences: Iterable[Sequence[str]],
        *,
        reserved: Sequence[str] = (),
        min_count: int = 2,
        max_size: int | None = None,
    ) -> Vocabulary:
        """Collects the characters and the frequent words of some sentences.

        Args:
            sentences: Token sequences.
            reserved: Tokens with a meaning of their own, kept whole whatever their
                count; they follow the specials.
            min_count: How often a word must occur to be kept.
            max_size: The most tokens to keep, specials included; rarest words go
                first, characters stay.

        Returns:
            The vocabulary; words by falling count, equal counts by spelling.
        """
        words: Counter[str] = Counter()
        characters: Counter[str] = Counter()
        for sentence in sentences:
            for token in sentence:
                if token not in reserved:
                    words[token] += 1
                    characters.update(token)
        kept = {w: n for w, n in words.items() if n >= min_count and len(w) > 1}
        ranked = sorted(kept, key=lambda word: (-kept[word], word))
        base = [*SPECIALS, *reserved, *sorted(characters)]
        room = None if max_size is None else max(0, max_size - len(base))
        return cls([*base, *ranked[:room]])

    def __len__(self) -> int:
        return len(self.tokens)

    def __contains__(self, token: str) -> bool:
        return token in self._ids

    def spell(self, sentence: Sequence[str]) -> list[str]:
        """Replaces each word that is not known by its characters."""
        spelled: list[str] = []
        for token in sentence:
            spelled.extend([token] if token in self._ids else token)
        return spelled

    def encode(self, sentence: Sequence[str]) -> list[int]:
        """The ids of a sentence, unknown words spelled in characters."""
        return [self._ids.get(token, UNKNOWN_ID) for token in self.spell(sentence)]

    def decode(self, ids: Iterable[int]) -> list[str]:
        """The tokens of some ids, padding and sentence marks left out."""
        marks = (PAD_ID, BEGIN_ID, END_ID)
        return [self.tokens[i] for i in ids if i not in marks]

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
        """Writes one token a line, UTF-8."""
        path.write_text("\n".join(self.tokens) + "\n", encoding="utf-8")

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
        return cls(text.removesuffix("\n").split("\n"))
