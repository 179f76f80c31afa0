"""The memory of all users: read, taught and emptied."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy.engine import Connection, Engine

from framework_plugin.corpus.dialogue import Turn
from framework_plugin.corpus.user_context import TIME_ZONE, Fact, UserContext
from framework_plugin.memory.archive import Archive
from framework_plugin.memory.audit import AuditEntry, write_audit
from framework_plugin.memory.changes import FactChange
from framework_plugin.memory.database import (
    WRITES,
    clear_log,
    reading_engine,
    store_errors,
)
from framework_plugin.memory.encryption import check_key
from framework_plugin.memory.fact_rows import (
    StoredFacts,
    read_facts,
    read_past,
    take_back_question,
    write_message,
)
from framework_plugin.memory.forgetting import Forgotten, forget_person
from framework_plugin.memory.history import earlier_turns as read_earlier_turns
from framework_plugin.memory.identities import (
    Person,
    Sender,
    alone,
    held_user,
    link,
    person_of,
    unlink,
)
from framework_plugin.memory.migrations import migrate
from framework_plugin.memory.pages import PAGE, SENDERS, all_users
from framework_plugin.memory.plans import Plan, facts_and_plans
from framework_plugin.memory.portability import Exported, export_person
from framework_plugin.memory.retention import retire
from framework_plugin.memory.search import (
    Recalled,
    SearchSettings,
    TextVectors,
    search,
    within_budget,
)
from framework_plugin.memory.summaries import SessionSummary, all_summaries
from framework_plugin.memory.tables import encryption_check
from framework_plugin.memory.turns import index_person

logger = logging.getLogger(__name__)

EARLIER_TURNS = 20
_SEARCH = SearchSettings()


@dataclass(frozen=True)
class Retired:
    """What was moved out of the database.

    Args:
        users: Whose sessions, in number.
        events: Number of events.
    """

    users: int
    events: int


@dataclass(frozen=True)
class Present:
    """What a message is answered with.

    Args:
        context: What is known of the user.
        plans: Those to ask about, the newest first.
        is_settled: Whether no plan and no question is open, which a message that tells
            no facts could close.
    """

    context: UserContext
    plans: tuple[Plan, ...]
    is_settled: bool


class MemoryRepository:
    """Facts and earlier turns of users in an SQL database.

    Args:
        engine: The database, from `open_engine`.
        time_zone: Where the days of users begin and end.
    """

    def __init__(self, engine: Engine, time_zone: str = TIME_ZONE) -> None:
        self._engine = engine
        self._read_engine = reading_engine(engine)
        self._time_zone = time_zone

    @property
    def engine(self) -> Engine:
        """The database."""
        return self._engine

    def migrate(self) -> str | None:
        """Brings the tables up to date; see `migrate`.

        Returns:
            The version that they had before; None if they knew of none.

        Raises:
            MemoryStoreError: If the database does not allow it, or a newer version of
                this package has made it.
        """
        with store_errors(self._engine.url, "bring up to date"):
            before = migrate(self._engine)
        with self.writing() as connection:
            check_key(connection, encryption_check)
        return before

    def user_context(
        self,
        user_id: str,
        earlier_turns: int = EARLIER_TURNS,
        before: float | None = None,
        now: float = 0.0,
    ) -> UserContext:
        """What is known of a user.

        The cost depends on the number asked for, not on the length of the history.

        Args:
            user_id: Rasa's `sender_id`.
            earlier_turns: At most how many turns.
            before: Only turns before this time, in seconds since the epoch; by
                default those before the latest session.
            now: Plans whose days were over then are left out, in seconds since the
                epoch; by default none are.

        Raises:
            MemoryStoreError: If the database cannot be read.
        """
        with self.reading() as connection:
            return self.read_context(connection, user_id, earlier_turns, before, now)

    def read_context(
        self,
        connection: Connection,
        user_id: str,
        earlier_turns: int = EARLIER_TURNS,
        before: float | None = None,
        now: float = 0.0,
    ) -> UserContext:
        """`user_context` on a connection that is open."""
        person = person_of(connection, user_id)
        known = read_facts(connection, person.user_id, now)
        turns = read_earlier_turns(
            connection, user_id, earlier_turns, before, person.others(user_id)
        )
        return self._context(person, known, turns)

    def read_present(self, connection: Connection, user_id: str, now: float) -> Present:
        """What a message is answered with.

        Args:
            connection: To the database.
            user_id: Rasa's `sender_id`.
            now: In seconds since the epoch.
        """
        known = facts_and_plans(connection, user_id, now)
        is_linked = known.user_id != user_id
        person = person_of(connection, user_id) if is_linked else alone(user_id)
        turns = read_earlier_turns(
            connection, user_id, EARLIER_TURNS, None, person.others(user_id)
        )
        context = self._context(person, known.facts, turns)
        return Present(context, known.plans, known.is_settled)

    def _context(
        self, person: Person, known: StoredFacts, turns: tuple[Turn, ...]
    ) -> UserContext:
        return UserContext(
            person.user_id, known.facts, turns, known.asked, self._time_zone
        )

    def recall(
        self,
        user_id: str,
        text: str,
        at: float,
        *,
        before: float | None = None,
        settings: SearchSettings = _SEARCH,
        vectors: TextVectors | None = None,
    ) -> tuple[Recalled, ...]:
        """What a person ever said, by any sender, that matters to a text.

        See `search.search`.

        Raises:
            MemoryStoreError: If the database cannot be read.
        """
        with self.reading() as connection:
            found = [
                one
                for sender in person_of(connection, user_id).senders
                for one in search(
                    *(connection, sender.sender_id, text, at, settings),
                    before=before,
                    vectors=vectors,
                )
            ]
        return within_budget(found, settings)

    def sessions(self, user_id: str) -> list[SessionSummary]:
        """The summaries of a person's sessions by all senders, the oldest first.

        Raises:
            MemoryStoreError: If the database cannot be read.
        """
        with self.reading() as connection:
            senders = person_of(connection, user_id).senders
            return all_summaries(connection, [one.sender_id for one in senders])

    def past_facts(self, user_id: str, now: float) -> tuple[Fact, ...]:
        """What was true of a user and is no longer, oldest first.

        Args:
            user_id: Rasa's `sender_id`.
            now: In seconds since the epoch: plans that were over then are past.

        Raises:
            MemoryStoreError: If the database cannot be read.
        """
        with self.reading() as connection:
            return read_past(connection, user_id, now)

    def learn(self, user_id: str, changes: Iterable[FactChange], at: float) -> None:
        """Applies changes to the profile of a user.

        Args:
            user_id: Rasa's `sender_id`.
            changes: What the user said.
            at: When, in seconds since the epoch.

        Raises:
            MemoryStoreError: If the database cannot be written.
        """
        with self.writing() as connection:
            self.write_changes(connection, user_id, tuple(changes), at)

    def write_changes(
        self,
        connection: Connection,
        user_id: str,
        changes: Sequence[FactChange],
        at: float,
        source: str | None = None,
    ) -> None:
        """`learn` within a transaction that is open; see `fact_rows.write_message`.

        Without changes a question that is open is taken back. The source is the
        conversation, by default the sender's own.
        """
        said_in = user_id if source is None else source
        if not changes:
            take_back_question(connection, user_id)
            return
        (person_id,) = held_user(connection, user_id)
        write_message(connection, person_id, changes, at, said_in)

    def export(
        self,
        user_id: str,
        waiting: Iterable[Mapping[str, Any]] = (),
        archived: Callable[[str], Iterable[str]] | None = None,
    ) -> Exported:
        """All that is stored of a person; see `portability.export_person`.

        Raises:
            MemoryStoreError: If the database cannot be read.
        """
        with self.reading() as connection:
            return export_person(connection, user_id, waiting, archived)

    def forget(self, user_id: str) -> Forgotten:
        """Removes all facts and all conversations of a person, by all their senders.

        Only the audit still names them. From an SQLite file they are gone to the last
        byte; a server overwrites them in its own time.

        Args:
            user_id: Rasa's `sender_id` of any of them.

        Raises:
            MemoryStoreError: If the database cannot be written.
        """
        with self.writing() as connection:
            forgotten = forget_person(connection, user_id)
        self.clear_log()
        return forgotten

    def person(self, user_id: str) -> Person:
        """Who a sender is, and by which senders that person speaks.

        Raises:
            MemoryStoreError: If the database cannot be read.
        """
        with self.reading() as connection:
            return person_of(connection, user_id)

    def link(self, one: str, other: str, at: float) -> bool:
        """Makes two senders one person; see `identities.link`.

        Raises:
            MemoryStoreError: If the database cannot be written.
        """
        with self.writing() as connection:
            return link(connection, Sender(one), Sender(other), at)

    def unlink(self, user_id: str) -> bool:
        """Makes a sender a person of their own; see `identities.unlink`.

        Raises:
            MemoryStoreError: If the database cannot be written.
        """
        with self.writing() as connection:
            return unlink(connection, user_id)

    def note(self, entry: AuditEntry) -> None:
        """Adds an entry to the audit.

        Raises:
            MemoryStoreError: If the database cannot be written.
        """
        with self.writing() as connection:
            write_audit(connection, entry)

    def retire(self, before: float, archive: Archive | None = None) -> Retired:
        """Removes old sessions of all users; see `retention.retire`.

        Each user's are archived and removed in a transaction of their own: an
        interrupted run has done whole users, and the next goes on.

        Args:
            before: Sessions without an event since then, in seconds since the epoch.
            archive: Where they go first; None keeps none.

        Raises:
            MemoryStoreError: If the database cannot be written.
            OSError: If the archive cannot be written.
        """
        users = removed = 0
        for page in SENDERS.all(self.reading):
            for sender_id in page:
                with self.writing() as connection:
                    count = retire(connection, sender_id, before, archive)
                users += count > 0
                removed += count
        self.clear_log()
        return Retired(users, removed)

    def index(self) -> int:
        """Makes what was said before this version findable, and anything else anew.

        Returns:
            The number of senders.

        Raises:
            MemoryStoreError: If the database cannot be written.
        """
        count = 0
        for page in SENDERS.all(self.reading):
            for sender_id in page:
                with self.writing() as connection:
                    index_person(connection, sender_id)
            count += len(page)
        return count

    def users(self) -> Iterator[str]:
        """The ids of all users with facts or conversations, each once.

        Linked senders are one user. They are read some hundred at a time, as they are
        asked for.

        Raises:
            MemoryStoreError: If the database cannot be read.
        """
        return all_users(self.reading)

    def senders(self, after: str | None = None, limit: int = PAGE) -> list[str]:
        """A page of the ids that have conversations; see `IdPages.read`.

        Raises:
            MemoryStoreError: If the database cannot be read.
        """
        with self.reading() as connection:
            return SENDERS.read(connection, after, limit)

    def clear_log(self) -> None:
        """Leaves no trace of what was removed in the log of an SQLite file."""
        with store_errors(self._engine.url, "write to"):
            if not clear_log(self._engine):
                logger.warning(
                    "Another process is reading '%s': traces of what was removed stay "
                    "in its log until that is done and something is written.",
                    self._engine.url.database,
                )

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection to read from."""
        with (
            store_errors(self._engine.url, "read"),
            self._read_engine.connect() as opened,
        ):
            yield opened

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that is committed as a whole or not at all."""
        with store_errors(self._engine.url, "write to"):
            engine = self._engine.execution_options(**{WRITES: True})
            with engine.begin() as opened:
                yield opened
