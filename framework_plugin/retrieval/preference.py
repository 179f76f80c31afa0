"""What a question leaves open, decided by what matters to the user."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from framework_plugin.retrieval.answer import Answer, AnswerSettings, Choices
from framework_plugin.retrieval.asking import Asked
from framework_plugin.retrieval.hits import Hit

_SHORTEST = 2
"""Characters of a matter; a single one stands in words of any meaning."""


def preferring(
    asked: Asked, matters: Collection[str], settings: AnswerSettings | None = None
) -> Asked:
    """A question whose choices begin with those about the user's own matters.

    If just one is about them, and would be good enough to be given but for the others
    that are as near, it is the answer: who drinks `龙井` and asks how to brew is told
    of that. A choice that lacks a word of the question which the best one has is none
    of them, so that what was asked for by name is not changed.

    Args:
        asked: A question with its decision.
        matters: Words that matter to the user, such as what they like.
        settings: The thresholds; the measured ones when left out.
    """
    if not isinstance(asked.decision, Choices):
        return asked
    hits = asked.decision.hits
    own = _own(asked.query, hits, matters)
    if not own or len(own) == len(hits):
        return asked
    if len(own) == 1 and own[0].score >= (settings or AnswerSettings()).sure:
        return replace(asked, decision=Answer(own[0]))
    others = [hit for hit in hits if hit not in own]
    return replace(asked, decision=Choices((*own, *others)))


def _own(query: str, hits: Sequence[Hit], matters: Collection[str]) -> list[Hit]:
    """The hits that speak of something of the user's which the query leaves open."""
    open_ones = [m for m in matters if len(m) >= _SHORTEST and m not in query]
    wanted = set(query) & set(hits[0].wording)
    return [
        hit
        for hit in hits
        if wanted <= set(hit.wording) and any(map(hit.wording.__contains__, open_ones))
    ]
