"""Rasa's SQL tracker store with a memory of each user, and without lost turns."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

import sqlalchemy as sa
from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import SQLTrackerStore, TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from sqlalchemy.engine import Connection

from framework_plugin.components.consent_gate import ConsentGate, Verdict
from framework_plugin.components.discretion import Discretion, without_unsaid
from framework_plugin.components.follow_up import note_session
from framework_plugin.components.handover_gate import note_said, read_desk
from framework_plugin.components.memory_tracker import MemoryTracker
from framework_plugin.components.recalling import Recaller
from framework_plugin.components.recent_trackers import RecentTrackers
from framework_plugin.components.secret_codes import without_secrets
from framework_plugin.components.session_reader import WINDOW, SessionReader
from framework_plugin.components.stored_events import (
    as_row,
    event_of,
    is_passing,
    not_in_database,
    signature_of,
)
from framework_plugin.components.tracker_snapshots import is_at_rest
from framework_plugin.components.unsaying import unsay_latest
from framework_plugin.components.user_memory import told_changes
from framework_plugin.corpus.user_context import TIME_ZONE, UserContext
from framework_plugin.errors import MemoryStoreError
from framework_plugin.memory.archive import Archive
from framework_plugin.memory.consent import Consent, ConsentTold
from framework_plugin.memory.database import (
    DatabaseSettings,
    create_database,
    journal_path,
    open_engine,
    privacy_settings,
)
from framework_plugin.memory.dates import zone_of
from framework_plugin.memory.forgetting import Forgotten
from framework_plugin.memory.history import append_events
from framework_plugin.memory.identities import person_of
from framework_plugin.memory.journal import Entry, Journal
from framework_plugin.memory.masked_logs import mask_logs
from framework_plugin.memory.opening import Memory
from framework_plugin.memory.pages import PAGE
from framework_plugin.memory.plans import settle_plans
from framework_plugin.memory.privacy import PRIVACY_KEYS
from framework_plugin.memory.repository import MemoryRepository
from framework_plugin.memory.turns import Message, note_message
from framework_plugin.memory.unsaying import asks_to_unsay

logger = logging.getLogger(__name__)

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
            store only removes there those of users who want to be forgotten.
        time_zone: Where the days of users begin and end: `明天` is seen from there.
        options: The other keys; see `DatabaseSettings` and `PrivacySettings`.

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
        time_zone: str = TIME_ZONE,
        **options: Any,
    ) -> None:
        privacy = privacy_settings(options)
        if privacy.masking:
            mask_logs()
        self._discretion = Discretion(privacy.masking)
        stored_slots = self._discretion.stored_slots
        self._reader = SessionReader(window, self._tracker_of, stored_slots)
        others = {k: v for k, v in options.items() if k not in PRIVACY_KEYS}
        settings = DatabaseSettings.from_mapping({**others, "url": host})
        if settings.login_db:
            create_database(settings)
        self.engine = open_engine(settings.to_url(), privacy.cipher)
        self.sessionmaker = sa.orm.sessionmaker(bind=self.engine)
        zone_of(time_zone)
        self._time_zone = time_zone
        self._repository = MemoryRepository(self.engine, time_zone)
        self._repository.migrate()
        self._recaller = Recaller(self._repository)
        self._stored: WeakValueDictionary[int, Event] = WeakValueDictionary()
        self._journal = Journal(journal_path(self.engine.url, journal), privacy.cipher)
        old = Archive(Path(archive), privacy.cipher) if archive else None
        self.memory = Memory(self._repository, self._journal, old, privacy)
        self._gate = ConsentGate(self.memory) if privacy.consent_required else None
        self.failures = {"retrieve": 0, "save": 0}
        self._journaled: set[Any] = set()
        self._recent = RecentTrackers()
        # The parent's constructor would open a second engine and, while the database
        # is away, wait for it forever.
        TrackerStore.__init__(self, domain, event_broker)

    def init_tracker(self, sender_id: str) -> MemoryTracker:
        """An empty tracker for a conversation that begins."""
        tracker = MemoryTracker(sender_id, self.domain.slots, self.max_event_history)
        tracker.user_context = UserContext(sender_id, time_zone=self._time_zone)
        return tracker

    async def retrieve(self, sender_id: str) -> MemoryTracker | None:
        """The latest session of a user with the user's memory, or None.

        Of a sender who is known by others, but says the first words, an empty one.
        Of a long session, what `window` says. While the database is away, what this
        process was last given to save; and so of users who have not agreed to be
        remembered, if they must.

        Raises:
            MemoryStoreError: If the database cannot be read, and nothing is remembered.
        """
        if not await self._may_store(sender_id):
            return self._recent.of(sender_id, self.domain.slots)
        try:
            return await self._loaded(sender_id, self._reader.latest)
        except MemoryStoreError as error:
            self.failures["retrieve"] += 1
            remembered = self._recent.of(sender_id, self.domain.slots)
            if remembered is None:
                raise
            logger.error("%s Going on from what is remembered meanwhile.", error)
            return remembered

    async def retrieve_full_tracker(self, conversation_id: str) -> MemoryTracker | None:
        """All sessions of a user with the user's memory, or None.

        Raises:
            MemoryStoreError: If the database cannot be read.
        """
        if not await self._may_store(conversation_id):
            return await self.retrieve(conversation_id)
        return await self._loaded(conversation_id, self._reader.full)

    async def keys(self) -> list[str]:
        """The ids of all conversations; see `all_keys` for very many.

        Raises:
            MemoryStoreError: If the database cannot be read.
        """
        return [sender_id async for sender_id in self.all_keys()]

    async def all_keys(self) -> AsyncIterator[str]:
        """The ids of all conversations, read a page at a time as they are asked for.

        Raises:
            MemoryStoreError: If the database cannot be read.
        """
        after: str | None = None
        while page := await self.keys_page(after):
            for sender_id in page:
                yield sender_id
            after = page[-1]

    async def keys_page(self, after: str | None = None, limit: int = PAGE) -> list[str]:
        """A page of the ids of conversations, in the order of the database.

        Args:
            after: The last id of the page before; None for the first page.
            limit: At most how many, from 1 to 500.

        Raises:
            MemoryStoreError: If the database cannot be read.
            ValueError: If `limit` is impossible.
        """
        return await asyncio.to_thread(self._repository.senders, after, limit)

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Appends what is new, and what it teaches, in one transaction.

        Nothing is written of users who have not agreed to it, if they must. If the
        database does not take it, that is logged and the journal does: the next call
        that finds the database again writes it there.
        """
        user = tracker.sender_id
        new = [e for e in tracker.events if self._stored.get(id(e)) is not e]
        self._recent.keep(tracker)
        if self._gate:
            verdict = await asyncio.to_thread(self._gate.decide, tracker, new)
            if verdict is Verdict.FORGET:
                self._leave(user)
            if verdict is not Verdict.STORE:
                return
        try:
            written = await asyncio.to_thread(self._write, tracker, new)
        except MemoryStoreError as error:
            self.failures["save"] += 1
            self._keep_for_later(user, new)
            logger.error("%s The turn of '%s' waits in the journal.", error, user)
        else:
            await self._publish(written)

    def forget(self, user: str) -> Forgotten:
        """Removes all that is stored of a user, and what this process knows of them.

        Raises:
            MemoryStoreError: If the database cannot be written.
            OSError: If a file cannot be changed.
        """
        for sender in self._repository.person(user).senders:
            self._leave(sender.sender_id)
        return self.memory.forget(user)

    async def consent_of(self, user: str) -> ConsentTold | None:
        """What a user said of being remembered; None if nothing, or none is needed.

        Raises:
            MemoryStoreError: If the database cannot be read.
        """
        if not self._gate:
            return None
        return await asyncio.to_thread(self._gate.told, user)

    async def settle_consent(self, user: str, state: Consent, at: float) -> None:
        """Takes what a user says of being remembered elsewhere than in a message.

        Agreed, the conversation under way is stored as far as this process has it;
        refused, all is forgotten. Whoever calls holds the lock of the conversation.

        Raises:
            MemoryStoreError: If the database cannot be written.
            OSError: If a file cannot be changed.
        """
        if not self._gate:
            return
        person = await asyncio.to_thread(self._repository.person, user)
        await asyncio.to_thread(self._gate.settle, user, state, at)
        if state is Consent.REFUSED:
            for sender in person.senders:
                self._leave(sender.sender_id)
        elif under_way := self._recent.of(user, self.domain.slots):
            await self.save(under_way)

    def _leave(self, user: str) -> None:
        self._recent.forget(user)
        self._reader.forget(user)
        self._discretion.forget(user)

    async def _may_store(self, user: str) -> bool:
        return not self._gate or await asyncio.to_thread(self._gate.is_open, user)

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
            if tracker is None and person_of(connection, user).others(user):
                # The first words here of somebody who is known from elsewhere.
                tracker = self.init_tracker(user)
            if tracker is not None:
                now = time.time()
                present = self._repository.read_present(connection, user, now)
                tracker.user_context = present.context
                tracker.open_plans = present.plans
                tracker.is_settled = present.is_settled
                tracker.recall = self._recaller.of(user)
                tracker.at_desk = read_desk(connection, user, now)
            return tracker

    def _tracker_of(self, user: str, stored: Iterable[Event]) -> MemoryTracker:
        """A tracker of events that shall not be stored again."""
        tracker = MemoryTracker(user, self.domain.slots)
        for found in stored:
            event = self._discretion.as_it_was(user, found)
            self._stored[id(event)] = event
            tracker.update(event)
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
        if any(asks_to_unsay(e.text or "") for e in new if isinstance(e, UserUttered)):
            self._repository.clear_log()
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
        settled = getattr(tracker, "is_settled", False)
        written = self._append(connection, user, new, settled=settled)
        if settled:
            # That was so when it was read; these events may have opened something.
            tracker.is_settled = False
        if is_at_rest(tracker):
            self._reader.take_snapshot(connection, user)
        return written

    def _append(
        self,
        connection: Connection,
        user: str,
        said: Iterable[Event],
        *,
        settled: bool = False,
    ) -> list[Event]:
        """Writes events and what they teach; returns those that were written.

        Where nothing was open that a message could settle, and the message tells
        nothing, the facts stay as they are.
        """
        kept = [without_secrets(event) for event in said if not is_passing(event)]
        lasting, reaches_back = without_unsaid(kept)
        if reaches_back:
            unsay_latest(connection, self._repository, user)
            self._discretion.forget(user)
        forms = [self._discretion.stored_form(user, event) for event in lasting]
        rows = (as_row(user, *pair) for pair in zip(lasting, forms, strict=True))
        ids = iter(append_events(connection, rows))
        for event, form in zip(lasting, forms, strict=True):
            if isinstance(event, UserUttered):
                changes = told_changes(event, self._time_zone)
                text, at = form.get("text") or "", event.timestamp
                heard = Message(user, next(ids), text, at)
                tells = note_message(connection, heard, changes)
                settled = settled and not changes
                if not settled:
                    self._repository.write_changes(connection, user, changes, at)
                    settle_plans(connection, user, text, changes, at, tells=tells)
        note_session(connection, user, lasting)
        note_said(connection, user, lasting)
        return lasting

    def _keep_for_later(self, user: str, new: list[Event]) -> None:
        """Puts events into the journal, each once."""
        entries = []
        for event in without_unsaid(new)[0]:
            data = self._discretion.stored_form(user, without_secrets(event))
            key = (user, signature_of(data))
            if not is_passing(event) and key not in self._journaled:
                self._journaled.add(key)
                entries.append({"sender_id": user, "event": data})
        self._journal.add(entries)
        self._stored.update((id(event), event) for event in new)

    async def _publish(self, written: Written) -> None:
        if self.event_broker:
            for user, said in written:
                shown = [self._discretion.published_form(event) for event in said]
                await self._stream_new_events(self.event_broker, shown, user)
