"""Training examples made a little different, so that more is learned from few.

For the training split only: what is evaluated stays as it was written.

References:
    Wei & Zou 2019, "EDA: Easy Data Augmentation Techniques for Boosting Performance on
    Text Classification Tasks", §2: deletion, swap and synonym replacement.
    Gu et al. 2016, "Incorporating Copying Mechanism in Sequence-to-Sequence Learning":
    what a network learns to copy, it need not have seen.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

from framework_plugin.settings import require_range
from framework_plugin.text.segment import Segmenter

_MARK = re.compile(r"<[^<>\s]+>|\{[a-z]+\}")
_NEGATION = re.compile(
    ".*[不没勿甭].*|[别无未非莫否休]|别[再去让说给把太老]|千万别|无法|无[需须]|毫无|[并绝]非"
    "|[从尚]未|未[必曾]|禁止|拒绝|not?|never|.*n't"
)
# They hold a negating character and negate nothing.
_NO_NEGATION = re.compile("不过|对不起|不好意思|了不起|差不多")
_FEWEST_WORDS = 3
_SHORTEST_VALUE = 2


def is_negation(word: str) -> bool:
    """Whether a word turns a sentence into its opposite; `不错` counts as one too."""
    return bool(_NEGATION.fullmatch(word)) and not _NO_NEGATION.fullmatch(word)


@dataclass(frozen=True)
class WordNoise:
    """Deletes, swaps and replaces words of what is read.

    Marks (`<user>`) and placeholders (`{name}`) are never touched and keep their
    places; nor are negations, without which the sentence would say the opposite.

    Args:
        deletion: The probability that a word is left out; sentences of fewer than
            three words lose none, and no sentence loses all.
        swap: The probability that a word changes places with another one.
        synonym: The probability that a word with synonyms is replaced by one.
        synonyms: The words that may stand for each word; see `corpus.synonyms`.

    Raises:
        SettingsError: If a probability is not between 0 and 1.
    """

    deletion: float = 0.0
    swap: float = 0.0
    synonym: float = 0.0
    synonyms: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("deletion", "swap", "synonym"):
            require_range(name, getattr(self, name), 0.0, 1.0)

    def __call__(self, words: Sequence[str], rng: random.Random) -> tuple[str, ...]:
        """The words with noise; the same for the same state of `rng`."""
        changed = [self._replaced(word, rng) for word in words]
        self._swap(changed, rng)
        return tuple(self._thinned(changed, rng))

    def _replaced(self, word: str, rng: random.Random) -> str:
        choices = self.synonyms.get(word, ())
        if not choices or not _is_free(word) or rng.random() >= self.synonym:
            return word
        return rng.choice(choices)

    def _swap(self, words: list[str], rng: random.Random) -> None:
        places = [place for place, word in enumerate(words) if _is_free(word)]
        if self.swap and len(places) > 1:
            for place in places:
                if rng.random() < self.swap:
                    other = rng.choice([p for p in places if p != place])
                    words[place], words[other] = words[other], words[place]

    def _thinned(self, words: list[str], rng: random.Random) -> list[str]:
        free = [place for place, word in enumerate(words) if _is_free(word)]
        spoken = sum(not _MARK.fullmatch(word) for word in words)
        if not self.deletion or spoken < _FEWEST_WORDS:
            return words
        gone = {place for place in free if rng.random() < self.deletion}
        if len(gone) == spoken:
            gone.remove(rng.choice(free))
        return [word for place, word in enumerate(words) if place not in gone]


class EntitySubstitution:
    """Replaces names, places, foods and the like by others of their kind.

    All texts of an example get the same replacement, so that what message and reply
    share is learned as something to copy, not as a word to remember. Where a reply says
    something about the one value (`成都的火锅`), this makes it wrong: keep it to
    dialogues whose replies merely repeat. Of overlapping values the longest counts.

    Args:
        values: The values of each kind; of a value in two kinds the first kind counts.
            Values of one character are left alone: `茶` would be found in `茶几`.
        only_repeated: Whether only values are replaced that two texts share. Those in
            one text alone teach no copying, and the other texts may depend on them.
        segmenter: If given, a value is replaced only where it is made of whole words:
            not `大理` in `大理石`.
    """

    def __init__(
        self,
        values: Mapping[str, Sequence[str]],
        *,
        only_repeated: bool = True,
        segmenter: Segmenter | None = None,
    ) -> None:
        self._values = {
            kind: tuple(v for v in dict.fromkeys(found) if len(v) >= _SHORTEST_VALUE)
            for kind, found in values.items()
        }
        self._only_repeated = only_repeated
        self._segmenter = segmenter
        self._kinds: dict[str, str] = {}
        for kind, of_kind in self._values.items():
            for value in of_kind:
                self._kinds.setdefault(value, kind)
        self._lengths: dict[str, tuple[int, ...]] = {}
        for value in self._kinds:
            known = {len(value), *self._lengths.get(value[0], ())}
            self._lengths[value[0]] = tuple(sorted(known, reverse=True))

    def __call__(self, texts: Sequence[str], rng: random.Random) -> tuple[str, ...]:
        """The texts of one example with other values.

        Different values stay different, and no replacement was in the texts before. A
        value of whose kind no other is left stays.
        """
        found = [list(self._matches(text)) for text in texts]
        replacements = self._choose(texts, found, rng)
        return tuple(
            _rewritten(text, matches, replacements)
            for text, matches in zip(texts, found, strict=True)
        )

    def _matches(self, text: str) -> Iterator[tuple[int, str]]:
        """Values and where they begin, left to right, the longest at each place."""
        place = 0
        while place < len(text):
            value = self._value_at(text, place)
            if value is not None:
                yield place, value
            place += len(value or " ")

    def _value_at(self, text: str, place: int) -> str | None:
        for length in self._lengths.get(text[place], ()):
            if text[place : place + length] in self._kinds:
                return text[place : place + length]
        return None

    def _choose(
        self,
        texts: Sequence[str],
        found: Sequence[Sequence[tuple[int, str]]],
        rng: random.Random,
    ) -> dict[str, str]:
        present = [list(dict.fromkeys(v for _, v in matches)) for matches in found]
        order = list(dict.fromkeys(value for values in present for value in values))
        torn = self._torn(texts, found)
        least = 2 if self._only_repeated else 1
        taken = set(order)
        chosen: dict[str, str] = {}
        for value in order:
            if value in torn or sum(value in values for values in present) < least:
                continue
            other = self._another(value, texts, taken, rng)
            if other is not None:
                chosen[value] = other
                taken.add(other)
        return chosen

    def _another(
        self, value: str, texts: Sequence[str], taken: set[str], rng: random.Random
    ) -> str | None:
        """A value of the same kind that stands nowhere yet."""
        others = self._values[self._kinds[value]]
        begin = rng.randrange(len(others))
        # From a random place onwards: there may be thousands, and nearly all are free.
        for other in chain(others[begin:], others[:begin]):
            if other not in taken and not any(other in text for text in texts):
                return other
        return None

    def _torn(
        self, texts: Sequence[str], found: Sequence[Sequence[tuple[int, str]]]
    ) -> set[str]:
        """Values that somewhere are only a part of a word: replaced nowhere."""
        torn: set[str] = set()
        if self._segmenter is None:
            return torn
        for text, matches in zip(texts, found, strict=True):
            if not matches:
                continue
            words = self._segmenter.words(text)
            starts, ends = {word.start for word in words}, {word.end for word in words}
            for place, value in matches:
                if place not in starts or place + len(value) not in ends:
                    torn.add(value)
        return torn


def _is_free(word: str) -> bool:
    return not _MARK.fullmatch(word) and not is_negation(word)


def _rewritten(
    text: str, matches: Sequence[tuple[int, str]], replacements: Mapping[str, str]
) -> str:
    parts, end = [], 0
    for place, value in matches:
        parts += [text[end:place], replacements.get(value, value)]
        end = place + len(value)
    return "".join([*parts, text[end:]])
