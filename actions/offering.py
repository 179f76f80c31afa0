"""Questions to choose from, and a person where nothing helps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import EventType, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.replying import say
from actions.turns import OFFERS, failures_before
from framework_plugin.retrieval import Hit

OFFERED = "offered_questions"
"""Slot with the ids of the passages that were offered."""

CHOICES_HEAD = "您是不是想问："
PERSON = ({"title": "转人工", "payload": "转人工"},)
"""A button; the words are those of the intent `talk_to_human`."""

FAILURES = 2
"""With so many failures in a row a person is offered."""

_LONGEST_NAME = 60


def offer(
    dispatcher: CollectingDispatcher,
    hits: Sequence[Hit],
    *,
    head: str = CHOICES_HEAD,
    query: str | None = None,
    source: Mapping[str, Any] | None = None,
) -> list[EventType]:
    """Offers questions to choose from, by buttons and numbers.

    Args:
        dispatcher: Where it goes.
        hits: What may be meant, best first; at least one.
        head: Stands above them.
        query: What was searched, where it is not the latest message.
        source: What the source says besides; its kind, if it is another.
    """
    names = [hit.passage.name for hit in hits]
    entries = [hit.passage.id for hit in hits]
    told = {"kind": OFFERS, "entries": entries, **(source or {})}
    if query is not None:
        told["query"] = query
    say(dispatcher, "\n".join([head, *numbered(names)]), told, choices=names)
    return [SlotSet(OFFERED, entries)]


def numbered(names: Sequence[str]) -> list[str]:
    """A line for each name, with its number."""
    return [f"{n}. {_short(name)}" for n, name in enumerate(names, start=1)]


def is_time_for_a_person(tracker: Tracker) -> bool:
    """Whether the latest message is one failure too many."""
    return failures_before(tracker) + 1 >= FAILURES


def offer_person() -> list[EventType]:
    """Asks whether a person shall take over; the answer has rules in `stories`."""
    return [SlotSet(OFFERED, None), FollowupAction("utter_offer_person")]


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"
