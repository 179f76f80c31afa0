"""Replies worth reading, and pictures of attention, picked from all records."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from framework_plugin.evaluation.measuring import Record
from framework_plugin.evaluation.metrics import sentence_chrf

SAMPLES = 12
HEAT_MAPS = 6
_MOST_TOKENS = 40


@dataclass(frozen=True)
class Sample:
    """One reply with what it answers.

    Args:
        turns: Who said what, the user's message last.
        facts: What was known of the user: kind and value.
        reply: What was said; empty if there was no reply.
        references: What would have been right; none if nothing would.
        confidence: How sure it was.
        sure: Whether that sufficed.
        right: Whether it was right.
        origin: Where the reply came from.
        chrf: chrF2 to the references, 0 to 100.
    """

    turns: tuple[tuple[str, str], ...]
    facts: tuple[tuple[str, str], ...]
    reply: str
    references: tuple[str, ...]
    confidence: float
    sure: bool
    right: bool
    origin: str
    chrf: float


@dataclass(frozen=True)
class HeatMap:
    """What the network attended to while it wrote a reply.

    Args:
        source: The tokens it read.
        tokens: The tokens it wrote.
        weights: For each token it wrote a weight for each it read, 0 to 1.
    """

    source: tuple[str, ...]
    tokens: tuple[str, ...]
    weights: tuple[tuple[float, ...], ...]


def samples_of(records: Sequence[Record]) -> dict[str, list[Sample]]:
    """Picks replies under four reasons; a reason without replies is left out.

    Args:
        records: What was measured.

    Returns:
        `sure_but_wrong`: wrong replies that users would have seen, surest first.
        `unlike`: replies least like their references, sure or not.
        `right_but_unsure`: right replies that were held back, least sure first.
        `spread`: some of all, evenly.
    """
    answerable = [record for record in records if record.case.references]
    likeness = {id(r): _likeness(r) for r in answerable}
    sure_but_wrong = [r for r in records if r.answer.sure and not r.right]
    unsure = [r for r in answerable if r.right and not r.answer.sure]
    every = max(1, len(answerable) // SAMPLES)
    picked = {
        "sure_but_wrong": _first(sure_but_wrong, lambda r: -r.answer.confidence),
        "unlike": _first(answerable, lambda r: likeness[id(r)]),
        "right_but_unsure": _first(unsure, lambda r: r.answer.confidence),
        "spread": answerable[::every][:SAMPLES],
    }
    return {
        reason: [_sample(r, likeness.get(id(r), 0.0)) for r in chosen]
        for reason, chosen in picked.items()
        if chosen
    }


def heat_maps(records: Sequence[Record]) -> list[HeatMap]:
    """Pictures of attention, spread over the replies that came with weights."""
    seen = [
        HeatMap(
            answer.source,
            answer.tokens,
            tuple(tuple(round(w, 3) for w in row) for row in answer.attention),
        )
        for answer in (record.answer for record in records)
        if answer.attention
        and len(answer.attention) == len(answer.tokens) <= _MOST_TOKENS
        and all(len(row) == len(answer.source) for row in answer.attention)
    ]
    return seen[:: max(1, len(seen) // HEAT_MAPS)][:HEAT_MAPS]


def _first(records: Sequence[Record], key: Callable[[Record], float]) -> list[Record]:
    """The first by some key, no message and reply shown twice."""
    ranked = sorted(records, key=key)
    different = {
        (r.case.dialogue.last_user_text, r.answer.text): r for r in ranked[::-1]
    }
    return list(different.values())[::-1][:SAMPLES]


def _likeness(record: Record) -> float:
    return sentence_chrf(record.answer.text, record.case.references)


def _sample(record: Record, chrf: float) -> Sample:
    case, answer = record.case, record.answer
    return Sample(
        tuple((turn.speaker.value, turn.text) for turn in case.dialogue.turns),
        tuple((fact.kind.value, fact.value) for fact in case.user.facts),
        answer.text,
        case.references,
        round(answer.confidence, 4),
        answer.sure,
        record.right,
        answer.origin,
        round(chrf, 1),
    )
