"""The messages of a conversation, read from Rasa's events as they are stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise
from typing import Any

PAUSE = 3_600.0
"""Seconds of silence after which people speak of something else."""


class Speaker(str, Enum):
    """Who said something."""

    USER = "user"
    ASSISTANT = "assistant"
    PERSON = "person"


@dataclass(frozen=True)
class Message:
    """Something that was said.

    Args:
        speaker: By whom.
        text: The words.
        at: When, in seconds since the epoch.
        name: What the person is called, if it was one.
        kind: Of the source of an answer, such as `faq` or `unknown`, if it has one.
        title: Of that source, if it has one.
        entities: What was found in a message of the user: pairs of name and value.
    """

    speaker: Speaker
    text: str
    at: float
    name: str | None = None
    kind: str | None = None
    title: str | None = None
    entities: tuple[tuple[str, str], ...] = ()


def message_of(event: Mapping[str, Any]) -> Message | None:
    """The message that an event is; None for other events, and for buttons.

    Args:
        event: As Rasa writes it, from `Event.as_dict`.
    """
    text, at = event.get("text"), event.get("timestamp")
    if event.get("event") not in ("user", "bot") or not isinstance(text, str):
        return None
    # A text that begins with a slash is an intent sent by a button.
    if not text.strip() or text.startswith("/"):
        return None
    at = float(at) if isinstance(at, int | float) else 0.0
    if event["event"] == "user":
        return Message(Speaker.USER, text, at, entities=_entities(event))
    source = (event.get("metadata") or {}).get("source")
    if not isinstance(source, Mapping):
        return Message(Speaker.ASSISTANT, text, at)
    kind = _text(source.get("kind"))
    name, title = _text(source.get("name")), _text(source.get("title"))
    speaker = Speaker.PERSON if kind == "person" and name else Speaker.ASSISTANT
    return Message(speaker, text, at, name, kind, title)


def one_talk(messages: Sequence[Message], asked_at: float) -> list[Message]:
    """What belongs to a wish for a person: all since, and the talk that led to it.

    The talk began after the last pause of an hour before.

    Args:
        messages: Of one conversation, in order.
        asked_at: When a person was wanted, in seconds since the epoch.
    """
    first = 0
    for number, (one, other) in enumerate(pairwise(messages), start=1):
        if other.at > asked_at:
            break
        if other.at - one.at > PAUSE:
            first = number
    return list(messages[first:])


def entities_of(
    messages: Iterable[Message], wanted: Sequence[str]
) -> dict[str, list[str]]:
    """The values of some entities that the user named, each once, in order."""
    found: dict[str, list[str]] = {}
    for message in messages:
        for name, value in message.entities:
            values = found.setdefault(name, []) if name in wanted else []
            if value not in values:
                values.append(value)
    return found


def _entities(event: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    found = (event.get("parse_data") or {}).get("entities") or ()
    return tuple(
        (str(one.get("entity")), one["value"])
        for one in found
        if isinstance(one, Mapping) and isinstance(one.get("value"), str)
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
