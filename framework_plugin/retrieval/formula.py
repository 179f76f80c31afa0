"""The judge that nothing is learned for: it knows shares, and what they are worth."""

from __future__ import annotations

import numpy as np

from framework_plugin.retrieval.calibration import Calibration
from framework_plugin.retrieval.judging import Candidates, coverage
from framework_plugin.retrieval.rows import Floats
from framework_plugin.retrieval.trust import EVIDENCE, Evidence

# A logistic regression; `tests/retrieval/fit_trust.py` fits it.
WEIGHTS = (4.7, 8.0, 8.5, 3.4, 1.9)
BIAS = -14.2
CALIBRATION = Calibration(sure=0.8, maybe=0.33)
# A wording that says nearly the same, where no other passage has one like it: of 98
# such questions all were answered rightly, however little spoke for the passage else.
_SAME, _ALONE = 0.84, 0.15


class Formula:
    """Scores wordings by `coverage`, and trusts the best by all that was found.

    The weights hold for FAQs with one wording for each entry as for those with twenty.
    """

    def __call__(self, candidates: Candidates) -> Floats:
        """The score of each wording, from 0 to 1: (rows,)."""
        return coverage(candidates)

    def trust(self, evidence: Evidence) -> float:
        """How surely a passage is the answer, on the scale of `AnswerSettings`."""
        if evidence.is_prose:
            return evidence.score
        values = (getattr(evidence, name) for name in EVIDENCE)
        odds = BIAS + sum(w * v for w, v in zip(WEIGHTS, values, strict=True))
        trust = float(CALIBRATION.score(np.array(odds)))
        is_same = evidence.score >= _SAME and evidence.lead >= _ALONE
        return max(trust, evidence.score) if is_same else trust
