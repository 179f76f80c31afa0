"""From what a judge finds to a probability, and from that to a score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from framework_plugin.retrieval.answer import AnswerSettings
from framework_plugin.retrieval.rows import Floats

_SCALE = AnswerSettings()
_OFFERED_FROM = 0.25
"""A choice that is right one time in four is worth a look."""
_ALWAYS, _NEVER = 0.01, 0.999
# Fewer answers tell no precision.
_FEWEST = 20


@dataclass(frozen=True)
class Calibration:
    """A line through log odds, and two probabilities that matter.

    Platt 1999, "Probabilistic Outputs for Support Vector Machines".

    Args:
        slope: Of the line; above 0, so that the order stays.
        shift: What is added.
        sure: The lowest probability that is answered at once.
        maybe: The lowest that is offered as a choice; below `sure`.
    """

    slope: float = 1.0
    shift: float = 0.0
    sure: float = 0.6
    maybe: float = _OFFERED_FROM

    @classmethod
    def fitted(cls, raw: Sequence[float], right: Sequence[bool]) -> Calibration:
        """The line that makes likeliest what happened.

        Args:
            raw: What the judge found for questions that it did not learn from.
            right: Whether each was right.
        """
        if len(set(right)) < 2:
            return cls()
        # Takes seconds to be imported, and only who learns needs it.
        from sklearn.linear_model import LogisticRegression

        model = LogisticRegression(C=1e6, max_iter=1000)
        model.fit(np.reshape(raw, (-1, 1)), right)
        slope = float(model.coef_[0, 0])
        return cls(slope, float(model.intercept_[0])) if slope > 0 else cls()

    def probability(self, raw: Floats) -> Floats:
        """How likely the best wording of a question is right."""
        line = np.clip(self.slope * np.asarray(raw) + self.shift, -30, 30)
        found: Floats = (1 / (1 + np.exp(-line))).astype(np.float32)
        return found

    def score(self, raw: Floats) -> Floats:
        """The same on the scale of `AnswerSettings`."""
        places = [0, self.maybe, self.sure, 1]
        scores = [0, _SCALE.maybe, _SCALE.sure, 1]
        found = np.interp(self.probability(raw), places, scores)
        return found.astype(np.float32)

    def wanting(
        self, precision: float, probabilities: Sequence[float], right: Sequence[bool]
    ) -> Calibration:
        """The same with the lowest threshold that has a precision.

        Where none has it, only the very wording of an entry is surely answered.

        Args:
            precision: Share of answers that are to be right, 0 to 1.
            probabilities: Of the best wordings of questions.
            right: Whether each was right.
        """
        lowest = threshold(precision, probabilities, right)
        sure = _NEVER if lowest is None else min(max(lowest, _ALWAYS), _NEVER)
        return replace(self, sure=sure, maybe=min(_OFFERED_FROM, sure / 2))


def threshold(
    precision: float, probabilities: Sequence[float], right: Sequence[bool]
) -> float | None:
    """The lowest probability from which on enough are right; None if there is none.

    Args:
        precision: Share that is to be right, 0 to 1.
        probabilities: Of the best wordings of questions.
        right: Whether each was right.
    """
    found = np.asarray(probabilities, float)
    order = np.argsort(-found, kind="stable")
    hits = np.cumsum(np.asarray(right, bool)[order])
    counts = np.arange(1, len(order) + 1)
    good = np.flatnonzero((hits >= precision * counts) & (counts >= _FEWEST))
    return float(found[order][good[-1]]) if len(good) else None
