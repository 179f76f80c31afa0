"""Answering many messages at once: for evaluation, where nobody waits for a reply.

A step of the network for many replies costs much less than as many steps. In fp32 each
message gets the reply that it gets alone. In int8 what runs side by side is rounded by
a common scale, and with a `shortlist` all may say the words of all: a few replies
differ.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby

from framework_plugin.corpus.user_context import FactKind
from framework_plugin.generation.serving.candidates import (
    CandidateFinder,
    Findings,
    Query,
)

BATCH = 64
"""Messages searched for side by side."""

Progress = Callable[[int], object]
"""Told how many more messages were answered."""


def _untold(count: int) -> None:
    """Progress that nobody sees."""


def find_batch(
    finder: CandidateFinder,
    queries: Sequence[Query],
    *,
    size: int = BATCH,
    progress: Progress = _untold,
) -> list[Findings]:
    """What could be said to each of many messages.

    Args:
        finder: Best without a time limit, which all messages of a batch share.
        queries: The messages.
        size: How many are searched for side by side.
        progress: Told after each batch.

    Returns:
        For each message what `CandidateFinder.find` would return.
    """
    found: dict[int, Findings] = {}
    for part in _batches(queries, size):
        together = finder.find_together([queries[place] for place in part])
        found.update(zip(part, together, strict=True))
        progress(len(part))
    return [found[place] for place in range(len(queries))]


def reply_batch(
    finder: CandidateFinder,
    queries: Sequence[Query],
    *,
    size: int = BATCH,
    progress: Progress = _untold,
) -> list[str]:
    """The best reply that the search finds to each message; see `find_batch`."""
    found = find_batch(finder, queries, size=size, progress=progress)
    return [findings.candidates[0].text for findings in found]


def _batches(queries: Sequence[Query], size: int) -> list[list[int]]:
    """Places of queries of the same facts and about the same length."""

    def facts(place: int) -> list[FactKind]:
        return sorted(queries[place].known)

    def length(place: int) -> int:
        return sum(len(words) for _, words in queries[place].turns)

    order = sorted(range(len(queries)), key=lambda place: (facts(place), length(place)))
    alike = [list(group) for _, group in groupby(order, key=facts)]
    return [
        places[first : first + size]
        for places in alike
        for first in range(0, len(places), size)
    ]
