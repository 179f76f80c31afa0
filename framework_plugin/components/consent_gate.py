"""Whether the conversation of a user may be stored, where users must agree to it."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from enum import Enum, auto

from rasa.shared.core.events import BotUttered, Event, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from framework_plugin.components.session import opens_session
from framework_plugin.errors import MemoryStoreError
from framework_plugin.memory.audit import AuditEntry, write_audit
from framework_plugin.memory.consent import (
    Consent,
    ConsentReader,
    ConsentTold,
    read_consent,
    read_told,
    write_consent,
)
from framework_plugin.memory.opening import Memory

logger = logging.getLogger(__name__)


class Verdict(Enum):
    """What is to be done with a turn."""

    STORE = auto()
    PASS = auto()
    """It stays in this process."""
    FORGET = auto()
    """It, and all that is known of its user, is to be forgotten."""


class ConsentGate:
    """Keeps turns out of the database until their user agrees.

    Who has not been asked, has not answered or does not want to be remembered, goes on
    talking from the memory of this process alone.

    Args:
        memory: Holds who agreed, and is emptied for those who take it back.
    """

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        # For the time in which the database is away.
        self._given: set[str] = set()
        self._unwritten: dict[str, tuple[Consent, float]] = {}

    def is_open(self, user: str) -> bool:
        """Whether a user has agreed, as far as can be known now."""
        if user in self._unwritten:
            return self._unwritten[user][0] is Consent.GIVEN
        try:
            with self._memory.repository.reading() as connection:
                given = read_consent(connection, user) is Consent.GIVEN
        except MemoryStoreError:
            return user in self._given
        (self._given.add if given else self._given.discard)(user)
        return given

    def told(self, user: str) -> ConsentTold | None:
        """What a user said last, and when; None if they have not been heard.

        Raises:
            MemoryStoreError: If the database cannot be read.
        """
        if user in self._unwritten:
            return ConsentTold(*self._unwritten[user])
        with self._memory.repository.reading() as connection:
            return read_told(connection, user)

    def decide(self, tracker: DialogueStateTracker, new: Iterable[Event]) -> Verdict:
        """What is to be done with a turn, with what is said in it about that.

        Args:
            tracker: The conversation.
            new: What has not been stored of it.
        """
        user = tracker.sender_id
        fresh = {id(event) for event in new}
        told = [m for m in told_consents(tracker.events) if id(m[0]) in fresh]
        for message, state in told[-1:]:
            self._unwritten[user] = state, message.timestamp
        self._write_what_was_told()
        if told and told[-1][1] is Consent.REFUSED:
            return Verdict.FORGET
        return Verdict.STORE if self.is_open(user) else Verdict.PASS

    def settle(self, user: str, state: Consent, at: float) -> None:
        """Writes what a user says elsewhere than in a message.

        Args:
            user: Rasa's `sender_id`.
            state: What they say; refused, all that is stored of them is removed.
            at: When, in seconds since the epoch.

        Raises:
            MemoryStoreError: If the database cannot be written.
            OSError: If a file cannot be changed.
        """
        if user in self._unwritten:
            # Said before, and in this order it is to count.
            self._write(user, *self._unwritten[user])
            del self._unwritten[user]
        self._write(user, state, at)

    def _write_what_was_told(self) -> None:
        for user, (state, at) in list(self._unwritten.items()):
            try:
                self._write(user, state, at)
            except (MemoryStoreError, OSError) as error:
                logger.error(
                    "%s That '%s' said '%s' to being remembered is not written yet; it "
                    "is tried again with the next message.",
                    error,
                    user,
                    state.value,
                )
                return
            del self._unwritten[user]

    def _write(self, user: str, state: Consent, at: float) -> None:
        if state is Consent.REFUSED:
            self._memory.forget(user)
        with self._memory.repository.writing() as connection:
            write_consent(connection, user, state, at)
            action = f"consent {state.value}"
            write_audit(connection, AuditEntry(at, "user", action, user))


def told_consents(events: Iterable[Event]) -> Iterator[tuple[UserUttered, Consent]]:
    """The messages that agree or refuse to be remembered, and which they do."""
    reader = ConsentReader()
    for event in events:
        if opens_session(event):
            reader.begin_session()
        elif isinstance(event, BotUttered):
            reader.hear_bot(event.metadata)
        elif isinstance(event, UserUttered):
            told = reader.hear_user(event.text or "")
            if told:
                yield event, told
