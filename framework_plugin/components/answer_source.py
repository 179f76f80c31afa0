"""Where an answer came from."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import Any

from rasa.shared.core.constants import (
    ACTION_DEFAULT_FALLBACK_NAME,
    ACTION_LISTEN_NAME,
)
from rasa.shared.core.events import ActionExecuted, BotUttered, Event, UserUttered

from framework_plugin.components.session import (
    ACTION_RETRIEVE_ANSWER,
    UTTER_GENERATED,
    UTTER_SERVICE_DOWN,
)

_FOUND = ("faq", "document", "choices")
_UNKNOWN = "unknown"
_PERSON = "person"


class Source(str, Enum):
    """Where an answer came from."""

    RULE = "rule"
    GENERATOR = "generator"
    RETRIEVAL = "retrieval"
    FALLBACK = "fallback"
    PERSON = "person"


def source_of(events: Iterable[Event]) -> tuple[Source, float]:
    """Where the answer to the latest message came from, and how sure that was.

    Args:
        events: The events of a tracker, in order.
    """
    actions: list[ActionExecuted] = []
    marks: list[dict[str, Any]] = []
    for event in events:
        if isinstance(event, UserUttered):
            actions.clear()
            marks.clear()
        elif isinstance(event, ActionExecuted):
            if event.action_name != ACTION_LISTEN_NAME:
                actions.append(event)
        elif isinstance(event, BotUttered) and "source" in event.metadata:
            marks.append(event.metadata["source"])
    names = [action.action_name for action in actions]
    unanswered = {UTTER_SERVICE_DOWN, ACTION_DEFAULT_FALLBACK_NAME}
    if not actions or unanswered & set(names):
        return Source.FALLBACK, 0.0
    for mark in marks:
        if mark.get("kind") == _PERSON and "name" in mark:
            return Source.PERSON, 1.0
        if mark.get("kind") in _FOUND:
            return Source.RETRIEVAL, float(mark.get("score", 0.0))
        if mark.get("kind") == _UNKNOWN:
            return Source.FALLBACK, 0.0
    if ACTION_RETRIEVE_ANSWER in names and not marks:
        return Source.FALLBACK, 0.0
    last = actions[-1]
    if last.action_name == UTTER_GENERATED:
        return Source.GENERATOR, float(last.metadata.get("confidence", 0.0))
    return Source.RULE, float(last.confidence or 0.0)
