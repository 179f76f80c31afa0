"""How likely a reply is right: a probability, calibrated on held-out data.

A softmax alone is sure of anything it was made to say. Here it is one witness of
several; the others are how familiar the message is, and whether similar messages got
similar replies in training. A logistic regression weighs them (Platt 1999).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer
from sklearn.linear_model import LogisticRegression

from framework_plugin.errors import ArtefactError

FEATURES = ("mean_log_prob", "worst_log_prob", "familiarity", "support")


@dataclass(frozen=True)
class Evidence:
    """What speaks for and against a reply.

    Args:
        mean_log_prob: Natural log-probability per token.
        worst_log_prob: That of the least likely token.
        familiarity: Cosine similarity, 0 to 1, of the message to the most similar
            one that was learned.
        support: The highest product, 0 to 1, of a learned message's similarity to
            this one and its reply's similarity to this reply.
    """

    mean_log_prob: float
    worst_log_prob: float
    familiarity: float
    support: float

    def vector(self) -> list[float]:
        """The values in the order of `FEATURES`."""
        return [getattr(self, name) for name in FEATURES]


class Experience:
    """The exchanges that were learned, to compare new ones with.

    Similarity is the cosine of TF-IDF weighted characters and character pairs. They
    are hashed, so that pairs never seen count too, with the highest weight: a message
    of one known and ten unknown words is not familiar.

    Args:
        messages: What users said, normalised.
        replies: What was answered, one for each message.
    """

    def __init__(self, messages: Sequence[str], replies: Sequence[str]) -> None:
        self._counter = HashingVectorizer(
            analyzer="char", ngram_range=(1, 2), n_features=2**18, norm=None,
            alternate_sign=False, dtype=np.float32,
        )
        counts = self._counter.transform([*messages, *replies])
        self._weigh = TfidfTransformer(sublinear_tf=True).fit(counts)
        self._messages = self._vectors(messages)
        self._replies = self._vectors(replies)

    def compare(self, message: str, reply: str) -> tuple[float, float]:
        """Familiarity and support of an exchange; see `Evidence`."""
        vectors = self._vectors([message, reply])
        similar = (self._messages @ vectors[0].T).toarray()[:, 0]
        alike = (self._replies @ vectors[1].T).toarray()[:, 0]
        return float(similar.max()), float((similar * alike).max())

    def _vectors(self, texts: Sequence[str]) -> Any:
        return self._weigh.transform(self._counter.transform(texts))


@dataclass(frozen=True)
class ConfidenceModel:
    """Weighs evidence into a probability.

    Args:
        weights: One for each of `FEATURES`.
        intercept: The log-odds without any evidence.
        threshold: The lowest probability from which the share of right replies on
            held-out data reached the wanted precision.
    """

    weights: tuple[float, ...]
    intercept: float
    threshold: float

    @classmethod
    def fit(
        cls,
        evidence: Sequence[Evidence],
        right: Sequence[bool],
        wanted_precision: float,
    ) -> ConfidenceModel:
        """Calibrates on replies to held-out messages.

        Args:
            evidence: Of each reply.
            right: Whether it was right.
            wanted_precision: Share of right ones among the replies to be called sure.

        Returns:
            The model. Where all replies were right, or none, there is nothing to
            learn from, and a plain rule on `support` is returned.
        """
        if len(set(right)) < 2:
            return cls((0.0, 0.0, 0.0, 8.0), -4.0, 0.5)
        features = np.array([e.vector() for e in evidence])
        fitted = LogisticRegression(C=10.0, max_iter=1000).fit(features, right)
        model = cls(tuple(map(float, fitted.coef_[0])), float(fitted.intercept_[0]), 0)
        probabilities = np.array([model.probability(e) for e in evidence])
        threshold = _threshold(probabilities, np.array(right), wanted_precision)
        return replace(model, threshold=threshold)

    def probability(self, evidence: Evidence) -> float:
        """The probability, between 0 and 1, that the reply is right."""
        logit = float(np.dot(self.weights, evidence.vector())) + self.intercept
        return float(1 / (1 + np.exp(-np.clip(logit, -30, 30))))

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
                float(values["intercept"]),
                float(values["threshold"]),
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ArtefactError(
                f"The confidence model '{path}' is missing or damaged ({error!r}). "
                "Train again with `rasa train`."
            ) from error


def _threshold(
    probabilities: npt.NDArray[np.float64],
    right: npt.NDArray[np.bool_],
    wanted_precision: float,
) -> float:
    order = np.argsort(-probabilities)
    precision = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    good = np.nonzero(precision >= wanted_precision)[0]
    return float(probabilities[order][good[-1]]) if len(good) else 0.99
