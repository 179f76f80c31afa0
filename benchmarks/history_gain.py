"""How much of a reply its speaker's earlier words tell, by the simplest of models.

A trigram model of characters (absolute discounting, Ney et al. 1994) takes a share of
its probabilities from a cache (Kuhn & De Mori 1990): from how often each character is
in the dialogue so far, in what the speaker said in earlier dialogues, or in both. What
a cache gains is there to be learned. It is no bound for a network, which may learn more
of earlier words than that they are said again.

The share is fitted on every other reply of the development split and measured on the
others, and the other way round.

Run: python benchmarks/history_gain.py --data DIR [--corpus cped] [--beside kdconv …]
"""

from __future__ import annotations

import argparse
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from public_data import SETS, data_folder, open_split

from framework_plugin.corpus.formats import DialogueRecord

_DISCOUNT = 0.75
_SHARES = (0.0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3)
_BEGIN, _END = "\x02", "\x03"

Cache = dict[str, float]
CacheOf = Callable[[DialogueRecord], Cache]


class Trigrams:
    """Probabilities of characters, given the two before.

    Args:
        texts: To count.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        self._alone: Counter[str] = Counter()
        self._followers: dict[str, Counter[str]] = defaultdict(Counter)
        for text in texts:
            for before, following in followers(text):
                self._alone[following] += 1
                for start in (0, 1):
                    self._followers[before[start:]][following] += 1
        self._total = sum(self._alone.values())

    def probability(self, before: str, following: str) -> float:
        """That a character follows on two others."""
        size = len(self._alone) + 1
        found = (self._alone[following] + 0.5) / (self._total + 0.5 * size)
        for known in (before[1:], before):
            counts = self._followers.get(known)
            if counts:
                left = _DISCOUNT * len(counts)
                kept = max(counts[following] - _DISCOUNT, 0.0)
                found = (kept + left * found) / sum(counts.values())
        return found


def followers(text: str) -> Iterable[tuple[str, str]]:
    """Each character of a text and its end, behind the two before it."""
    whole = _BEGIN * 2 + text + _END
    return ((whole[i - 2 : i], whole[i]) for i in range(2, len(whole)))


def shares(texts: Iterable[str]) -> Cache:
    """How often each character is in some texts, of all."""
    counts = Counter("".join(texts))
    total = sum(counts.values())
    return {character: count / total for character, count in counts.items()}


def of_dialogue(record: DialogueRecord) -> Cache:
    return shares(turn.text for turn in record.turns[:-1])


def of_history(record: DialogueRecord) -> Cache:
    return shares(record.history)


def of_both(record: DialogueRecord) -> Cache:
    """Half of each, or all of the one there is."""
    parts = [cache for cache in (of_dialogue(record), of_history(record)) if cache]
    return {
        character: sum(part.get(character, 0.0) for part in parts) / len(parts)
        for part in parts
        for character in part
    }


CACHES: dict[str, CacheOf] = {
    "no cache": lambda _: {},
    "the dialogue so far": of_dialogue,
    "earlier dialogues": of_history,
    "both": of_both,
}


def losses(
    model: Trigrams, records: Sequence[DialogueRecord], cache_of: CacheOf
) -> list[tuple[int, list[float]]]:
    """Of each reply its length, and its loss for each of the shares of the cache."""
    found = []
    for record in records:
        cache = cache_of(record)
        pairs = [
            (model.probability(before, following), cache.get(following, 0.0))
            for before, following in followers(record.reply)
        ]
        by_share = [
            # A speaker's first words have no cache to take from.
            -sum(math.log(p + share * (c - p) if cache else p) for p, c in pairs)
            for share in _SHARES
        ]
        found.append((len(pairs), by_share))
    return found


def perplexity(found: Sequence[tuple[int, list[float]]]) -> float:
    """Of all replies, the share for each half fitted on the other."""
    total = 0.0
    for half in (0, 1):
        fitted, measured = found[half::2], found[1 - half :: 2]
        sums = [sum(loss[i] for _, loss in fitted) for i in range(len(_SHARES))]
        best = sums.index(min(sums))
        total += sum(loss[best] for _, loss in measured)
    return math.exp(total / sum(length for length, _ in found))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--corpus", default="cped", choices=SETS)
    parser.add_argument("--beside", nargs="*", default=[], choices=SETS)
    arguments = parser.parse_args()
    data = data_folder(arguments.data)
    if data is None:
        raise SystemExit(
            "Skipped: name the folder of public data with --data or PERSONAL_CHAT_DATA."
        )
    split = open_split(arguments.corpus, data)
    learned = [*split.train]
    for name in arguments.beside:
        learned += open_split(name, data).train
    model = Trigrams(record.reply for record in learned)
    print(f"{len(learned):,} replies learned, {len(split.dev):,} tried")
    for name, cache_of in CACHES.items():
        found = perplexity(losses(model, split.dev, cache_of))
        print(f"{name:20s} perplexity {found:6.1f} per character")


if __name__ == "__main__":
    main()
