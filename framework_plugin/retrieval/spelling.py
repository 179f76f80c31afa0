"""Mistyped words put right by words of the documents that sound or look the same."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from importlib import resources
from itertools import accumulate

from framework_plugin.text.segment import SegmenterSettings, create_segmenter

_LONGEST_WORD = 4
_LONGEST_TEXT = 80
"""Characters; in longer texts one mistyped word does little harm."""
# Sounds that much of China does not tell apart.
_SAME_SOUNDS = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("ing", "in"), ("eng", "en"))


class Speller:
    """Knows the words of documents by their sounds and shapes; takes in more of them.

    A piece of a text is put right where the documents have no such word and no such
    pairs of characters, but a word of the same length that sounds the same and differs
    in some characters, or that differs in one that looks alike. A piece that is a word
    elsewhere (`克服`) must also stand where the documents have the other (`人工客服`).

    Args:
        is_weak: Whether a word or character says too little to be meant, or to tell by
            it which word is meant.
    """

    def __init__(self, is_weak: Callable[[str], bool]) -> None:
        self._is_weak = is_weak
        self._segment = create_segmenter(SegmenterSettings(hmm=False)).norms
        self._words: set[str] = set()
        self._pairs: set[str] = set()
        self._sounds: dict[tuple[str, ...], list[str]] = defaultdict(list)

    def add(self, words: Iterable[str], pairs: Iterable[str] = ()) -> None:
        """Takes in words, and pairs of neighbouring characters."""
        self._pairs.update(pairs)
        for word in words:
            if word in self._words:
                continue
            self._words.add(word)
            if self._may_be_meant(word):
                self._sounds[_sound(word)].append(word)

    def corrected(self, text: str) -> str:
        """A text put right; as it is where nothing is wrong.

        Args:
            text: Normalised.
        """
        if len(text) > _LONGEST_TEXT:
            return text
        words = self._segment(text)
        if "".join(words) != text:
            # With blanks between words, places would not be the same.
            return text
        ends = [0, *accumulate(map(len, words))]
        known = [self._is_weak(word) or word in self._words for word in words]
        for first, last in _runs(words):
            piece = text[ends[first] : ends[last]]
            alone = last - first > 1 and len(piece) == last - first
            if not alone and all(known[first:last]):
                continue
            for better in self._better(piece):
                changed = text[: ends[first]] + better + text[ends[last] :]
                if last - first > 1 or self._fits(changed, ends[first], ends[last]):
                    text = changed
                    known[first:last] = [True] * (last - first)
                    break
        return text

    def _better(self, piece: str) -> Iterator[str]:
        """The words that may be meant by a piece of a text."""
        pairs = (piece[i : i + 2] for i in range(len(piece) - 1))
        if piece in self._words or all(pair in self._pairs for pair in pairs):
            return
        for word in self._sounds.get(tuple(map(_usual_sound, piece)), ()):
            if self._shares(word, piece):
                yield word
        for place, character in enumerate(piece):
            for other in _look_alikes().get(character, ()):
                word = piece[:place] + other + piece[place + 1 :]
                if word in self._words and self._may_be_meant(word):
                    yield word

    def _may_be_meant(self, word: str) -> bool:
        usual = 2 <= len(word) <= _LONGEST_WORD and _is_han(word)
        return usual and not self._is_weak(word)

    def _shares(self, word: str, piece: str) -> bool:
        """Whether two words share a character that says something."""
        pairs = zip(word, piece, strict=True)
        return any(a == b and not self._is_weak(a) for a, b in pairs)

    def _fits(self, text: str, begin: int, end: int) -> bool:
        """Whether the documents have a piece beside the character before or behind."""
        before, behind = text[begin - 1 : begin + 1], text[end - 1 : end + 1]
        return (begin > 0 and before in self._pairs) or behind in self._pairs


def _runs(words: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Neighbouring words that may be one mistyped word, more of them first."""
    for count in range(_LONGEST_WORD, 0, -1):
        for first in range(len(words) - count + 1):
            piece = "".join(words[first : first + count])
            if 2 <= len(piece) <= _LONGEST_WORD and _is_han(piece):
                yield first, first + count


def _is_han(text: str) -> bool:
    return all("\u3400" <= character <= "\u9fff" for character in text)


def _sound(word: str) -> tuple[str, ...]:
    # It takes its time to be imported, and no command needs it for its help.
    from pypinyin import lazy_pinyin

    return tuple(map(_plain_sound, lazy_pinyin(word)))


@lru_cache(maxsize=20_000)
def _usual_sound(character: str) -> str:
    """How a character sounds by itself."""
    return _sound(character)[0]


def _plain_sound(sound: str) -> str:
    for precise, plain in _SAME_SOUNDS:
        sound = sound.replace(precise, plain)
    return sound


@lru_cache(maxsize=1)
def _look_alikes() -> dict[str, tuple[str, ...]]:
    source = resources.files("framework_plugin.retrieval") / "look_alikes.txt"
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for line in source.read_text(encoding="utf-8").splitlines():
        group = [] if line.startswith("#") else line.split()
        for one in group:
            found[one].update(dict.fromkeys(other for other in group if other != one))
    return {one: tuple(others) for one, others in found.items()}
