"""What the answers of a session tell about its turns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rasa_sdk import Tracker

from actions.conversation import session_events

ANSWERS = ("faq", "document")
"""Kinds of source of answers from the FAQ and from documents."""

FAILURES = ("unknown", "none_of_them", "unhelpful")
"""Kinds of source of what is said where a question got no answer, if one was wanted."""

OFFERS = "choices"
"""Kind of source of what offers questions to choose from."""

ASKS_IF_HELPFUL = "asks_if_helpful"
"""Key in the source of an answer that had the buttons for it."""

_CARRIED_TURNS = 4
_CARRIED_QUESTIONS = 2
_JUDGED_TURNS = 3
_ANSWERS_BETWEEN = 3


@dataclass(frozen=True)
class Turn:
    """A message of the user, and where the answers to it came from.

    Args:
        text: The words as typed.
        at: When, in seconds since the epoch.
        sources: The sources of what was said, see `actions.replying.say`.
    """

    text: str
    at: float
    sources: tuple[Mapping[str, Any], ...]

    @property
    def answers(self) -> tuple[Mapping[str, Any], ...]:
        """The sources of answers from the FAQ and from documents."""
        return tuple(s for s in self.sources if s.get("kind") in ANSWERS)

    @property
    def failed(self) -> bool:
        """Whether it got no answer."""
        return any(
            source.get("kind") in FAILURES and source.get("wanted", True)
            for source in self.sources
        )

    @property
    def offered(self) -> bool:
        """Whether it got nothing but questions to choose from."""
        kinds = {source.get("kind") for source in self.sources}
        return kinds == {OFFERS}

    def query(self, source: Mapping[str, Any]) -> str:
        """The question that one of its answers answers."""
        return str(source.get("query") or self.text)


def turns(tracker: Tracker) -> list[Turn]:
    """The turns of this session, the latest first; that is the one to be answered."""
    return list(_turns(tracker))


def earlier_questions(tracker: Tracker) -> list[str]:
    """The questions answered last, the latest first, that a follow-up may lean on."""
    return [
        turn.query(source)
        for turn in turns(tracker)[1 : _CARRIED_TURNS + 1]
        for source in reversed(turn.answers)
    ][:_CARRIED_QUESTIONS]


def failures_before(tracker: Tracker) -> int:
    """How many turns in a row, before the latest message, got no answer.

    Turns that only offered questions to choose from do not count and end no row.
    """
    count = 0
    for turn in turns(tracker)[1:]:
        if turn.failed:
            count += 1
        elif not turn.offered:
            break
    return count


def answered_turn(tracker: Tracker) -> Turn | None:
    """The turn whose answers a verdict is about; None if it is too long ago."""
    before = turns(tracker)[1 : _JUDGED_TURNS + 1]
    return next((turn for turn in before if turn.answers), None)


def may_ask_if_helpful(tracker: Tracker) -> bool:
    """Whether it annoys nobody to ask: not again before some more answers were given.

    Who has said that an answer did not help is asked about the next one.
    """
    since = 0
    for turn in turns(tracker)[1:]:
        if any(source.get("kind") == "unhelpful" for source in turn.sources):
            return True
        if any(source.get(ASKS_IF_HELPFUL) for source in turn.answers):
            return since >= _ANSWERS_BETWEEN
        since += bool(turn.answers)
    return True


def _turns(tracker: Tracker) -> Iterator[Turn]:
    sources: list[Mapping[str, Any]] = []
    for event in reversed(session_events(tracker)):
        if event.get("event") == "bot":
            source = (event.get("metadata") or {}).get("source")
            if isinstance(source, Mapping):
                sources.append(source)
        elif event.get("event") == "user":
            text, at = str(event.get("text") or ""), float(event.get("timestamp") or 0)
            yield Turn(text, at, tuple(reversed(sources)))
            sources = []
