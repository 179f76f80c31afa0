"""Rasa's SQL tracker store with a memory of each user, and without lost turns."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import groupby
from operator import itemgetter
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
from framework_plugin.components.tracker_snapshots import is_at_rest
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
        self._recent: OrderedDict[str, DialogueStateTracker] = OrderedDict()
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
            return self._remembered(sender_id)

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
        self._recent[user] = tracker
        self._recent.move_to_end(user)
        if len(self._recent) > _REMEMBERED:
            self._recent.popitem(last=False)
        try:
            written = await asyncio.to_thread(self._write, tracker, new)
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
            await self._publish(await asyncio.to_thread(self._write))
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

    def _remembered(self, user: str) -> MemoryTracker:
        """What was last saved of a user, with what its last message taught."""
        last = self._recent[user]
        tracker = MemoryTracker(user, self.domain.slots)
        for event in last.events:
            tracker.update(event)
        # A conversation that begins has a tracker of Rasa's own, without a memory.
        context = getattr(last, "user_context", tracker.user_context)
        facts = current_user_context(last).facts
        tracker.user_context = replace(context, facts=facts)
        return tracker

    def _write(
        self, tracker: DialogueStateTracker | None = None, new: Sequence[Event] = ()
    ) -> Written:
        """Writes what waits in the journal, then what is new, or nothing of it."""
        refused: list[Entry] = []
        with self._journal.taken() as waiting:
            with self._repository.writing() as connection:
                written = self._replay(connection, waiting, refused)
                if tracker is not None and new:
                    said = self._append_new(connection, tracker, new)
                    written.append((tracker.sender_id, said))
            if refused:
                self._journal.set_aside(refused, "the database, or Rasa, refuses them")
        self._journaled.clear()
        # Those that the database had already, too.
        self._stored.update((id(event), event) for event in new)
        return written

    def _replay(
        self, connection: Connection, waiting: Iterable[Entry], refused: list[Entry]
    ) -> Written:
        """Writes turns of the journal; one that is refused holds up no other."""
        written: Written = []
        for user, entries in groupby(waiting, key=itemgetter("sender_id")):
            turn = list(entries)
            found = [event_of(e.get("event", {}), "The journal") for e in turn]
            refused += [e for e, event in zip(turn, found, strict=True) if not event]
            said = [event for event in found if event]
            try:
                with connection.begin_nested():
                    said = not_in_database(connection, user, said)
                    written.append((user, self._append(connection, user, said)))
            except sa.exc.DataError:
                refused += turn
        return written

    def _append_new(
        self,
        connection: Connection,
        tracker: DialogueStateTracker,
        new: Sequence[Event],
    ) -> list[Event]:
        """Writes what is new of a tracker; returns what was."""
        user = tracker.sender_id
        # Only a tracker that came from here is known to hold nothing stored.
        if len(new) == len(tracker.events):
            new = not_in_database(connection, user, new)
        written = self._append(connection, user, new)
        if is_at_rest(tracker):
            self._reader.take_snapshot(connection, user)
        return written

    def _append(
        self, connection: Connection, user: str, said: Iterable[Event]
    ) -> list[Event]:
        """Writes events and what they teach; returns those that were written."""
        lasting = [event for event in said if not is_passing(event)]
        append_events(connection, (as_row(user, event) for event in lasting))
        for event in lasting:
            if isinstance(event, UserUttered):
                changes = told_changes(event)
                self._repository.write_changes(
                    connection, user, changes, event.timestamp
                )
        return lasting

    def _keep_for_later(self, user: str, new: list[Event]) -> None:
        """Puts events into the journal, each once."""
        entries = []
        for event in new:
            data = event.as_dict()
            key = (user, signature_of(data))
            if not is_passing(event) and key not in self._journaled:
                self._journaled.add(key)
                entries.append({"sender_id": user, "event": data})
        self._journal.add(entries)
        self._stored.update((id(event), event) for event in new)

    async def _publish(self, written: Written) -> None:
        if self.event_broker:
            for user, said in written:
                await self._stream_new_events(self.event_broker, said, user)
