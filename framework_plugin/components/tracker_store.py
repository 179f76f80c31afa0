"""Rasa's SQL tracker store with a memory of each user, and without lost turns."""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any
from weakref import WeakValueDictionary

import sqlalchemy as sa
from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import SQLTrackerStore, TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from sqlalchemy.engine import Connection

from framework_plugin.components.memory_tracker import MemoryTracker
from framework_plugin.components.session import GENERATED_REPLY
from framework_plugin.components.user_memory import told_changes
from framework_plugin.errors import MemoryStoreError
from framework_plugin.memory.database import (
    DatabaseSettings,
    create_database,
    open_engine,
)
from framework_plugin.memory.history import (
    all_rows,
    append_events,
    parsed_event,
    session_rows,
)
from framework_plugin.memory.repository import MemoryRepository
from framework_plugin.memory.tables import events

logger = logging.getLogger(__name__)

_COARSEST_TIMESTAMP = 128.0
"""Seconds by which Rasa's four-byte timestamps on MySQL may be off today."""


class MemoryTrackerStore(SQLTrackerStore):
    """Keeps conversations in Rasa's own table and learns from every message.

    Named in `endpoints.yml` as
    `type: framework_plugin.components.tracker_store.MemoryTrackerStore`, with the keys
    of Rasa's SQL store. Both stores can read what the other one wrote.

    Which events are new is known by the events themselves, not, as in Rasa, by
    counting: so nothing is lost when a retrieve failed, when another process wrote
    meanwhile, or when some events are not persisted.

    Args:
        domain: The domain of the assistant.
        event_broker: Where new events are also published.
        host: The key `url` of `endpoints.yml`: a host, or the URL of a database.
        options: The other keys; see `DatabaseSettings`.

    Raises:
        SettingsError: If a key is unknown or a value is impossible.
        MemoryStoreError: If the database cannot be opened.
    """

    def __init__(
        self,
        domain: Domain | None = None,
        event_broker: EventBroker | None = None,
        host: str | None = None,
        **options: Any,
    ) -> None:
        settings = DatabaseSettings.from_mapping({**options, "url": host})
        if settings.login_db:
            create_database(settings)
        self.engine = open_engine(settings.to_url())
        self.sessionmaker = sa.orm.sessionmaker(bind=self.engine)
        self._repository = MemoryRepository(self.engine)
        self._repository.create_tables()
        self._stored: WeakValueDictionary[int, Event] = WeakValueDictionary()
        self._unsaved: dict[str, list[Event]] = {}
        # The parent's constructor would open a second engine and, while the database
        # is away, wait for it forever.
        TrackerStore.__init__(self, domain, event_broker)

    def init_tracker(self, sender_id: str) -> MemoryTracker:
        """An empty tracker for a conversation that begins."""
        return MemoryTracker(sender_id, self.domain.slots, self.max_event_history)

    async def retrieve(self, sender_id: str) -> MemoryTracker | None:
        """The latest session of a user with the user's memory, or None.

        Raises:
            MemoryStoreError: If the database cannot be read.
        """
        return self._load(sender_id, session_rows)

    async def retrieve_full_tracker(self, conversation_id: str) -> MemoryTracker | None:
        """All sessions of a user with the user's memory, or None.

        Raises:
            MemoryStoreError: If the database cannot be read.
        """
        return self._load(conversation_id, all_rows)

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Appends what is new, and what it teaches, in one transaction.

        What a failure kept from being written is written by the next save that
        succeeds, whoever's it is.

        Raises:
            MemoryStoreError: If the database cannot be written; nothing is then.
        """
        user = tracker.sender_id
        new = [e for e in tracker.events if self._stored.get(id(e)) is not e]
        # Only a tracker that came from here is known to hold nothing stored.
        doubtful = {
            *self._unsaved,
            *([user] if len(new) == len(tracker.events) else ()),
        }
        batch = {**self._unsaved, user: _joined(self._unsaved.get(user, []), new)}
        try:
            with self._repository.writing() as connection:
                written = {
                    who: self._append(connection, who, said, who in doubtful)
                    for who, said in batch.items()
                }
        except MemoryStoreError:
            self._unsaved = batch
            raise
        self._unsaved = {}
        for who, said in written.items():
            self._remember(said)
            if self.event_broker:
                await self._stream_new_events(self.event_broker, said, who)

    def _append(
        self, connection: Connection, user: str, said: list[Event], doubtful: bool
    ) -> list[Event]:
        """Writes events and what they teach; returns those that were written."""
        if doubtful:
            said = _not_in_database(connection, user, said)
        new = [event for event in said if not _is_passing(event)]
        append_events(connection, (_as_row(user, event) for event in new))
        for event in new:
            if isinstance(event, UserUttered):
                changes = told_changes(event)
                self._repository.write_changes(
                    connection, user, changes, event.timestamp
                )
        return new

    def _load(
        self, sender_id: str, read: Callable[[Connection, str], list[Any]]
    ) -> MemoryTracker | None:
        with self._repository.reading() as connection:
            rows = read(connection, sender_id)
            if not rows:
                return None
            context = self._repository.read_context(connection, sender_id)
        restored = list(_restored(rows))
        self._remember(restored)
        tracker = MemoryTracker(sender_id, self.domain.slots)
        for event in restored:
            tracker.update(event)
        tracker.user_context = context
        return tracker

    def _remember(self, stored: Iterable[Event]) -> None:
        """Marks events as stored, by identity: copies of them are new events."""
        self._stored.update((id(event), event) for event in stored)


def _joined(before: list[Event], new: list[Event]) -> list[Event]:
    """Events that wait to be written and new ones, each once."""
    waiting = {id(event) for event in before}
    return before + [event for event in new if id(event) not in waiting]


def _is_passing(event: Event) -> bool:
    """Whether an event is never persisted.

    Rasa replays every stored slot event at the start of every session: the policy's
    words, which it hands over in a slot, would pile up there.
    """
    return isinstance(event, SlotSet) and event.key == GENERATED_REPLY


def _not_in_database(
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
    stored = Counter(_signature(event) for event in parsed if event)
    new = []
    for event in candidates:
        signature = _signature(event.as_dict())
        if stored[signature]:
            stored[signature] -= 1
        else:
            new.append(event)
    return new


def _signature(event: Any) -> tuple[Any, Any, Any]:
    """What tells events of a user apart: times are exact to the microsecond."""
    return event["event"], event.get("timestamp"), event.get("name")


def _restored(rows: Iterable[Any]) -> Iterator[Event]:
    """The events of rows, damaged ones left out with a warning."""
    for row in rows:
        parameters = parsed_event(row)
        if parameters is None:
            continue
        try:
            event = Event.from_parameters(parameters)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            logger.warning(
                "Row %s of table 'events' holds no event that Rasa knows and was "
                "skipped: %s",
                row.id,
                error,
            )
            continue
        if event is not None:
            yield event


def _as_row(sender_id: str, event: Event) -> dict[str, Any]:
    """The columns of an event, filled as Rasa's SQL store fills them."""
    data = event.as_dict()
    return {
        "sender_id": sender_id,
        "type_name": event.type_name,
        "timestamp": data.get("timestamp"),
        "intent_name": data.get("parse_data", {}).get("intent", {}).get("name"),
        "action_name": data.get("name"),
        "data": json.dumps(data),
    }
