"""Rasa's rules, of which only those are looked at that can apply.

Rasa compares every state of a conversation with every rule. A rule that names the last
action and the intent can only apply behind these two, and one that names what was done
before only behind that; so the rules are found by these, and Rasa's own comparison is
left with a few. States before those that the longest rule has are not made; where none
of the few asks for more than the last state, that alone is.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from itertools import islice
from typing import Any

from rasa.core.policies import rule_policy
from rasa.shared.core.constants import (
    ACTION_LISTEN_NAME,
    PREVIOUS_ACTION,
    SHOULD_NOT_BE_SET,
    USER,
)
from rasa.shared.core.domain import Domain, State
from rasa.shared.core.events import ActionExecuted
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import ACTION_NAME, INTENT

from framework_plugin.components.plain_events import plainly_applied

logger = logging.getLogger(__name__)

Place = tuple[str | None, str | None]
"""The last action and the intent that a rule names; None where it names none."""
Found = tuple[str | None, str | None, bool]
"""The action, the rule, and whether a form is returned to."""


class RulePolicy(rule_policy.RulePolicy):
    """A trained policy of the same name, whose predictions are the same.

    Args:
        policy: Rasa's, loaded.
    """

    def __init__(self, policy: rule_policy.RulePolicy) -> None:
        self.__dict__.update(vars(policy))
        self._rules: dict[str, str] = self.lookup.get(rule_policy.RULES, {})
        self._by_place: defaultdict[Place, list[str]] = defaultdict(list)
        # Before each of its states, the last one first.
        self._actions: dict[str, list[str | None]] = {}
        for key in self._rules:
            states = self._rule_key_to_state(key) or [{}]
            self._by_place[_place_of(states[-1])].append(key)
            self._actions[key] = [_place_of(state)[0] for state in reversed(states)]
        in_loops = self.lookup.get(rule_policy.RULES_FOR_LOOP_UNHAPPY_PATH, {})
        lengths = (len(self._rule_key_to_state(k)) for k in [*self._rules, *in_loops])
        self._longest = max(1, *lengths)
        # Behind a message that is read as text, no rule that names an intent applies.
        self._may_read_text = bool(
            self._by_place[None, None] or self._by_place[ACTION_LISTEN_NAME, None]
        )
        # Rasa asks whether the states themselves are known to no story.
        self._tells_by_rules = all(
            source in self._rules or not source.startswith("[")
            for source in self.lookup.get(rule_policy.RULES_NOT_IN_STORIES, ())
        )

    def _find_action_from_rules(
        self,
        tracker: DialogueStateTracker,
        domain: Domain,
        use_text_for_last_user_input: bool,
    ) -> Found:
        if not tracker.active_loop:
            if use_text_for_last_user_input and not self._may_read_text:
                return None, None, False
            if not use_text_for_last_user_input and self._tells_by_rules:
                found = self._found_in_last_state(tracker, domain)
                if found is not None:
                    return found
        whole: Found = super()._find_action_from_rules(
            tracker, domain, use_text_for_last_user_input
        )
        return whole

    def _found_in_last_state(
        self, tracker: DialogueStateTracker, domain: Domain
    ) -> Found | None:
        """The rule that applies; None if states before the last decide."""
        events = plainly_applied(tracker.events)
        if events is None:
            return None
        state = domain.get_active_state(tracker)
        self.featurizer._choose_last_user_input([[state]], False)
        done = [e.action_name for e in reversed(events) if type(e) is ActionExecuted]
        near = [key for key in self._near(state) if self._follows(key, done)]
        if any(len(self._actions[key]) > 1 for key in near):
            return None
        rules = [key for key in near if self._is_rule_applicable(key, 0, state)]
        best = max(rules, key=len, default=None)
        return (None, None, False) if best is None else (self._rules[best], best, False)

    def _prediction_states(
        self,
        tracker: DialogueStateTracker,
        domain: Domain,
        use_text_for_last_user_input: bool = False,
        rule_only_data: dict[str, Any] | None = None,
    ) -> list[State]:
        if not self._tells_by_rules:
            whole: list[State] = super()._prediction_states(
                tracker, domain, use_text_for_last_user_input, rule_only_data
            )
            return whole
        # What lies before its states does not matter to a rule.
        done = sum(isinstance(e, ActionExecuted) for e in tracker.applied_events())
        moments = islice(
            tracker.generate_all_prior_trackers(),
            max(0, done + 1 - self._longest),
            None,
        )
        states = [
            domain._clean_state(domain.get_active_state(moment))
            for moment, _ in moments
        ]
        self.featurizer._choose_last_user_input([states], use_text_for_last_user_input)
        return states

    def _near(self, state: State) -> list[str]:
        """The rules that may apply by their last state."""
        action, intent = _place_of(state)
        places = {(a, i) for a in (action, None) for i in (intent, None)}
        return [key for place in places for key in self._by_place.get(place, ())]

    def _follows(self, key: str, done: list[str | None]) -> bool:
        """Whether a rule may apply by its actions.

        Args:
            key: The rule.
            done: The actions of the conversation, the last one first.
        """
        # Before the first action there is none.
        return all(
            named in (None, action)
            for named, action in zip(self._actions[key], [*done, None], strict=False)
        )

    def _get_possible_keys(
        self, lookup: dict[str, str], states: list[State]
    ) -> set[str]:
        if lookup is not self._rules or not states:
            return set(super()._get_possible_keys(lookup, states))
        near = dict.fromkeys(self._near(states[-1]), "")
        return set(super()._get_possible_keys(near, states))

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
