"""Trying a trained generator on held-out messages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import sacrebleu

from framework_plugin.corpus.codec import UtteranceCodec
from framework_plugin.corpus.dialogue import Speaker
from framework_plugin.corpus.examples import Example, spread
from framework_plugin.generation import artefact
from framework_plugin.generation.serving.batch import find_batch
from framework_plugin.generation.serving.candidates import CandidateFinder, Query
from framework_plugin.generation.serving.confidence import ConfidenceModel, Trial
from framework_plugin.generation.settings import DecodingSettings

RIGHT_FROM = 45.0
"""chrF from which a reply says the same as its reference; see `is_right`."""

_MOST_TRIED = 800

# Calibration is no conversation: a slow machine must not change its outcome.
_NO_HURRY_MS = 60_000.0

_chrf = sacrebleu.CHRF(char_order=2, beta=1)


def unanswerable_examples(
    messages: Iterable[str], codec: UtteranceCodec
) -> list[Example]:
    """Messages to which any generated reply would be wrong."""
    read = [codec.read(message) for message in messages]
    return [Example(((Speaker.USER, words),), ()) for words in read if words]


def try_out(finder: CandidateFinder, examples: Sequence[Example]) -> list[Trial]:
    """Finds candidates for each example and compares them with its references."""
    found = find_batch(finder, [Query(e.turns, e.known, e.memory) for e in examples])
    trials = []
    for example, findings in zip(examples, found, strict=True):
        offered = finder.offered(findings.candidates)
        right = [is_right(c.text, example.references) for c in offered]
        trials.append(Trial([c.evidence for c in offered], right))
    return trials


def is_right(reply: str, references: Sequence[str]) -> bool:
    """Whether a reply says what a reference says.

    Measured by chrF over characters and character pairs (Popović 2015), which two
    thoughts of the same wording pass and two thoughts on the same topic do not.
    """
    if reply in references:
        return True
    if not references:
        return False
    return float(_chrf.sentence_score(reply, list(references)).score) >= RIGHT_FROM


def calibrate(
    folder: Path,
    held_out: Sequence[Example],
    unanswerable: Iterable[str],
    codec: UtteranceCodec,
    decoding: DecodingSettings,
) -> dict[str, float]:
    """Fits the confidence of a generator and keeps it beside.

    Args:
        folder: Of the generator, whose graphs are there.
        held_out: Never learned from; at most `_MOST_TRIED` of them are tried.
        unanswerable: Messages that no generated reply would suit.
        codec: Of the generator.
        decoding: How it searches, and the precision wanted.

    Returns:
        How well it does: shares of the held-out messages, and the threshold.
    """
    # What `auto` will choose is not known yet, and next to nothing tells them apart.
    precision = "int8" if decoding.precision == "int8" else "fp32"
    finder = CandidateFinder(folder, precision, codec, patient(decoding))
    trials = try_out(finder, spread(held_out, _MOST_TRIED))
    wrong = try_out(finder, unanswerable_examples(unanswerable, codec))
    model = ConfidenceModel.fit([*trials, *wrong], decoding.wanted_precision)
    model.save(folder / artefact.CONFIDENCE)

    def sure(trial: Trial) -> bool:
        return model.judge(trial.evidence).probability >= model.threshold

    def right(trial: Trial) -> bool:
        return trial.right[model.judge(trial.evidence).index]

    said = [t for t in trials if sure(t)]
    return {
        "searched_right": _share(trials, lambda t: t.right[0]),
        "candidate_right": _share(trials, lambda t: any(t.right)),
        "right": _share(trials, right),
        "sure": _share(trials, sure),
        "right_when_sure": _share(said, right),
        "unanswerable_said": _share(wrong, sure),
        "threshold": model.threshold,
    }


def _share(trials: Sequence[Trial], holds: Callable[[Trial], bool]) -> float:
    return sum(map(holds, trials)) / max(len(trials), 1)


def patient(settings: DecodingSettings) -> DecodingSettings:
    """The same way of searching without its time limit."""
    return replace(settings, time_budget_ms=_NO_HURRY_MS)


def agreement(
    folder: Path, examples: Sequence[Example], codec: UtteranceCodec
) -> float:
    """Share of examples, 0 to 1, that int8 and fp32 answer with the same words."""
    greedy = DecodingSettings(strategy="greedy", recalled_candidates=0)
    answers = []
    for precision in ("fp32", "int8"):
        finder = CandidateFinder(folder, precision, codec, patient(greedy))
        answers.append(
            # One by one: side by side they would be rounded otherwise.
            [
                finder.find(e.turns, e.known, e.memory).candidates[0].tokens
                for e in examples
            ]
        )
    same = sum(a == b for a, b in zip(*answers, strict=True))
    return float(same / max(len(examples), 1))
