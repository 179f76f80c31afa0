"""Rasa's events as rows of the table `events`, and back."""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from rasa.shared.core.events import Event, SlotSet
from rasa.shared.utils.common import all_subclasses
from sqlalchemy.engine import Connection

from framework_plugin.components.session import FROM_SNAPSHOT, GENERATED_REPLY
from framework_plugin.memory.history import parsed_event
from framework_plugin.memory.tables import events

logger = logging.getLogger(__name__)

_COARSEST_TIMESTAMP = 128.0
"""Seconds by which Rasa's four-byte timestamps on MySQL may be off today."""


def is_passing(event: Event) -> bool:
    """Whether an event is never persisted.

    Rasa replays every stored slot event at the start of every session: the policy's
    words, which it hands over in a slot, would pile up there. Events that stand for a
    snapshot never happened.
    """
    is_words = isinstance(event, SlotSet) and event.key == GENERATED_REPLY
    return is_words or FROM_SNAPSHOT in event.metadata


def as_row(
    sender_id: str, event: Event, form: dict[str, Any] | None = None
) -> dict[str, Any]:
    """The columns of an event, filled as Rasa's SQL store fills them.

    Args:
        sender_id: Whose conversation it belongs to.
        event: The event.
        form: What to store of it; `Event.as_dict` by default.
    """
    data = event.as_dict() if form is None else form
    return {
        "sender_id": sender_id,
        "type_name": event.type_name,
        "timestamp": data.get("timestamp"),
        "intent_name": data.get("parse_data", {}).get("intent", {}).get("name"),
        "action_name": data.get("name"),
        # A tenth smaller without blanks. Not without escapes: tables that Rasa made on
        # MySQL may hold no Chinese.
        "data": json.dumps(data, separators=(",", ":")),
    }


def restored(rows: Iterable[Any]) -> Iterator[Event]:
    """The events of rows, damaged ones left out with a warning."""
    for row in rows:
        parameters = parsed_event(row)
        if parameters is not None:
            event = event_of(parameters, f"Row {row.id} of table 'events'")
            if event is not None:
                yield event


class RestoredEvents:
    """The events of users' latest rows, made once and not for every message.

    Most of what is read for a message was read for the one before. Only a row of the
    very same content gives the same event: what another process changed or blanked is
    made anew.

    Args:
        users: Of how many users events are kept, those of the last messages.
    """

    def __init__(self, users: int) -> None:
        self._users = users
        self._made: dict[str, dict[tuple[int, str], Event]] = {}

    def of(self, user_id: str, rows: Iterable[Any]) -> list[Event]:
        """The events of a user's rows; only these are kept."""
        earlier = self._made.pop(user_id, {})
        made: dict[tuple[int, str], Event] = {}
        for row in rows:
            key = (row.id, row.data)
            for event in [earlier[key]] if key in earlier else restored([row]):
                made[key] = event
        self._made[user_id] = made
        if len(self._made) > self._users:
            self.forget(next(iter(self._made)))
        return list(made.values())

    def forget(self, user_id: str) -> None:
        """Keeps nothing of a user."""
        self._made.pop(user_id, None)


def event_of(parameters: Mapping[str, Any], where: str) -> Event | None:
    """The event that `as_dict` told of.

    Args:
        parameters: From `Event.as_dict`.
        where: Names the place it comes from, for a warning.

    Returns:
        The event; None, with a warning, if Rasa knows none like it.
    """
    try:
        return _event(parameters)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        logger.warning(
            "%s holds no event that Rasa knows and was skipped: %s", where, error
        )
        return None


def not_in_database(
    connection: Connection, sender_id: str, candidates: Sequence[Event]
) -> list[Event]:
    """Events of a tracker that did not come from here, less those already stored.

    Such a tracker begins a conversation, follows a retrieve that failed, or was put
    together from a dump.
    """
    if not candidates:
        return []
    since = min(e.timestamp for e in candidates) - _COARSEST_TIMESTAMP
    rows = connection.execute(
        sa.select(events.c.id, events.c.data).where(
            events.c.sender_id == sender_id, events.c.timestamp >= since
        )
    )
    parsed = (parsed_event(row) for row in rows)
    stored = Counter(signature_of(event) for event in parsed if event)
    new = []
    for event in candidates:
        signature = signature_of(event.as_dict())
        if stored[signature]:
            stored[signature] -= 1
        else:
            new.append(event)
    return new


def signature_of(event: Mapping[str, Any]) -> tuple[Any, Any, Any]:
    """What tells events of a user apart: times are exact to the microsecond.

    Args:
        event: From `Event.as_dict`.
    """
    return event["event"], event.get("timestamp"), event.get("name")


def _event(parameters: Mapping[str, Any]) -> Event | None:
    kind = _kinds().get(parameters["event"])
    if kind is None:
        # Rasa knows kinds of old, and says what is wrong with others.
        return Event.from_parameters(dict(parameters))
    return kind._from_parameters(dict(parameters))


@lru_cache(maxsize=1)
def _kinds() -> dict[str, type[Event]]:
    """All kinds of event. Rasa looks through all classes for each event anew."""
    found: dict[str, type[Event]] = {}
    for kind in all_subclasses(Event):
        found.setdefault(kind.type_name, kind)
    return found
