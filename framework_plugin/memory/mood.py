"""How a user felt, judged by the words they used.

A word list with negation and degree, after Taboada et al. 2011, "Lexicon-Based Methods
for Sentiment Analysis": deterministic, without a model, and open to be read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from importlib import resources

from framework_plugin.memory.clauses import split_clauses

_NOT = re.compile(
    r"(?:不|没|没有|并不|别|不太|不怎么|不再|不用|无须|毫不)(?:那么|这么|是|会|觉得|很|太|再|有)*$"
)
_VERY = re.compile("(?:很|好|太|真|非常|特别|超级?|极其?|十分|实在|格外|相当|挺|最)$")
_SLIGHTLY = re.compile("(?:有点儿?|有些|稍微|略)$")
_FACTORS = ((_VERY, 1.5), (_SLIGHTLY, 0.5))


def mood_of(texts: Iterable[str]) -> float | None:
    """How the messages of a user sound together.

    Args:
        texts: As typed.

    Returns:
        From -1 (badly) to 1 (well); None where no word tells it.
    """
    weights = [weight for text in texts for weight in _weights(text)]
    total = sum(map(abs, weights))
    return round(sum(weights) / total, 2) if total else None


def tells_mood(word: str) -> bool:
    """Whether a normalised word is one of those that tell how one feels."""
    return word in _words()[0]


def _weights(text: str) -> list[float]:
    """What each word of feeling in a message weighs; questions tell nothing."""
    words, pattern = _words()
    found = []
    for clause in split_clauses(text):
        if clause.asked or clause.unreal:
            continue
        for match in pattern.finditer(clause.norm):
            weight = float(words[match.group()])
            before = clause.norm[: match.start()]
            for degree, factor in _FACTORS:
                if degree.search(before):
                    weight *= factor
                    before = degree.sub("", before)
            if _NOT.search(before):
                weight *= -0.5
            found.append(weight)
    return found


@lru_cache(maxsize=1)
def _words() -> tuple[dict[str, int], re.Pattern[str]]:
    """The list, and a pattern that finds its words, the longest first."""
    source = resources.files("framework_plugin.memory") / "mood_words.txt"
    words: dict[str, int] = {}
    for line in source.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            weight, *listed = line.split()
            words |= dict.fromkeys(listed, int(weight))
    longest_first = sorted(words, key=len, reverse=True)
    return words, re.compile("|".join(map(re.escape, longest_first)))
