"""Rasa's call of an action, without 20 ms of looking at a schema each time."""

from __future__ import annotations

from functools import cache
from typing import Any

from jsonschema.validators import validator_for
from rasa.core.actions.action import RemoteAction
from rasa.shared.utils.schemas.events import EVENT_SCHEMA

_refuse = RemoteAction._validate_action_result


def check_quickly() -> None:
    """Has every call of an action, by forms too, use schemas that are made once."""
    RemoteAction._validate_action_result = _is_taken


def _is_taken(action: RemoteAction, result: dict[str, Any]) -> bool:
    # Where something is wrong, Rasa says what.
    return _is_valid(result) or bool(_refuse(action, result))


def _is_valid(result: dict[str, Any]) -> bool:
    """Whether the schema is met, of which an event meets the part of its own kind."""
    events, responses = result.get("events", []), result.get("responses", [])
    return (
        isinstance(events, list)
        and all(isinstance(event, dict) and _is_event(event) for event in events)
        and isinstance(responses, list)
        and all(isinstance(response, dict) for response in responses)
    )


def _is_event(event: dict[str, Any]) -> bool:
    kind = event.get("event")
    validator = _validators().get(kind) if isinstance(kind, str) else None
    return validator is not None and bool(validator.is_valid(event))


@cache
def _validators() -> dict[str, Any]:
    """By the kind of an event. Rasa has each event tried as one of all kinds."""
    every = {name: part for name, part in EVENT_SCHEMA.items() if name != "oneOf"}
    kinds: dict[str, Any] = {}
    for own in EVENT_SCHEMA["oneOf"]:
        schema = {"allOf": [every, own]}
        kinds[own["properties"]["event"]["const"]] = validator_for(schema)(schema)
    return kinds
