"""Rasa's memorised stories, which are asked only where one of them can go on.

To recall a story from amid a conversation, Rasa forgets what came first, action by
action, and builds the states of what is left anew each time. But whatever is forgotten,
the last state has an action and an intent of the conversation in it; where no story
has a state of that kind, there is nothing to recall.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from rasa.core.policies import memoization
from rasa.core.policies.policy import PolicyPrediction
from rasa.shared.core.constants import (
    ACTION_LISTEN_NAME,
    ACTION_UNLIKELY_INTENT_NAME,
    PREVIOUS_ACTION,
    USER,
)
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import INTENT

_BETWEEN_STATES = "}}, {"
"""What parts the states of a key: JSON without its quotation marks."""


class AugmentedMemoizationPolicy(memoization.AugmentedMemoizationPolicy):
    """A trained policy of the same name, whose predictions are the same.

    Args:
        policy: Rasa's, loaded.
    """

    def __init__(self, policy: memoization.AugmentedMemoizationPolicy) -> None:
        self.__dict__.update(vars(policy))
        compressed = self.config["enable_feature_string_compression"]
        self._ends = {_last_state(key, compressed) for key in self.lookup}
        # Most turns end as others did.
        self._is_known = lru_cache(maxsize=4_096)(self._look_up)

    def predict_action_probabilities(
        self,
        tracker: DialogueStateTracker,
        domain: Domain,
        rule_only_data: dict[str, Any] | None = None,
        **others: Any,
    ) -> PolicyPrediction:
        """See Rasa."""
        if not self._may_recall(tracker):
            return self._prediction(self._default_predictions(domain))
        return super().predict_action_probabilities(
            tracker, domain, rule_only_data, **others
        )

    def _may_recall(self, tracker: DialogueStateTracker) -> bool:
        """False only if no story can have a state like the last one."""
        events = tracker.applied_events()
        done = [event for event in events if isinstance(event, ActionExecuted)]
        said = [event for event in events if isinstance(event, UserUttered)]
        if not done or any(e.action_name == ACTION_UNLIKELY_INTENT_NAME for e in done):
            return True
        plain = not any(event.hide_rule_turn for event in done)
        if plain:
            # With turns that only rules know, an earlier action may stand in its place.
            done = done[-1:]
            if done[0].action_name == ACTION_LISTEN_NAME:
                said = said[-1:]
        if not all(message.intent_name for message in said):
            return True
        return self._is_known(
            frozenset(tuple(event.as_sub_state().items()) for event in done),
            frozenset(str(message.intent_name) for message in said),
        )

    def _look_up(
        self, done: frozenset[tuple[tuple[str, Any], ...]], said: frozenset[str]
    ) -> bool:
        actions = _written(PREVIOUS_ACTION, map(dict, done))
        intents = _written(INTENT, said)
        return any(_is_like(end, actions, intents) for end in self._ends)


def _last_state(key: str, compressed: bool) -> str:
    states = zlib.decompress(base64.b64decode(key)).decode() if compressed else key
    return states.rpartition(_BETWEEN_STATES)[2]


def _written(name: str, values: Iterable[Any]) -> set[str]:
    """Parts of a state, as they are written in a key."""
    parts = (json.dumps({name: value}, sort_keys=True)[1:-1] for value in values)
    return {part.replace('"', "") for part in parts}


def _is_like(end: str, actions: set[str], intents: set[str]) -> bool:
    """Whether a state has one of the actions, and one of the intents if it has any."""
    if not any(action in end for action in actions):
        return False
    return f"{USER}: {{" not in end or any(intent in end for intent in intents)
