"""Parts of a model that serve quicker than Rasa's own, with the same results."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rasa.core.policies.memoization import AugmentedMemoizationPolicy
from rasa.core.policies.rule_policy import RulePolicy
from rasa.nlu.classifiers.diet_classifier import DIETClassifier
from rasa.nlu.featurizers.sparse_featurizer.count_vectors_featurizer import (
    CountVectorsFeaturizer,
)

from framework_plugin.components.serving import (
    quick_counts,
    quick_intents,
    quick_memory,
    quick_rules,
)

_QUICKER: dict[type, Callable[[Any], Any]] = {
    AugmentedMemoizationPolicy: quick_memory.AugmentedMemoizationPolicy,
    CountVectorsFeaturizer: quick_counts.CountVectorsFeaturizer,
    DIETClassifier: quick_intents.quickened,
    RulePolicy: quick_rules.RulePolicy,
}


def quickened(part: Any) -> Any:
    """A part that gives the same results sooner, or the part itself.

    Args:
        part: A loaded component. One of a class of somebody's own, even if derived from
            Rasa's, stays what it is.
    """
    make = _QUICKER.get(type(part))
    return make(part) if make is not None else part
