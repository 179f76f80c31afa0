"""Rasa's rules, of which only those are looked at that can apply.

Rasa compares every state of a conversation with every rule. A rule that names the last
action and the intent can only apply behind these two; so the rules are found by them,
and Rasa's own comparison is left with a few.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from typing import Any

from rasa.core.policies import rule_policy
from rasa.shared.core.constants import (
    ACTION_LISTEN_NAME,
    PREVIOUS_ACTION,
    SHOULD_NOT_BE_SET,
    USER,
)
from rasa.shared.core.domain import Domain, State
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import ACTION_NAME, INTENT

logger = logging.getLogger(__name__)

Place = tuple[str | None, str | None]
"""The last action and the intent that a rule names; None where it names none."""


class RulePolicy(rule_policy.RulePolicy):
    """A trained policy of the same name, whose predictions are the same.

    Args:
        policy: Rasa's, loaded.
    """

    def __init__(self, policy: rule_policy.RulePolicy) -> None:
        self.__dict__.update(vars(policy))
        self._rules: dict[str, str] = self.lookup.get(rule_policy.RULES, {})
        self._by_place: defaultdict[Place, list[str]] = defaultdict(list)
        self._longest = 1
        for key in self._rules:
            states = self._rule_key_to_state(key)
            self._by_place[_place_of(states[-1] if states else {})].append(key)
            self._longest = max(self._longest, len(states))
        # Behind a message that is read as text, no rule that names an intent applies.
        self._may_read_text = bool(
            self._by_place[None, None] or self._by_place[ACTION_LISTEN_NAME, None]
        )

    def _find_action_from_rules(
        self,
        tracker: DialogueStateTracker,
        domain: Domain,
        use_text_for_last_user_input: bool,
    ) -> tuple[str | None, str | None, bool]:
        in_vain = use_text_for_last_user_input and not self._may_read_text
        if in_vain and not tracker.active_loop_name:
            return None, None, False
        found: tuple[str | None, str | None, bool] = super()._find_action_from_rules(
            tracker, domain, use_text_for_last_user_input
        )
        return found

    def _get_possible_keys(
        self, lookup: dict[str, str], states: list[State]
    ) -> set[str]:
        if lookup is not self._rules or not states:
            return set(super()._get_possible_keys(lookup, states))
        action, intent = _place_of(states[-1])
        near = [
            key
            for place in {(a, i) for a in (action, None) for i in (intent, None)}
            for key in self._by_place.get(place, ())
        ]
        # What lies before its states does not matter to a rule.
        behind = states[-self._longest :]
        return set(super()._get_possible_keys(dict.fromkeys(near, ""), behind))

    @staticmethod
    def format_tracker_states(states: list[State]) -> Any:
        """What Rasa logs while debugging, and makes ready even when it does not."""
        if logger.isEnabledFor(logging.DEBUG):
            return rule_policy.RulePolicy.format_tracker_states(states)
        return None


def _place_of(state: State) -> Place:
    return (
        _named(state.get(PREVIOUS_ACTION), ACTION_NAME),
        _named(state.get(USER), INTENT),
    )


def _named(sub_state: Any, key: str) -> str | None:
    value = (sub_state or {}).get(key)
    return value if value and value != SHOULD_NOT_BE_SET else None
