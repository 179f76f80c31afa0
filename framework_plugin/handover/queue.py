"""The queue of conversations that wait for a person: one open entry per user.

Whoever changes it holds one lock until the change is committed. So two action servers
make one entry, two people cannot take the same one, and whoever is told to be the
second is the second.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy.engine import Connection

from framework_plugin.errors import HandoverError
from framework_plugin.handover import sentences
from framework_plugin.handover.entry import Asked, Entry, Outcome, Reason, Reply
from framework_plugin.handover.notices import CLOSED, OPENED, Notices
from framework_plugin.handover.place import QueueDatabase, entry_of_row, reply_of_row
from framework_plugin.handover.statements import statements_for

LONGEST_NAME = 64
LONGEST_REPLY = 2_000
"""Characters of what a person says at once."""

_LOCK = "queue of handovers"


class HandoverQueue:
    """Asks for a person, takes, answers and closes.

    All moments (`now`) are in seconds since the epoch. Errors of the database are those
    of the functions that were passed in.

    Args:
        database: Where the queue lives.
        notices: Are told of new and closed entries, if another system is.
    """

    def __init__(self, database: QueueDatabase, notices: Notices | None = None) -> None:
        self._database = database
        self._notices = notices
        self._sql = statements_for(database.entries, database.replies)

    def ask(
        self,
        sender_id: str,
        user_id: str,
        channel: str | None,
        reason: Reason,
        now: float,
    ) -> Asked:
        """Puts a user into the queue, unless they are in it.

        Args:
            sender_id: Whose conversation it is.
            user_id: Who that is: linked senders are one user.
            channel: Name of the channel of the conversation, if it is known.
            reason: Why a person is wanted.
            now: The present moment.
        """
        with self._changing() as connection:
            found = connection.execute(
                self._sql.open_for, {"user": user_id, "sender": sender_id}
            ).first()
            is_new = found is None
            if found is None:
                row = {
                    "sender_id": sender_id,
                    "open_for": user_id,
                    "channel": channel,
                    "reason": reason.value,
                    "asked_at": now,
                }
                made = connection.execute(self._sql.ask, row).inserted_primary_key[0]
                entry = self._entry(connection, int(made))
                self._tell(connection, OPENED, entry, now)
            else:
                entry = entry_of_row(found)
            return Asked(entry, self._ahead(connection, entry), is_new)

    def take(self, entry_id: int, name: str, now: float, seconds: float) -> Entry:
        """Gives a conversation to a person.

        One that somebody had and has left lying may be taken as well.

        Args:
            entry_id: Which one.
            name: Who takes it.
            now: The present moment.
            seconds: How long the person may be silent.

        Raises:
            HandoverError: If there is none, it is closed, or somebody else has it.
        """
        name = _checked_name(name)
        with self._changing() as connection:
            entry = self._open_entry(connection, entry_id)
            if entry.taken_by != name and entry.is_held(now):
                raise HandoverError(
                    f"Handover {entry_id} is with {entry.taken_by}. Expected one that "
                    "nobody has; take another, or wait until it is closed."
                )
            if entry.taken_by != name:
                self._say(connection, entry, None, sentences.taken(name), now)
            self._change(
                connection,
                entry,
                taken_at=now if entry.taken_by != name else entry.taken_at,
                taken_by=name,
                held_until=now + seconds,
            )
            return self._entry(connection, entry_id)

    def reply(self, entry_id: int, text: str, now: float, seconds: float) -> Reply:
        """Notes what the person who has a conversation says; the user gets it later.

        Args:
            entry_id: Which one.
            text: The words.
            now: The present moment.
            seconds: How long the person may then be silent.

        Raises:
            HandoverError: If nobody has it, or there is nothing to say.
        """
        words = text.strip()
        if not words or len(words) > LONGEST_REPLY:
            raise HandoverError(
                f"A reply has {len(words)} characters; expected 1 to {LONGEST_REPLY}. "
                "Write something, or send it in parts."
            )
        with self._changing() as connection:
            entry = self._open_entry(connection, entry_id)
            if entry.taken_by is None:
                raise HandoverError(
                    f"Nobody has taken handover {entry_id}, so nobody can speak in it. "
                    "Take it first."
                )
            self._change(connection, entry, held_until=now + seconds)
            made = self._say(connection, entry, entry.taken_by, words, now)
            return Reply(made, entry.id, entry.taken_by, words, now)

    def close(self, entry_id: int, now: float) -> Entry:
        """Gives a conversation back to the assistant, which tells the user.

        Raises:
            HandoverError: If there is none, or it is closed already.
        """
        with self._changing() as connection:
            entry = self._open_entry(connection, entry_id)
            said = sentences.CLOSED if entry.taken_by else sentences.CLOSED_UNTAKEN
            self._say(connection, entry, None, said, now)
            return self._end(connection, entry, Outcome.DONE, now)

    def leave(self, sender_id: str, now: float) -> Entry | None:
        """Takes a user out of the queue, or back from the person.

        Returns:
            The entry as it was; None if the user had none.
        """
        with self._changing() as connection:
            entry = self._open_of(connection, sender_id)
            if entry is not None:
                connection.execute(self._sql.drop, {"entry": entry.id})
                self._end(connection, entry, Outcome.LEFT, now)
            return entry

    def lapse(self, sender_id: str, now: float) -> Entry | None:
        """Ends an entry whose person has been silent for too long.

        Returns:
            The ended one; None if there was nothing to end.
        """
        with self._changing() as connection:
            entry = self._open_of(connection, sender_id)
            if entry is None or not entry.is_lapsed(now):
                return None
            return self._end(connection, entry, Outcome.LAPSED, now)

    def entry_of(self, sender_id: str) -> Entry | None:
        """The open entry of a conversation, if it has one."""
        with self._database.reading() as connection:
            return self._open_of(connection, sender_id)

    def find(self, entry_id: int) -> Entry:
        """The entry of an id.

        Raises:
            HandoverError: If there is none.
        """
        with self._database.reading() as connection:
            return self._entry(connection, entry_id)

    def ahead(self, entry: Entry) -> int:
        """How many wait in front of an entry."""
        with self._database.reading() as connection:
            return self._ahead(connection, entry)

    def opened(self) -> list[Entry]:
        """The open entries; those who asked first in front."""
        with self._database.reading() as connection:
            return [entry_of_row(row) for row in connection.execute(self._sql.opened)]

    def newest(self, limit: int) -> list[Entry]:
        """The newest entries, open or closed, newest first."""
        with self._database.reading() as connection:
            rows = connection.execute(self._sql.newest, {"limit": limit})
            return [entry_of_row(row) for row in rows]

    def pending(self, entry: Entry) -> list[Reply]:
        """What the user of an entry has yet to get, in order."""
        with self._database.reading() as connection:
            rows = connection.execute(self._sql.pending, {"entry": entry.id})
            return [reply_of_row(row) for row in rows]

    @contextmanager
    def _changing(self) -> Iterator[Connection]:
        with self._database.writing() as connection:
            self._database.hold(connection, _LOCK)
            yield connection

    def _entry(self, connection: Connection, entry_id: int) -> Entry:
        row = connection.execute(self._sql.entry, {"entry": entry_id}).first()
        if row is None:
            raise HandoverError(
                f"There is no handover {entry_id}. Expected the number of one of those "
                "that 'personal-chat handover list --all' shows."
            )
        return entry_of_row(row)

    def _open_entry(self, connection: Connection, entry_id: int) -> Entry:
        entry = self._entry(connection, entry_id)
        if not entry.is_open:
            raise HandoverError(
                f"Handover {entry_id} is closed. Expected an open one, as "
                "'personal-chat handover list' shows them; the user can ask for a "
                "person again."
            )
        return entry

    def _open_of(self, connection: Connection, sender_id: str) -> Entry | None:
        row = connection.execute(self._sql.open_of, {"sender": sender_id}).first()
        return None if row is None else entry_of_row(row)

    def _ahead(self, connection: Connection, entry: Entry) -> int:
        return int(connection.execute(self._sql.ahead, {"entry": entry.id}).scalar())

    def _change(self, connection: Connection, entry: Entry, **values: Any) -> None:
        connection.execute(self._sql.change.values(**values), {"entry": entry.id})

    def _say(
        self,
        connection: Connection,
        entry: Entry,
        speaker: str | None,
        text: str,
        now: float,
    ) -> int:
        row = {
            "handover_id": entry.id,
            "sender_id": entry.sender_id,
            "speaker": speaker,
            "text": text,
            "said_at": now,
        }
        return int(connection.execute(self._sql.say, row).inserted_primary_key[0])

    def _end(
        self, connection: Connection, entry: Entry, outcome: Outcome, now: float
    ) -> Entry:
        self._change(
            connection, entry, closed_at=now, outcome=outcome.value, open_for=None
        )
        ended = self._entry(connection, entry.id)
        self._tell(connection, CLOSED, ended, now)
        return ended

    def _tell(
        self, connection: Connection, event: str, entry: Entry, now: float
    ) -> None:
        if self._notices is not None:
            self._notices.put(connection, event, entry, now)


def _checked_name(name: str) -> str:
    name = name.strip()
    if not name or len(name) > LONGEST_NAME:
        raise HandoverError(
            f"A person's name has {len(name)} characters; expected 1 to {LONGEST_NAME}."
            " Give the name that the user shall read."
        )
    return name
