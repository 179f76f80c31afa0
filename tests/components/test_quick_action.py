"""Answers of the action server are checked as Rasa does, sooner."""

from __future__ import annotations

import pytest
from jsonschema import ValidationError
from rasa.core.actions.action import RemoteAction

from framework_plugin.components.serving.quick_action import check_quickly

GOOD = {
    "events": [{"event": "slot", "timestamp": None, "name": "a", "value": [1]}],
    "responses": [{"text": "好"}],
}


BAD = [
    {"events": [{"event": 3}]},
    {"events": {}},
    {"responses": ["text"]},
    {"events": [{"event": "slot", "timestamp": "now"}]},
]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """For this test only: it holds for all of a process."""
    rasas = RemoteAction._validate_action_result
    monkeypatch.setattr(RemoteAction, "_validate_action_result", rasas)
    check_quickly()


@pytest.mark.usefixtures("quick")
def test_what_rasa_takes_is_taken_without_looking_for_a_schema(monkeypatch) -> None:
    monkeypatch.setattr("jsonschema.validate", None)
    action = RemoteAction("action_x", None)
    assert action._validate_action_result(GOOD)
    assert action._validate_action_result({})


@pytest.mark.parametrize("bad", BAD)
def test_what_rasa_refuses_is_refused_in_its_words(bad, request) -> None:
    told = []
    for _ in range(2):
        with pytest.raises(ValidationError, match="Action endpoint") as refused:
            RemoteAction("action_x", None)._validate_action_result(bad)
        told.append(refused.value.message)
        request.getfixturevalue("quick")
    assert told[0] == told[1]
