"""A judge that has learned from labelled questions how likely a wording is meant."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from framework_plugin.retrieval.alignment import ALIGNED, aligned
from framework_plugin.retrieval.associations import Associations
from framework_plugin.retrieval.calibration import Calibration
from framework_plugin.retrieval.evidence import LEXICAL, Shared, lexical
from framework_plugin.retrieval.judging import Candidates, coverage
from framework_plugin.retrieval.rows import Floats
from framework_plugin.retrieval.sentence_vectors import SentenceEncoder
from framework_plugin.retrieval.trust import Evidence

EVIDENCE = (*LEXICAL, *ALIGNED, "meaning")
"""What a judge weighs, in the order of its weights; the last only with an encoder."""

_LIKELY = 30.0
_WEIGHED = 64
"""Wordings: few enough to take three milliseconds."""


@dataclass(frozen=True, eq=False)
class LearnedJudge:
    """Weighs what speaks for each wording and against it.

    The weights are those of a logistic regression (Cox 1958). Its outcome for the best
    wording of a question is then calibrated, so that of all questions with a
    probability of 0.7 about 70 % are answered rightly, and put on the scale of
    `AnswerSettings`, whose thresholds so hold for any judge: a score from `sure` on
    means a probability from that of `calibration` on.

    Sentences of prose are judged by `coverage`: it learns from questions.

    Args:
        associations: Of words, and of characters.
        weights: Of each piece of `EVIDENCE`.
        bias: What is added.
        calibration: From the outcome to probability and score.
        encoder: Tells how near the meanings of query and wording are.
    """

    associations: tuple[Associations, Associations]
    weights: Floats
    bias: float
    calibration: Calibration = field(default_factory=Calibration)
    encoder: SentenceEncoder | None = None

    def __call__(self, candidates: Candidates) -> Floats:
        """The score of each wording, from 0 to 1: (rows,)."""
        raw = self.raw(candidates)
        scores = np.where(raw > -_LIKELY, self.calibration.score(raw), 0)
        prose = candidates.prose
        scores[prose] = coverage(candidates)[prose]
        return scores.astype(np.float32)

    def trust(self, evidence: Evidence) -> float:
        """The score: it is a probability already, on that scale."""
        return evidence.score

    def calibrated(self, calibration: Calibration) -> LearnedJudge:
        """The same judge with another calibration."""
        return replace(self, calibration=calibration)

    def raw(self, candidates: Candidates) -> Floats:
        """What comes out before calibration, as log odds from -30 to 30: (rows,).

        Only the wordings that cover most are weighed; the others have -30.
        """
        best = np.argsort(-coverage(candidates), kind="stable")[:_WEIGHED]
        shared = Shared(candidates.chosen(best))
        odds = gathered(shared, self.associations, self.encoder) @ self.weights
        found = np.full(len(candidates.rows), -_LIKELY, np.float32)
        found[best] = np.clip(odds + self.bias, -_LIKELY, _LIKELY)
        return found


def gathered(
    shared: Shared,
    associations: tuple[Associations, Associations],
    encoder: SentenceEncoder | None,
) -> Floats:
    """All evidence: (rows, evidence); that of meaning only with an encoder."""
    found = [lexical(shared), aligned(shared, associations)]
    if encoder:
        given = shared.candidates
        vectors = encoder([given.text, *given.wordings])
        found.append((vectors[1:] @ vectors[0])[:, None])
    return np.hstack(found)
