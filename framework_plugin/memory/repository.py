"""The memory of all users: read, taught and emptied."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from framework_plugin.corpus.user_context import TIME_ZONE, Fact, UserContext
from framework_plugin.memory.archive import Archive
from framework_plugin.memory.audit import AuditEntry, write_audit
from framework_plugin.memory.changes import FactChange
from framework_plugin.memory.database import WRITES, clear_log, store_errors
from framework_plugin.memory.encryption import check_key
from framework_plugin.memory.fact_rows import read_facts, read_past, write_message
from framework_plugin.memory.history import earlier_turns as read_earlier_turns
from framework_plugin.memory.migrations import migrate
from framework_plugin.memory.portability import Exported, export_user
from framework_plugin.memory.retention import retire
from framework_plugin.memory.search import (
    Recalled,
    SearchSettings,
    TextVectors,
    search,
)
from framework_plugin.memory.tables import (
    consents,
    encryption_check,
    events,
    tracker_snapshots,
    user_facts,
)
from framework_plugin.memory.turns import forget_found, index_user

logger = logging.getLogger(__name__)

EARLIER_TURNS = 20
_SEARCH = SearchSettings()


@dataclass(frozen=True)
class Forgotten:
    """What was removed.

    Args:
        facts: Number of facts.
        events: Number of events of conversations.
    """

    facts: int
    events: int


@dataclass(frozen=True)
class Retired:
    """What was moved out of the database.

    Args:
        users: Whose sessions, in number.
        events: Number of events.
    """

    users: int
    events: int


class MemoryRepository:
    """Facts and earlier turns of users in an SQL database.

    Args:
        engine: The database, from `open_engine`.
        time_zone: Where the days of users begin and end.
    """

    def __init__(self, engine: Engine, time_zone: str = TIME_ZONE) -> None:
        self._engine = engine
        self._time_zone = time_zone

    @property
    def engine(self) -> Engine:
        """The database."""
        return self._engine

    def create_tables(self) -> str | None:
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
        known = read_facts(connection, user_id, now)
        return UserContext(
            user_id,
            known.facts,
            read_earlier_turns(connection, user_id, earlier_turns, before),
            known.asked,
            self._time_zone,
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
        """What a user ever said that matters to a text; see `search.search`.

        Raises:
            MemoryStoreError: If the database cannot be read.
        """
        with self.reading() as connection:
            return search(
                *(connection, user_id, text, at, settings),
                before=before,
                vectors=vectors,
            )

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
        conversation, by default the user's only one.
        """
        said_in = user_id if source is None else source
        write_message(connection, user_id, changes, at, said_in)

    def export(
        self,
        user_id: str,
        waiting: Iterable[Mapping[str, Any]] = (),
        archived: Iterable[str] = (),
    ) -> Exported:
        """All that is stored of a user; see `portability.export_user`.

        Raises:
            MemoryStoreError: If the database cannot be read.
        """
        with self.reading() as connection:
            return export_user(connection, user_id, waiting, archived)

    def forget(self, user_id: str) -> Forgotten:
        """Removes all facts and all conversations of a user, and whether they agreed.

        Only the audit still names them. From an SQLite file they are gone to the last
        byte; a server overwrites them in its own time.

        Raises:
            MemoryStoreError: If the database cannot be written.
        """
        with self.writing() as connection:
            forget_found(connection, user_id)
            facts, said, _ = (
                connection.execute(sa.delete(table).where(column == user_id)).rowcount
                for table, column in (
                    (user_facts, user_facts.c.user_id),
                    (events, events.c.sender_id),
                    (tracker_snapshots, tracker_snapshots.c.sender_id),
                )
            )
            connection.execute(sa.delete(consents).where(consents.c.user_id == user_id))
        self.clear_log()
        return Forgotten(facts, said)

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
        counts = []
        for user_id in self.users():
            with self.writing() as connection:
                counts.append(retire(connection, user_id, before, archive))
        self.clear_log()
        return Retired(sum(map(bool, counts)), sum(counts))

    def index(self) -> int:
        """Makes what was said before this version findable, and anything else anew.

        Returns:
            The number of users.

        Raises:
            MemoryStoreError: If the database cannot be written.
        """
        users = self.users()
        for user_id in users:
            with self.writing() as connection:
                index_user(connection, user_id)
        return len(users)

    def users(self) -> tuple[str, ...]:
        """The ids of all users with facts or conversations, in alphabetical order.

        Raises:
            MemoryStoreError: If the database cannot be read.
        """
        known = sa.union(sa.select(user_facts.c.user_id), sa.select(events.c.sender_id))
        with self.reading() as connection:
            return tuple(sorted(connection.execute(known).scalars()))

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
        with store_errors(self._engine.url, "read"), self._engine.connect() as opened:
            yield opened

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that is committed as a whole or not at all."""
        with store_errors(self._engine.url, "write to"):
            engine = self._engine.execution_options(**{WRITES: True})
            with engine.begin() as opened:
                yield opened
