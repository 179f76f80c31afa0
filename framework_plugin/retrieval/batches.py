"""Many texts at once turned into rows of term numbers, several times as fast."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from framework_plugin.retrieval.rows import Ints, Lexicon, Places, Rows, starts_of
from framework_plugin.retrieval.terms import TermExtractor

_NONE = -1
"""Stands for a word without a term, and for a place where pairs end."""
_SHIFT = 32
_LOW = (1 << _SHIFT) - 1


class Batch(NamedTuple):
    """What texts were turned into.

    Args:
        rows: The numbers of each text's terms, ascending: what `TermExtractor` finds.
        plain: For each text a number that is equal for the same words: (texts,).
    """

    rows: Rows
    plain: Places


class _Word(NamedTuple):
    plain: str
    term: int
    characters: tuple[int, ...]
    tells: bool


class BatchExtractor:
    """Finds the terms of many texts and numbers them.

    What a word gives is looked up once. Characters and pairs are then found in arrays
    of numbers, not in texts.

    Args:
        extract: Says what the terms of a text are.
        lexicon: Numbers them. One thread may add to it at a time.
    """

    def __init__(self, extract: TermExtractor, lexicon: Lexicon) -> None:
        self._extract = extract
        self._lexicon = lexicon
        self._words = {"": _Word("", _NONE, (_NONE,), False)}
        self._characters: dict[int, str] = {}
        self._pairs: dict[int, int] = {}

    @property
    def known(self) -> int:
        """How many terms have a number."""
        return len(self._lexicon)

    def __call__(self, texts: Sequence[str]) -> Batch:
        """The rows of texts; some thousand at a time need little memory."""
        places: dict[str, int] = {}
        flat: list[int] = []
        lengths: list[int] = []
        plain: list[int] = []
        for text in texts:
            # Pairs end where a text ends.
            words = [*self._extract.words(text), ""]
            flat += [places.setdefault(word, len(places)) for word in words]
            lengths.append(len(words))
            plain.append(hash("".join([self._word(word).plain for word in words])))
        different = [self._word(word) for word in places]
        tokens = np.array(flat, np.int64)
        owners = np.repeat(np.arange(len(texts)), lengths)
        rows = self._rows(different, tokens, owners, len(texts))
        return Batch(rows, np.array(plain, np.int64))

    def _rows(
        self, words: Sequence[_Word], tokens: Places, owners: Places, texts: int
    ) -> Rows:
        """The terms of the words at each place, each once in each text.

        Args:
            words: What the different words give.
            tokens: Which of them stands at each place of the texts.
            owners: To which text each place belongs.
            texts: How many there are.
        """
        own = np.array([word.term for word in words], np.int64)[tokens]
        tells = np.array([word.tells for word in words], bool)[tokens]
        stream = Rows.of([word.characters for word in words]).chosen(tokens)
        of_characters = stream.owners(owners)
        pairs, seconds = self._paired(stream.terms)
        numbers = np.concatenate([own, stream.terms, pairs])
        texts_of = np.concatenate([owners, of_characters, of_characters[seconds]])
        told = np.bincount(owners, tells, texts) > 0
        used = (numbers != _NONE) & told[texts_of]
        keys = np.unique(texts_of[used] << _SHIFT | numbers[used])
        lengths = np.bincount(keys >> _SHIFT, minlength=texts)
        return Rows((keys & _LOW).astype(np.int32), starts_of(lengths))

    def _paired(self, stream: Ints) -> tuple[Places, Places]:
        """The numbers of the pairs in a stream of characters, and where they end."""
        first, second = stream[:-1].astype(np.int64), stream[1:]
        places = np.flatnonzero((first != _NONE) & (second != _NONE))
        keys = first[places] << _SHIFT | second[places]
        different, which = np.unique(keys, return_inverse=True)
        numbers = np.array([self._pair(key) for key in different.tolist()], np.int64)
        return numbers[which], places + 1

    def _word(self, word: str) -> _Word:
        known = self._words.get(word)
        if known is None:
            known = self._words[word] = self._new_word(word)
        return known

    def _new_word(self, text: str) -> _Word:
        word = self._extract.word(text)
        terms = [self._lexicon.number(*term) for term in word.terms]
        characters = tuple(map(self._character, word.characters))
        return _Word(
            word.plain,
            terms[0] if terms else _NONE,
            characters or (_NONE,),
            word.tells,
        )

    def _character(self, character: str) -> int:
        number = self._lexicon.number(*self._extract.character(character))
        self._characters[number] = character
        return number

    def _pair(self, key: int) -> int:
        number = self._pairs.get(key)
        if number is None:
            pair = self._characters[key >> _SHIFT], self._characters[key & _LOW]
            number = self._pairs[key] = self._lexicon.number(*self._extract.pair(*pair))
        return number
