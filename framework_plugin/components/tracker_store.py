"""Rasa's SQL tracker store with a memory of each user, and without lost turns."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any
from weakref import WeakValueDictionary

import sqlalchemy as sa
from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import SQLTrackerStore, TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from sqlalchemy.engine import Connection

from framework_plugin.components.memory_tracker import MemoryTracker
from framework_plugin.components.session_reader import WINDOW, SessionReader
from framework_plugin.components.stored_events import (
    as_row,
    event_of,
    is_passing,
    not_in_database,
    signature_of,
)
from framework_plugin.components.user_memory import current_user_context, told_changes
from framework_plugin.errors import MemoryStoreError
from framework_plugin.memory.database import (
    DatabaseSettings,
    create_database,
    journal_path,
    open_engine,
)
from framework_plugin.memory.history import append_events
from framework_plugin.memory.journal import Entry, Journal
from framework_plugin.memory.repository import MemoryRepository

logger = logging.getLogger(__name__)

_REMEMBERED = 100
"""Conversations that can go on while the database is away."""

Written = list[tuple[str, list[Event]]]
"""Events that a transaction has written, by user."""


class MemoryTrackerStore(SQLTrackerStore):
    """Keeps conversations in Rasa's own table and learns from every message.

    Named in `endpoints.yml` as
    `type: framework_plugin.components.tracker_store.MemoryTrackerStore`, with the keys
    of Rasa's SQL store. Both stores can read what the other one wrote.

    Which events are new is known by the events themselves, not, as in Rasa, by
    counting: so nothing is lost when a retrieve failed, when another process wrote
    meanwhile, or when some events are not persisted. What the database does not take
    goes to a journal beside it, and from there to the database when that is back. Until
    then conversations go on from what this process remembers of them.

    Of a long session only the last turns are read, behind a snapshot of the slots: a
    turn costs the same, however long the session. The database is waited for in a
    thread, so that other conversations go on.

    Args:
        domain: The domain of the assistant.
        event_broker: Where new events are also published.
        host: The key `url` of `endpoints.yml`: a host, or the URL of a database.
        window: At least how many of the user's last messages a tracker holds, if the
            session has as many. Policies with a `max_history` of no more than twice as
            many see what they would see in the whole; 0 reads whole sessions, as Rasa
            does.
        journal: File for what the database does not take; see `journal_path` for where
            it is by default.
        archive: Folder that `personal-chat memory retention` moves old sessions to; the
            store itself never looks there.
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
        window: int = WINDOW,
        journal: str | None = None,
        archive: str | None = None,
        **options: Any,
    ) -> None:
        self._reader = SessionReader(window, self._tracker_of)
        settings = DatabaseSettings.from_mapping({**options, "url": host})
        if settings.login_db:
            create_database(settings)
        self.engine = open_engine(settings.to_url())
        self.sessionmaker = sa.orm.sessionmaker(bind=self.engine)
        self._repository = MemoryRepository(self.engine)
        self._repository.create_tables()
        self._stored: WeakValueDictionary[int, Event] = WeakValueDictionary()
        self._journal = Journal(journal_path(self.engine.url, journal))
        self._journaled: set[Any] = set()
        self._recent: OrderedDict[str, MemoryTracker] = OrderedDict()
        # The parent's constructor would open a second engine and, while the database
        # is away, wait for it forever.
        TrackerStore.__init__(self, domain, event_broker)

    def init_tracker(self, sender_id: str) -> MemoryTracker:
        """An empty tracker for a conversation that begins."""
        return MemoryTracker(sender_id, self.domain.slots, self.max_event_history)

    async def retrieve(self, sender_id: str) -> MemoryTracker | None:
        """The latest session of a user with the user's memory, or None.

        Of a long session, what `window` says. While the database is away, what this
        process was last given to save.

        Raises:
            MemoryStoreError: If the database cannot be read, and nothing is remembered.
        """
        try:
            return await self._loaded(sender_id, self._reader.latest)
        except MemoryStoreError as error:
            if sender_id not in self._recent:
                raise
            logger.error("%s Going on from what is remembered meanwhile.", error)
            return self._copied(self._recent[sender_id])

    async def retrieve_full_tracker(self, conversation_id: str) -> MemoryTracker | None:
        """All sessions of a user with the user's memory, or None.

        Raises:
            MemoryStoreError: If the database cannot be read.
        """
        return await self._loaded(conversation_id, self._reader.full)

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Appends what is new, and what it teaches, in one transaction.

        If the database does not take it, that is logged and the journal does: the next
        call that finds the database again writes it there.
        """
        user = tracker.sender_id
        new = [e for e in tracker.events if self._stored.get(id(e)) is not e]
        # Only a tracker that came from here is known to hold nothing stored.
        doubtful = len(new) == len(tracker.events)
        self._recall_later(tracker)
        try:
            written = await asyncio.to_thread(self._write, user, new, doubtful)
        except MemoryStoreError as error:
            self._keep_for_later(user, new)
            logger.error("%s The turn of '%s' waits in the journal.", error, user)
        else:
            await self._publish(written)

    async def _loaded(
        self,
        user: str,
        read: Callable[[Connection, str], MemoryTracker | None],
    ) -> MemoryTracker | None:
        if self._journal.waiting:
            await self._publish(await asyncio.to_thread(self._write, user, [], False))
        return await asyncio.to_thread(self._load, user, read)

    def _load(
        self, user: str, read: Callable[[Connection, str], MemoryTracker | None]
    ) -> MemoryTracker | None:
        with self._repository.reading() as connection:
            tracker = read(connection, user)
            if tracker is not None:
                context = self._repository.read_context(connection, user)
                tracker.user_context = context
            return tracker

    def _tracker_of(self, user: str, stored: Iterable[Event]) -> MemoryTracker:
        """A tracker of events that shall not be stored again."""
        tracker = MemoryTracker(user, self.domain.slots)
        for event in stored:
            self._stored[id(event)] = event
            tracker.update(event)
        return tracker

    def _write(self, user: str, new: list[Event], doubtful: bool) -> Written:
        """Writes what waits in the journal, then what is new, or nothing of it."""
        with self._journal.taken() as waiting, self._repository.writing() as connection:
            written = [
                (who, self._append_or_set_aside(connection, who, said))
                for who, said in _by_turn(waiting)
            ]
            if new:
                written.append((user, self._append(connection, user, new, doubtful)))
        self._journaled.clear()
        # Those that the database had already, too.
        self._stored.update((id(event), event) for event in new)
        return written

    def _append_or_set_aside(
        self, connection: Connection, user: str, said: list[Event]
    ) -> list[Event]:
        """Writes a turn of the journal; one that is refused holds up no other."""
        try:
            with connection.begin_nested():
                return self._append(connection, user, said, doubtful=True)
        except sa.exc.DataError as error:
            self._journal.set_aside(_entries(user, said), error)
            return []

    def _append(
        self, connection: Connection, user: str, said: list[Event], doubtful: bool
    ) -> list[Event]:
        """Writes events and what they teach; returns those that were written."""
        if doubtful:
            said = not_in_database(connection, user, said)
        new = [event for event in said if not is_passing(event)]
        append_events(connection, (as_row(user, event) for event in new))
        for event in new:
            if isinstance(event, UserUttered):
                changes = told_changes(event)
                self._repository.write_changes(
                    connection, user, changes, event.timestamp
                )
        self._reader.take_snapshot(connection, user)
        return new

    def _recall_later(self, tracker: DialogueStateTracker) -> None:
        """Remembers a tracker, with what its last message taught."""
        user, kept = tracker.sender_id, self._copied(tracker)
        facts = current_user_context(tracker).facts
        kept.user_context = replace(kept.user_context, facts=facts)
        self._recent[user] = kept
        self._recent.move_to_end(user)
        if len(self._recent) > _REMEMBERED:
            self._recent.popitem(last=False)

    def _copied(self, tracker: DialogueStateTracker) -> MemoryTracker:
        """The same events, those not stored still to be stored."""
        copy = MemoryTracker(tracker.sender_id, self.domain.slots)
        for event in tracker.events:
            copy.update(event)
        # A conversation that begins has a tracker of Rasa's own.
        copy.user_context = getattr(tracker, "user_context", copy.user_context)
        return copy

    def _keep_for_later(self, user: str, new: list[Event]) -> None:
        """Puts events into the journal, each once."""
        entries = []
        for entry in _entries(user, [e for e in new if not is_passing(e)]):
            key = (user, signature_of(entry["event"]))
            if key not in self._journaled:
                self._journaled.add(key)
                entries.append(entry)
        self._journal.add(entries)
        self._stored.update((id(event), event) for event in new)

    async def _publish(self, written: Written) -> None:
        if self.event_broker:
            for user, said in written:
                await self._stream_new_events(self.event_broker, said, user)


def _entries(user: str, said: Iterable[Event]) -> list[Entry]:
    """Events as the journal keeps them."""
    return [{"sender_id": user, "event": event.as_dict()} for event in said]


def _by_turn(entries: Iterable[Entry]) -> Written:
    """The events of a journal, in order; those of a user that follow each other joined.

    Entries of kinds that Rasa does not know are left out with a warning.
    """
    turns: Written = []
    for entry in entries:
        event = event_of(entry["event"], "An entry of the journal")
        if event is None:
            continue
        if not turns or turns[-1][0] != entry["sender_id"]:
            turns.append((entry["sender_id"], []))
        turns[-1][1].append(event)
    return turns
