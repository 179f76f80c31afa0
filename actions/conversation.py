"""What the actions need of a tracker, in one place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rasa_sdk import Tracker

from framework_plugin.memory.extraction import Entity

ASK_FAQ, CHITCHAT = "ask_faq", "chitchat"
"""Intents on which an action's answer depends."""


@dataclass(frozen=True)
class UserMessage:
    """One message of the user.

    Args:
        text: The words as typed.
        entities: What NLU found in them.
        at: When it came, in seconds since the epoch.
    """

    text: str
    entities: tuple[Entity, ...] = ()
    at: float = 0.0


def session_events(tracker: Tracker) -> list[dict[str, Any]]:
    """The events since the latest start of a session."""
    events: list[dict[str, Any]] = list(tracker.events)
    for index in range(len(events) - 1, -1, -1):
        if events[index].get("event") == "session_started":
            return events[index + 1 :]
    return events


def latest_text(tracker: Tracker) -> str:
    """The words to be answered."""
    return str(tracker.latest_message.get("text") or "")


def latest_intent(tracker: Tracker) -> str | None:
    """The intent NLU found in them."""
    intent = tracker.latest_message.get("intent") or {}
    name = intent.get("name")
    return str(name) if name else None


def user_messages(tracker: Tracker) -> list[UserMessage]:
    """The messages of this session in order; none of those sent by buttons."""
    messages = [
        UserMessage(
            str(event.get("text") or ""),
            _entities((event.get("parse_data") or {}).get("entities")),
            float(event.get("timestamp") or 0.0),
        )
        for event in session_events(tracker)
        if event.get("event") == "user"
    ]
    return [message for message in messages if not message.text.startswith("/")]


def bot_texts(tracker: Tracker) -> list[str]:
    """What was answered in this session, in order."""
    return [
        str(event["text"])
        for event in session_events(tracker)
        if event.get("event") == "bot" and event.get("text")
    ]


def fresh_wording(options: Sequence[str], tracker: Tracker) -> str:
    """The first wording not yet used in this session, else the one used longest ago.

    Args:
        options: Ways to say the same; at least one.
        tracker: The conversation.
    """
    said = bot_texts(tracker)
    last_use = {text: index for index, text in enumerate(said)}
    return min(options, key=lambda option: last_use.get(option, -1))


def _entities(raw: object) -> tuple[Entity, ...]:
    if not isinstance(raw, list):
        return ()
    return tuple(
        Entity(str(e.get("entity")), e["value"], e["start"], e["end"])
        for e in raw
        if isinstance(e.get("value"), str)
        and isinstance(e.get("start"), int)
        and isinstance(e.get("end"), int)
    )
