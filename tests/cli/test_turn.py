from __future__ import annotations

import pytest
from rasa.shared.core.events import (
    ActionExecuted,
    BotUttered,
    Event,
    SessionStarted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker

from framework_plugin.cli.turn import Button, Turn
from framework_plugin.components.answer_source import Source, source_of


def events_of(*answer: Event) -> list[Event]:
    """The events of a tracker whose latest message was answered so."""
    tracker = DialogueStateTracker("alice", slots=())
    earlier = [
        ActionExecuted("action_session_start", confidence=1.0),
        SessionStarted(),
        ActionExecuted("action_listen"),
        UserUttered("运费多少"),
        ActionExecuted("action_retrieve_answer", "RulePolicy", 1.0),
        BotUttered("满68元包邮。", metadata={"source": {"kind": "faq", "score": 9.0}}),
        ActionExecuted("action_listen", confidence=1.0),
        UserUttered("今天好累"),
    ]
    listen = ActionExecuted("action_listen", "LSTMResponsePolicy", 0.99)
    for event in [*earlier, *answer, listen]:
        tracker.update(event)
    return list(tracker.events)


def test_a_response_of_a_rule_comes_from_a_rule_with_its_confidence() -> None:
    events = events_of(
        ActionExecuted("utter_care", "policy_1_RulePolicy", 1.0),
        BotUttered("辛苦啦。", metadata={"utter_action": "utter_care"}),
    )
    assert source_of(events) == (Source.RULE, 1.0)


def test_a_generated_reply_has_the_confidence_of_the_generator() -> None:
    events = events_of(
        SlotSet("generated_reply", "早点歇着吧。"),
        ActionExecuted(
            "utter_generated",
            "policy_2_LSTMResponsePolicy",
            0.31,
            metadata={"source": "generator", "confidence": 0.2468},
        ),
        BotUttered("早点歇着吧。"),
    )
    assert source_of(events) == (Source.GENERATOR, 0.2468)


@pytest.mark.parametrize(
    ("mark", "expected"),
    [
        ({"kind": "faq", "score": 0.83}, (Source.RETRIEVAL, 0.83)),
        ({"kind": "choices", "entries": ["a", "b"]}, (Source.RETRIEVAL, 0.0)),
        ({"kind": "unknown"}, (Source.FALLBACK, 0.0)),
        ({"kind": "memory"}, (Source.RULE, 0.7)),
    ],
)
def test_an_answer_of_retrieval_is_told_by_its_mark(mark, expected) -> None:
    events = events_of(
        ActionExecuted("action_retrieve_answer", "LSTMResponsePolicy", 0.7),
        BotUttered("……", metadata={"source": mark}),
    )
    assert source_of(events) == expected


def test_retrieval_that_could_not_look_is_a_fallback() -> None:
    events = events_of(
        ActionExecuted("action_retrieve_answer", "LSTMResponsePolicy", 0.7),
        BotUttered("常见问题这会儿打不开。"),
    )
    assert source_of(events) == (Source.FALLBACK, 0.0)


def test_an_action_server_that_is_down_is_a_fallback() -> None:
    events = events_of(
        ActionExecuted("action_tell_time", "RulePolicy", 1.0),
        ActionExecuted("utter_service_down", "LSTMResponsePolicy", 0.99),
        BotUttered("我这边连不上。"),
    )
    assert source_of(events) == (Source.FALLBACK, 0.0)


def test_a_message_that_led_to_no_action_is_a_fallback() -> None:
    assert source_of(events_of()) == (Source.FALLBACK, 0.0)


def test_a_turn_for_programs_has_the_documented_keys_and_rounded_numbers() -> None:
    turn = Turn(
        "你好", ("在呢。",), Source.RULE, 0.123456, 12.3456, (Button("a", "/a"),)
    )
    assert turn.as_dict() == {
        "user": "你好",
        "replies": ["在呢。"],
        "source": "rule",
        "confidence": 0.1235,
        "milliseconds": 12.3,
    }
