"""Answers of the action server are checked as Rasa does, sooner."""

from __future__ import annotations

import pytest
from jsonschema import ValidationError
from rasa.core.actions.action import ActionListen, RemoteAction

from framework_plugin.components.serving.quick_action import QuickRemoteAction, quick

GOOD = {
    "events": [{"event": "slot", "timestamp": None, "name": "a", "value": [1]}],
    "responses": [{"text": "好"}],
}


def test_what_rasa_takes_is_taken() -> None:
    action = QuickRemoteAction("action_x", None)
    assert action._validate_action_result(GOOD)
    assert action._validate_action_result({})


@pytest.mark.parametrize(
    "bad",
    [
        {"events": [{"event": 3}]},
        {"events": {}},
        {"responses": ["text"]},
        {"events": [{"event": "slot", "timestamp": "now"}]},
    ],
)
def test_what_rasa_refuses_is_refused_in_its_words(bad) -> None:
    for action in (RemoteAction("a", None), QuickRemoteAction("a", None)):
        with pytest.raises(ValidationError, match="Action endpoint"):
            action._validate_action_result(bad)


def test_only_actions_of_the_action_server_are_replaced() -> None:
    listen = ActionListen()
    assert quick(listen) is listen
    replaced = quick(RemoteAction("action_x", None))
    assert isinstance(replaced, QuickRemoteAction)
    assert replaced.name() == "action_x"
