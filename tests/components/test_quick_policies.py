"""Policies that look at less predict the same as Rasa's."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from typing import Any

import pytest
from rasa.core.policies.memoization import AugmentedMemoizationPolicy
from rasa.core.policies.policy import Policy
from rasa.core.policies.rule_policy import RulePolicy
from rasa.core.training import load_data
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActiveLoop,
    Event,
    Restarted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker

from framework_plugin.components.memory_tracker import MemoryTracker
from framework_plugin.components.plain_events import plainly_applied
from framework_plugin.components.serving.quick_parts import quickened

FORM = "order_form"
RULE_ONLY = {"rule_only_slots": ["order_number"], "rule_only_loops": [FORM]}
CONVERSATIONS, ACTIONS = 10, 6


@pytest.fixture(scope="module")
def domain() -> Domain:
    return Domain.load("domain")


@pytest.fixture(scope="module", params=[RulePolicy, AugmentedMemoizationPolicy])
def policies(
    request: Any, domain: Domain, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Policy, Policy]:
    """Rasa's, trained on the stories of the bundled assistant, and its stand-in."""
    storage = LocalModelStorage.create(tmp_path_factory.mktemp("policy"))
    policy = request.param(
        {
            **request.param.get_default_config(),
            "check_for_contradictions": False,
            "enable_fallback_prediction": False,
            "max_history": 5 if request.param is AugmentedMemoizationPolicy else None,
        },
        storage,
        Resource("policy"),
        ExecutionContext(GraphSchema({})),
    )
    policy.train(load_data("stories", domain), domain)
    return policy, quickened(policy)


@pytest.fixture(scope="module")
def stories(domain: Domain) -> list[DialogueStateTracker]:
    return [t for t in load_data("stories", domain) if not t.is_rule_tracker]


def conversation(
    domain: Domain, stories: list[DialogueStateTracker], seed: int
) -> Iterator[list[Event]]:
    """A conversation at random: the events up to each moment of a prediction.

    Much of it is what stories and rules know, so that they apply.
    """
    chance = random.Random(seed)
    actions = ["utter_greet", "action_recommend_product", "utter_self_harm"]
    actions += ["utter_generated", "utter_order_form_left", FORM]
    actions += chance.sample(domain.action_names_or_texts, 3)
    intents = ["greet", "another_one", "affirm", "deny", "self_harm", "check_order"]
    intents = [i for i in intents if i in domain.intents]
    intents += chance.sample(sorted(domain.intents), 3)
    events: list[Event] = [ActionExecuted("action_session_start")]
    events.append(ActionExecuted(ACTION_LISTEN_NAME))
    for _ in range(ACTIONS):
        if chance.random() < 0.3:
            for event in list(chance.choice(stories).events)[1:]:
                if isinstance(event, ActionExecuted):
                    yield list(events)
                events.append(event)
        hidden = chance.random() < 0.2
        if chance.random() < 0.9:
            entities = [{"entity": "product", "value": "茶"}] * chance.randrange(2)
            intent = {"name": chance.choice(intents), "confidence": 0.9}
            events.append(UserUttered("说点什么", intent, entities))
        yield list(events)
        for _ in range(chance.randrange(3)):
            events.append(ActionExecuted(chance.choice(actions)))
            events[-1].hide_rule_turn = hidden
            if chance.random() < 0.3:
                events.append(SlotSet(chance.choice(domain.slots).name, "x"))
            if chance.random() < 0.2:
                events.append(ActiveLoop(chance.choice([FORM, None])))
            yield list(events)
        if chance.random() < 0.05:
            events.append(chance.choice([Restarted(), ActionExecutionRejected(FORM)]))
        events.append(ActionExecuted(ACTION_LISTEN_NAME))
        events[-1].hide_rule_turn = hidden


def test_every_prediction_is_that_of_rasa(policies, domain, stories) -> None:
    theirs, ours = policies
    assert type(ours) is not type(theirs)
    sure = 0
    for seed in range(CONVERSATIONS):
        for events in conversation(domain, stories, seed):
            predictions = []
            for policy in (theirs, ours):
                tracker = DialogueStateTracker.from_events(
                    "user", events, domain.slots, domain=domain
                )
                predictions.append(
                    policy.predict_action_probabilities(
                        tracker, domain, rule_only_data=RULE_ONLY
                    )
                )
            expected, found = (vars(prediction) for prediction in predictions)
            assert found == expected, [str(event) for event in events]
            sure += predictions[0].max_confidence > 0
    assert sure > 50, "The conversations must be such that something applies."


def test_a_policy_of_somebodys_own_stays_what_it_is() -> None:
    class Own(RulePolicy):
        pass

    policy = Own.__new__(Own)
    assert quickened(policy) is policy


def test_what_counts_of_a_conversation_is_what_rasa_counts(domain, stories) -> None:
    plain = 0
    for seed in range(CONVERSATIONS):
        for events in conversation(domain, stories, seed):
            expected = DialogueStateTracker("user", domain.slots)
            tracker = MemoryTracker("user", domain.slots)
            expected.events.extend(events)
            tracker.events.extend(events)
            assert tracker.applied_events() == expected.applied_events()
            plain += plainly_applied(events) is not None
    assert plain > 20


def test_what_counts_is_worked_out_anew_for_each_event_and_is_the_callers(
    domain, stories
) -> None:
    *_, events = conversation(domain, stories, seed=1)
    # A tracker that keeps few events has as many before and after each.
    for most in (None, 8):
        expected = DialogueStateTracker("user", domain.slots, most)
        tracker = MemoryTracker("user", domain.slots, most)
        for event in events:
            expected.update(event)
            tracker.update(event)
            for _ in range(2):
                found = tracker.applied_events()
                assert found == expected.applied_events()
                found.clear()


def test_slots_of_a_tracker_are_copies_at_their_initial_values(domain) -> None:
    given = [copy.copy(slot) for slot in domain.slots]
    for slot in given:
        slot.value = "anything"
    expected = DialogueStateTracker("user", given)
    tracker = MemoryTracker("user", given)
    assert tracker.slots.keys() == expected.slots.keys()
    for slot in given:
        own = tracker.slots[slot.name]
        assert type(own) is type(slot)
        assert own is not slot
        assert vars(own) == vars(expected.slots[slot.name])
        assert slot.value != own.value
    assert MemoryTracker("user", None).slots == DialogueStateTracker("u", None).slots
