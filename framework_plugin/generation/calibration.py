"""Trying a trained generator on held-out messages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import sacrebleu

from framework_plugin.corpus.codec import (
    KNOWN_MARKS,
    SPEAKER_MARKS,
    UtteranceCodec,
)
from framework_plugin.corpus.dialogue import Speaker
from framework_plugin.corpus.examples import Example
from framework_plugin.corpus.user_context import FactKind
from framework_plugin.generation.confidence import ConfidenceModel, Evidence
from framework_plugin.generation.generator import ResponseGenerator
from framework_plugin.generation.settings import DecodingSettings

RIGHT_FROM = 45.0
"""chrF from which a reply says the same as its reference; see `is_right`."""

_chrf = sacrebleu.CHRF(char_order=2, beta=1)


@dataclass(frozen=True)
class Trial:
    """One held-out message and what was said to it.

    Args:
        example: The message; without references if no reply would be right.
        reply: What was said, placeholders unfilled.
        evidence: What spoke for it.
        right: Whether it was right.
    """

    example: Example
    reply: str
    evidence: Evidence
    right: bool


def unanswerable_examples(
    messages: Iterable[str], codec: UtteranceCodec
) -> list[Example]:
    """Messages to which any generated reply would be wrong."""
    read = [codec.read(message) for message in messages]
    mark = SPEAKER_MARKS[Speaker.USER]
    return [Example((mark, *words), (), words) for words in read if words]


def try_out(
    generator: ResponseGenerator, examples: Sequence[Example]
) -> list[Trial]:
    """Answers each example and compares with its references."""
    trials = []
    for example in examples:
        best = generator.hypotheses(example.source, _known(example))[0]
        reply = generator.text(best)
        right = bool(example.references) and is_right(reply, example.references)
        evidence = generator.evidence(best, example.message)
        trials.append(Trial(example, reply, evidence, right))
    return trials


def is_right(reply: str, references: Sequence[str]) -> bool:
    """Whether a reply says what a reference says.

    Measured by chrF over characters and character pairs (Popović 2015), which two
    thoughts of the same wording pass and two thoughts on the same topic do not.
    """
    score = _chrf.sentence_score(reply, list(references)).score
    return float(score) >= RIGHT_FROM


def calibrate(trials: Sequence[Trial], wanted_precision: float) -> ConfidenceModel:
    """Fits the confidence model to the outcome of trials."""
    return ConfidenceModel.fit(
        [trial.evidence for trial in trials],
        [trial.right for trial in trials],
        wanted_precision,
    )


def agreement(folder: Path, examples: Sequence[Example]) -> float:
    """Share of examples, 0 to 1, that int8 and fp32 answer with the same words."""
    if not examples:
        return 0.0
    answers = []
    for precision in ("fp32", "int8"):
        settings = DecodingSettings(
            strategy="greedy", precision=precision, time_budget_ms=10_000
        )
        generator = ResponseGenerator(folder, settings)
        answers.append(
            [generator.hypotheses(e.source, _known(e))[0].tokens for e in examples]
        )
    same = sum(a == b for a, b in zip(*answers, strict=True))
    return same / len(examples)


def _known(example: Example) -> frozenset[FactKind]:
    return frozenset(kind for kind, mark in KNOWN_MARKS.items() if mark in example.source)
