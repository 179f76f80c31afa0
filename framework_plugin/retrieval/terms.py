"""What a text is searched by: its words, its characters and pairs of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from itertools import pairwise
from typing import NamedTuple

from framework_plugin.text.segment import create_segmenter
from framework_plugin.text.stop_words import load_stop_words

KINDS = ("word", "character", "pair")
"""What a term begins with, before a blank."""

_MOST_JOINED = 4
"""Words that are joined at most, where a list has them as one."""

Segment = Callable[[str], Sequence[str]]


@dataclass(frozen=True)
class TermWeights:
    """How much a term of each kind counts, before its rarity.

    Measured on the tuning half of `tests/retrieval/paraphrases.tsv`. Characters count
    most, since the words of short questions share characters more often than they
    share themselves (`碎了`, `摔碎`; `养`, `保养`).

    Args:
        word: A whole word, after synonyms.
        character: A Chinese character.
        pair: Two neighbouring characters; they match where two texts are cut into
            words differently.
        asking: Factor for words and characters by which one asks (`怎么`, `哪里`),
            and for stop words. These tell questions apart that share all else.
        letters: A word in Latin letters (`removeChild`). It has no characters to match
            by, so it counts as much as a Chinese word of two with both of them: what
            it would weigh as one word among four terms is a quarter of its share.
    """

    word: float = 1.0
    character: float = 1.5
    pair: float = 0.2
    asking: float = 0.3
    letters: float = 4.0


class Word(NamedTuple):
    """What a word of a text gives to be searched by.

    Args:
        plain: The word; empty for signs.
        terms: The term of the whole word with its weight, if it has one.
        characters: Its characters, which are terms as well, as are pairs of them with
            those of its neighbours; empty where they are not, and pairs end.
        tells: Whether it names a matter, and is more than a word by which one asks.
    """

    plain: str
    terms: tuple[tuple[str, float], ...]
    characters: str
    tells: bool


_END = Word("", (), "", False)


class TermExtractor:
    """Turns a text into the terms it is searched by.

    Args:
        segment: Cuts a text into normalised words.
        stop_words: Words that count for less, and of which alone no text is made.
        asking_words: The same, with each of their characters.
        synonyms: For a word the one that it is searched as, beside its characters.
        kinds: For a word the one of its kind that it is searched as, its characters
            left out: what holds for `北京` holds for `成都`. Names of places and
            things stand in small talk too, so one alone counts for little.
        weights: How much each kind of term counts.
    """

    def __init__(
        self,
        segment: Segment,
        stop_words: Collection[str] = (),
        asking_words: Collection[str] = (),
        synonyms: Mapping[str, str] | None = None,
        weights: TermWeights | None = None,
        kinds: Mapping[str, str] | None = None,
    ) -> None:
        self._segment = segment
        self._kinds = dict(kinds or {})
        self._weak = frozenset().union(stop_words, asking_words, "".join(asking_words))
        self._synonyms = dict(synonyms or {})
        self._weights = weights or TermWeights()
        # What is listed as one word may be cut into several.
        self._joined = {w for w in self.listed if len(segment(w)) > 1}
        self._begins = {segment(w)[0] for w in self._joined}

    @classmethod
    def default(
        cls,
        synonyms: Mapping[str, str] | None = None,
        kinds: Mapping[str, str] | None = None,
    ) -> TermExtractor:
        """The extractor with the package's own segmenter and word lists."""
        return cls(
            create_segmenter().norms,
            load_stop_words(),
            load_asking_words(),
            synonyms,
            kinds=kinds,
        )

    def __call__(self, text: str) -> dict[str, float]:
        """Returns the weight of each term; no terms for a text that names nothing."""
        words = [self.word(word) for word in self.words(text)]
        if not any(word.tells for word in words):
            return {}
        terms: dict[str, float] = {}
        run = ""
        for word in (*words, _END):
            terms.update(word.terms)
            run += word.characters
            if not word.characters:
                terms.update(map(self.character, run))
                terms.update(self.pair(a, b) for a, b in pairwise(run))
                run = ""
        return terms

    def words(self, text: str) -> list[str]:
        """The words of a text, each as the one that it is searched as."""
        words = self._segment(text)
        if not self._begins.isdisjoint(words):
            words = list(self._together(words))
        return [self._kinds.get(word, word) for word in words]

    def is_weak(self, unit: str) -> bool:
        """Whether a word or character counts for less."""
        return unit in self._weak

    @property
    def listed(self) -> frozenset[str]:
        """The words that are searched as others."""
        return frozenset().union(self._synonyms, self._kinds)

    def _together(self, words: Sequence[str]) -> Iterator[str]:
        """Words, with those joined that are listed as one; the longest first."""
        place = 0
        while place < len(words):
            count = self._joining(words[place : place + _MOST_JOINED])
            yield "".join(words[place : place + count])
            place += count

    def _joining(self, words: Sequence[str]) -> int:
        """How many of some words, from the first on, are listed as one."""
        if words[0] in self._begins:
            for count in range(len(words), 1, -1):
                if "".join(words[:count]) in self._joined:
                    return count
        return 1

    def plain(self, text: str) -> str:
        """The words of a text without signs: equal for the same wording."""
        return "".join(self.word(word).plain for word in self.words(text))

    def word(self, word: str) -> Word:
        """What one of a text's `words` gives, whatever stands beside it."""
        sounds = any(map(str.isalnum, word))
        plain = word if sounds else ""
        if not sounds:
            return Word(plain, (), "", False)
        tells = word not in self._weak
        if word in self._kinds:
            return Word(plain, ((f"word {word}", self._weights.word),), "", tells)
        whole, plainly = self._synonyms.get(word, word), word.isascii()
        # A number says how much, and not of what.
        in_letters = plainly and any(map(str.isalpha, word))
        weight = self._weights.letters if in_letters else self._weights.word
        term = (f"word {whole}", self._weaken(whole, weight))
        return Word(plain, (term,), "" if plainly else word, tells)

    def character(self, character: str) -> tuple[str, float]:
        """The term of a character, and its weight."""
        weight = self._weaken(character, self._weights.character)
        return f"character {character}", weight

    def pair(self, first: str, second: str) -> tuple[str, float]:
        """The term of two neighbouring characters, and its weight."""
        return f"pair {first}{second}", self._weights.pair

    def _weaken(self, unit: str, weight: float) -> float:
        return weight * (self._weights.asking if unit in self._weak else 1.0)


def load_asking_words() -> frozenset[str]:
    """Words by which one asks, and which name no matter."""
    source = resources.files("framework_plugin.retrieval") / "asking_words.txt"
    lines = source.read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))
