"""Which words stand for one another in questions that mean the same."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TypeVar

import numpy as np

from framework_plugin.retrieval.rows import Floats

_Key = TypeVar("_Key")

Pair = tuple[Collection[str], Collection[str]]

# Occurrences that two words, or one alone, are thought to have had before any was seen:
# what was seen once or twice says little.
_DOUBT_TOGETHER = 0.3
_DOUBT_ALONE = 1.0


class Associations:
    """How much more often words stand against each other in questions alike than not.

    In two questions, the words of one that the other lacks stand against those of the
    other that the first lacks: `运费` against `邮费`. The evidence of two words is
    the logarithm of the ratio of how often they do so in pairs that mean the same to
    how often in pairs that do not; 0 for those never seen. A word that the other
    question lacks has evidence by itself too: one may lack `请问`, hardly `孕妇`.

    Characters can take the place of words.

    Args:
        together: Evidence of two words, the lesser one first.
        alone: Evidence of a word that only one question has.
    """

    def __init__(
        self,
        together: Mapping[tuple[str, str], float] | None = None,
        alone: Mapping[str, float] | None = None,
    ) -> None:
        self.together = dict(together or {})
        self.alone = dict(alone or {})
        self._of: dict[str, dict[str, float]] = {}
        for (one, other), value in self.together.items():
            self._of.setdefault(one, {})[other] = value
            self._of.setdefault(other, {})[one] = value

    @classmethod
    def learned(cls, alike: Iterable[Pair], unlike: Iterable[Pair]) -> Associations:
        """Learns from the words of two questions that mean the same, or do not."""
        same, other = _Counts(alike), _Counts(unlike)
        ratio = same.pairs / max(other.pairs, 1)
        return cls(
            _log_ratios(same.together, other.together, ratio, _DOUBT_TOGETHER),
            _log_ratios(same.alone, other.alone, ratio, _DOUBT_ALONE),
        )

    def between(self, words: Sequence[str], others: Sequence[str]) -> Floats:
        """The evidence of words against others: (words, others)."""
        found = np.zeros((len(words), len(others)), np.float32)
        for row, word in enumerate(words):
            near = self._of.get(word)
            if near:
                found[row] = [near.get(other, 0.0) for other in others]
        return found

    def by_itself(self, words: Sequence[str]) -> Floats:
        """The evidence of words that one question lacks: (words,)."""
        return np.array([self.alone.get(word, 0.0) for word in words], np.float32)


class _Counts:
    """How often words stand against each other, and alone, in some pairs."""

    def __init__(self, pairs: Iterable[Pair]) -> None:
        self.pairs = 0
        self.together: defaultdict[tuple[str, str], float] = defaultdict(float)
        self.alone: defaultdict[str, float] = defaultdict(float)
        for one, other in pairs:
            self.pairs += 1
            left, right = set(one) - set(other), set(other) - set(one)
            for word in left | right:
                self.alone[word] += 1
            for word in left:
                for against in right:
                    # A word can stand for one of the other's words only.
                    self.together[_ordered(word, against)] += 1 / len(right)


def _ordered(one: str, other: str) -> tuple[str, str]:
    return (one, other) if one < other else (other, one)


def _log_ratios(
    alike: Mapping[_Key, float],
    unlike: Mapping[_Key, float],
    ratio: float,
    doubt: float,
) -> dict[_Key, float]:
    return {
        key: math.log(
            (alike.get(key, 0) + doubt) / (unlike.get(key, 0) * ratio + doubt)
        )
        for key in alike.keys() | unlike.keys()
    }
