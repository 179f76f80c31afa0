"""What Rasa's messages tell of their user."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from rasa.shared.core.events import BotUttered, SessionStarted, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from framework_plugin.components.session import (
    ACTION_FORGET_MEMORY,
    ACTION_RECALL_MEMORY,
)
from framework_plugin.corpus.dialogue import Speaker, Turn
from framework_plugin.corpus.user_context import TIME_ZONE, FactKind, UserContext
from framework_plugin.memory.changes import Book, FactChange, Operation, heard
from framework_plugin.memory.extraction import Entity, FactExtractor
from framework_plugin.memory.notes import notes_on
from framework_plugin.memory.questions import asked_kinds, asked_of_the_past
from framework_plugin.memory.remembered import asked_topic
from framework_plugin.memory.repository import EARLIER_TURNS

_ANSWERS = (Operation.CONFIRM, Operation.DENY)
_FORGETS = (Operation.REMOVE, Operation.CLEAR)


def told_changes(
    message: UserUttered, time_zone: str = TIME_ZONE
) -> tuple[FactChange, ...]:
    """What a message of the user changes in their profile.

    Args:
        message: As Rasa keeps it.
        time_zone: Where the user's days begin and end.
    """
    text = message.text or ""
    if text.startswith("/"):
        # An intent sent by a button: none of the user's words.
        return ()
    entities = [
        Entity(e["entity"], e["value"], e["start"], e["end"])
        for e in message.entities
        if isinstance(e.get("value"), str)
        and isinstance(e.get("start"), int)
        and isinstance(e.get("end"), int)
    ]
    return _changes(text, tuple(entities), message.timestamp, time_zone)


def current_user_context(tracker: DialogueStateTracker) -> UserContext:
    """What is known of a user now, the message being answered included.

    The first turn of a new user, and a tracker from another store, carry no memory:
    then all that was said in this tracker counts. Turns from before a session that
    has just begun count as earlier ones, although the tracker still holds them.
    """
    context = getattr(tracker, "user_context", None)
    messages = [e for e in tracker.events if isinstance(e, UserUttered)]
    if context is None:
        context = UserContext(tracker.sender_id)
    else:
        messages = messages[-1:]
    book = Book(context.facts, context.asked)
    for message in messages:
        changes = told_changes(message, context.time_zone)
        book = heard(book, changes, message.timestamp, tracker.sender_id)
    turns = (*context.earlier_turns, *_turns_of_sessions_before(tracker))
    return replace(
        context,
        facts=book.facts,
        asked=book.asked,
        earlier_turns=turns[-EARLIER_TURNS:],
    )


def memory_must_speak(tracker: DialogueStateTracker) -> bool:
    """Whether no other words will do than those of the memory.

    So it is when the message asks for something to be noted, speaks against a fact that
    is well established, or says yes or no to the question about such a one.
    """
    now = current_user_context(tracker)
    if now.asked is not None:
        return True
    message = tracker.latest_message
    if message is None:
        return False
    changes = told_changes(message, now.time_zone)
    before = getattr(tracker, "user_context", None)
    answers = before is not None and before.asked is not None
    return any(
        change.kind is FactKind.NOTE or (answers and change.operation in _ANSWERS)
        for change in changes
    )


def memory_action(tracker: DialogueStateTracker) -> str | None:
    """The action that answers the message from the memory, or forgets what it says.

    NLU knows such messages by examples; this knows them by what they ask for.
    """
    message = tracker.latest_message
    if message is None or not message.text:
        return None
    known = getattr(tracker, "user_context", None) or UserContext(tracker.sender_id)
    changes = told_changes(message, known.time_zone)
    if any(change.operation in _FORGETS for change in changes):
        return ACTION_FORGET_MEMORY
    if notes_on(message.text, known.values(FactKind.NOTE)):
        return ACTION_RECALL_MEMORY
    asked = asked_kinds(message.text) or asked_of_the_past(message.text)
    if asked or asked_topic(message.text) is not None:
        return ACTION_RECALL_MEMORY
    return None


def _turns_of_sessions_before(tracker: DialogueStateTracker) -> list[Turn]:
    """The turns a tracker holds from before its latest session."""
    events = list(tracker.events)
    starts = [i for i, event in enumerate(events) if type(event) is SessionStarted]
    turns: list[Turn] = []
    for event in events[: starts[-1] if starts else 0]:
        if isinstance(event, UserUttered) and event.text:
            turns.append(Turn(Speaker.USER, event.text))
        elif isinstance(event, BotUttered) and event.text:
            turns.append(Turn(Speaker.BOT, event.text))
    return [turn for turn in turns if not turn.text.startswith("/")]


# The policy is asked several times about a message, and the store reads it once more.
@lru_cache(maxsize=256)
def _changes(
    text: str, entities: tuple[Entity, ...], at: float, time_zone: str
) -> tuple[FactChange, ...]:
    return tuple(_extractor(time_zone).changes(text, entities, at))


@lru_cache(maxsize=4)
def _extractor(time_zone: str) -> FactExtractor:
    return FactExtractor(time_zone)
