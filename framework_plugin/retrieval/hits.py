"""What was found for a question."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from framework_plugin.retrieval.passages import Passage


@dataclass(frozen=True)
class Hit:
    """A passage that may answer a query.

    Args:
        passage: The passage.
        wording: Which of its wordings is nearest to the query.
        score: How near that wording is, from 0 to 1. It orders the hits of a query.
        trust: How surely the passage is the answer, from 0 to 1, in the light of all
            that was found; see `AnswerSettings`.
    """

    passage: Passage
    wording: str
    score: float
    trust: float


class Found(NamedTuple):
    """A wording that was found.

    Args:
        passage: Whose it is.
        wording: Its text.
        score: How near it is to the query, from 0 to 1.
        owner: The number of its passage; None where it is the very wording asked.
    """

    passage: Passage
    wording: str
    score: float
    owner: int | None


def distinct(found: Iterable[Found], limit: int) -> list[Found]:
    """The first of those that are no other answer to choose from, at most `limit`."""
    return list(islice(_distinct(found), limit))


def _distinct(found: Iterable[Found]) -> Iterator[Found]:
    seen: set[object] = set()
    for one in found:
        same = _same_to_the_user(one.passage)
        if seen.isdisjoint(same):
            yield one
        seen.update(same)


def _same_to_the_user(passage: Passage) -> set[object]:
    """What no two passages that are given may share."""
    if passage.questions:
        return {(passage.questions, passage.text)}
    return {passage.text, (passage.document, passage.section)}
