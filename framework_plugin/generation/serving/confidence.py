"""How likely a reply is right: a probability, calibrated on held-out data.

A softmax alone is sure of anything it was made to say. Here it is one witness of
several; the others are the precedents that experience finds. One logistic regression
weighs the evidence for each candidate, so that the best of them can be chosen; a second
one turns the choice and its lead over the next candidate into a probability (Platt
1999).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import expit

from framework_plugin.errors import ArtefactError
from framework_plugin.generation.serving.experience import Likeness

Weights = tuple[float, ...]

_MOST_LEAD = 10.0
_FAMILIARITY = 6
"""Its column: that a message is familiar speaks against those far from it."""
_PENALTY = 10.0
"""Variance of the weights that is expected beforehand."""


@dataclass(frozen=True)
class Evidence:
    """What speaks for and against a reply.

    Args:
        mean_log_prob: The network's natural log-probability per token.
        worst_log_prob: That of the least likely token.
        likeness: How well a precedent backs it.
    """

    mean_log_prob: float
    worst_log_prob: float
    likeness: Likeness

    def vector(self) -> list[float]:
        """The values that are weighed."""
        like = self.likeness
        return [
            self.mean_log_prob,
            self.worst_log_prob,
            like.message,
            like.wording,
            like.context,
            like.reply,
            like.familiarity,
            like.message * like.reply,
        ]


@dataclass(frozen=True)
class Trial:
    """The candidates for one held-out message, and which of them were right.

    Args:
        evidence: Of each candidate.
        right: Whether it said what a reference says.
    """

    evidence: Sequence[Evidence]
    right: Sequence[bool]


@dataclass(frozen=True)
class Verdict:
    """The best candidate and how likely it is right."""

    index: int
    probability: float


@dataclass(frozen=True)
class ConfidenceModel:
    """Chooses among candidates and says how likely the choice is right.

    Args:
        weights: One for each value of `Evidence.vector`, and the intercept.
        calibration: Weights of the best candidate's log-odds and of its lead over the
            next, and the intercept.
        threshold: The lowest probability from which the share of right replies on
            held-out data reached the wanted precision.
    """

    weights: Weights
    calibration: Weights
    threshold: float

    def judge(self, candidates: Sequence[Evidence]) -> Verdict:
        """The best of at least one candidate."""
        odds = self._log_odds(candidates)
        best, second = _best_two(odds)
        features = np.array([odds[best], _lead(odds, best, second), 1.0])
        logit = float(np.dot(features, self.calibration))
        return Verdict(best, float(1 / (1 + np.exp(-np.clip(logit, -30, 30)))))

    def _log_odds(self, candidates: Sequence[Evidence]) -> npt.NDArray[np.float64]:
        features = np.array([[*e.vector(), 1.0] for e in candidates])
        return np.asarray(features @ np.array(self.weights))

    @classmethod
    def fit(cls, trials: Sequence[Trial], wanted_precision: float) -> ConfidenceModel:
        """Calibrates on held-out messages.

        Args:
            trials: What could have been said to each; all wrong if no reply suits it.
            wanted_precision: Share of right ones among the replies to be called sure.

        Returns:
            The model; `UNCALIBRATED` where nothing was right, or all, and so there is
            nothing to learn from.
        """
        evidence = [e.vector() for trial in trials for e in trial.evidence]
        right = [r for trial in trials for r in trial.right]
        if len(set(right)) < 2:
            return UNCALIBRATED
        weights = _regress(evidence, right, may_oppose=[_FAMILIARITY])
        model = cls(weights, UNCALIBRATED.calibration, 0.0)
        chosen, outcome = [], []
        for trial in trials:
            odds = model._log_odds(trial.evidence)
            best, second = _best_two(odds)
            chosen.append([float(odds[best]), _lead(odds, best, second)])
            outcome.append(trial.right[best])
        if len(set(outcome)) > 1:
            # A small lead may well mean that many candidates are right.
            calibration = _regress(chosen, outcome, may_oppose=[1])
            model = replace(model, calibration=calibration)
        sure = np.array([model.judge(t.evidence).probability for t in trials])
        threshold = _threshold(sure, np.array(outcome), wanted_precision)
        return replace(model, threshold=threshold)

    def save(self, path: Path) -> None:
        """Writes JSON."""
        path.write_text(json.dumps(asdict(self), indent=2), encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> ConfidenceModel:
        """Reads what `save` wrote.

        Raises:
            ArtefactError: If the file is missing or damaged.
        """
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
            return cls(
                tuple(map(float, values["weights"])),
                tuple(map(float, values["calibration"])),
                float(values["threshold"]),
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ArtefactError(
                f"The confidence model '{path}' is missing or damaged ({error!r}). "
                "Train again with `rasa train`."
            ) from error


UNCALIBRATED = ConfidenceModel(
    weights=(0.5, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 8.0, -5.0),
    calibration=(1.0, 0.0, 0.0),
    threshold=0.5,
)
"""A plain rule for want of data: a likely reply with a like precedent is right."""


def _regress(
    features: Sequence[Sequence[float]],
    right: Sequence[bool],
    may_oppose: Collection[int] = (),
) -> Weights:
    """Logistic regression whose weights are not negative, some excepted.

    More evidence must never make a reply less likely to be right: a stutter, which is
    judged by its likeness to the reference, would else win over the reference.

    Args:
        features: Of each case.
        right: Its outcome.
        may_oppose: Columns whose weight may be negative, as the intercept's may.
    """
    inputs = np.column_stack([np.asarray(features, np.float64), np.ones(len(right))])
    wanted = np.where(right, 1.0, -1.0)
    size = inputs.shape[1]

    def loss(weights: npt.NDArray[np.float64]) -> tuple[float, Any]:
        margins = wanted * (inputs @ weights)
        penalty = weights[:-1] / _PENALTY
        slopes = -wanted * expit(-margins)
        gradient = inputs.T @ slopes + np.append(penalty, 0.0)
        total = np.logaddexp(0.0, -margins).sum() + 0.5 * penalty @ weights[:-1]
        return float(total), gradient

    free = {*may_oppose, size - 1}
    bounds = [(None if column in free else 0.0, None) for column in range(size)]
    fitted = minimize(loss, np.zeros(size), jac=True, method="L-BFGS-B", bounds=bounds)
    return tuple(map(float, fitted.x))


def _best_two(odds: npt.NDArray[np.float64]) -> tuple[int, int | None]:
    order = np.argsort(-odds, kind="stable")
    return int(order[0]), int(order[1]) if len(order) > 1 else None


def _lead(odds: npt.NDArray[np.float64], best: int, second: int | None) -> float:
    if second is None:
        return _MOST_LEAD
    return float(min(odds[best] - odds[second], _MOST_LEAD))


def _threshold(
    probabilities: npt.NDArray[np.float64],
    right: npt.NDArray[np.bool_],
    wanted_precision: float,
) -> float:
    order = np.argsort(-probabilities, kind="stable")
    precision = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    good = np.nonzero(precision >= wanted_precision)[0]
    return float(probabilities[order][good[-1]]) if len(good) else 0.99
