"""Rasa's call of an action, without 20 ms of looking at a schema each time."""

from __future__ import annotations

from functools import cache
from typing import Any

from jsonschema.validators import validator_for
from rasa.core.actions.action import Action, RemoteAction


class QuickRemoteAction(RemoteAction):
    """Checks what the action server answers with a schema that is made ready once."""

    def _validate_action_result(self, result: dict[str, Any]) -> bool:
        if _validator().is_valid(result):
            return True
        # Rasa says what is wrong with it.
        return bool(super()._validate_action_result(result))


def quick(action: Action) -> Action:
    """The same action; one of the action server is called sooner."""
    if type(action) is RemoteAction:
        return QuickRemoteAction(action.name(), action.action_endpoint)
    return action


@cache
def _validator() -> Any:
    schema = RemoteAction.action_response_format_spec()
    return validator_for(schema)(schema)
