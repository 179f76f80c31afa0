"""The desk as operators see it: who waits, what led to it, and what is written down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from framework_plugin.components.looks import Looks
from framework_plugin.corpus.user_context import UserContext
from framework_plugin.handover.entry import Entry, Reply
from framework_plugin.handover.messages import (
    Message,
    Speaker,
    message_of,
    one_talk,
)
from framework_plugin.handover.notices import Notices
from framework_plugin.handover.outbox import Outbox
from framework_plugin.handover.place import QueueDatabase
from framework_plugin.handover.queue import HandoverQueue
from framework_plugin.handover.settings import HandoverSettings
from framework_plugin.handover.summary import Summary, summarise
from framework_plugin.handover.webhook import Webhook
from framework_plugin.memory.audit import AuditEntry
from framework_plugin.memory.history import NEWEST_TURNS, parsed_event
from framework_plugin.memory.holding import hold
from framework_plugin.memory.mood import mood_of
from framework_plugin.memory.repository import MemoryRepository
from framework_plugin.memory.tables import (
    handover_notices,
    handover_replies,
    handovers,
)
from framework_plugin.memory.unanswered import Unanswered, open_questions

_LOOKED_BACK = 300
"""Messages of a conversation that operators are shown at most."""


@dataclass(frozen=True)
class View:
    """What an operator is shown of an entry.

    Args:
        entry: The entry.
        ahead: How many wait in front of it.
        summary: What led to it, and what was said since.
        pending: What the user has yet to get.
    """

    entry: Entry
    ahead: int
    summary: Summary
    pending: tuple[Reply, ...]


class Desk:
    """What operators do, each noted in the audit.

    All moments (`now`) are in seconds since the epoch.

    Args:
        repository: The memory of users.
        settings: When people are there, and what they are shown.
        webhook: Tells another system of closed entries, if one is to be told.
        looks: Which looks at an entry were noted; without it each is.
    """

    def __init__(
        self,
        repository: MemoryRepository,
        settings: HandoverSettings,
        webhook: Webhook | None = None,
        looks: Looks | None = None,
    ) -> None:
        self._repository = repository
        self.settings = settings
        self._webhook = webhook
        self._looks = looks
        database = queue_database(repository)
        notices = Notices(database) if settings.webhook else None
        self.queue = HandoverQueue(database, notices)
        self.outbox = Outbox(database)

    def show(self, entry_id: int, actor: str, now: float) -> View:
        """All that an operator must know of an entry.

        Args:
            entry_id: Which one.
            actor: Who looks, for the audit.
            now: The present moment.

        Raises:
            HandoverError: If there is none.
            MemoryStoreError: If the database cannot be read or written.
        """
        entry = self.queue.find(entry_id)
        messages = self._messages(entry.sender_id)
        user = self._user(entry.sender_id, now)
        talk = one_talk(messages, entry.asked_at)
        mood = mood_of(one.text for one in talk if one.speaker is Speaker.USER)
        view = View(
            entry,
            self.queue.ahead(entry),
            summarise(entry, messages, user.facts, mood, self.settings),
            tuple(self.queue.pending(entry)),
        )
        if self._looks is None or self._looks.is_new(actor, entry_id, now):
            self._note("handover show", entry, actor, now)
        return view

    def unanswered(self, actor: str, now: float) -> list[Unanswered]:
        """The questions that got no answer and that nobody has dealt with.

        Args:
            actor: Who looks, for the audit.
            now: The present moment.

        Raises:
            MemoryStoreError: If the database cannot be read or written.
        """
        with self._repository.reading() as connection:
            found = open_questions(connection)
        detail = f"{len(found)} questions"
        self._repository.note(AuditEntry(now, actor, "gaps show", detail=detail))
        return found

    def take(self, entry_id: int, name: str, actor: str, now: float) -> Entry:
        """Gives an entry to a person; see `HandoverQueue.take`."""
        entry = self.queue.take(entry_id, name, now, self.settings.idle_seconds)
        self._note("handover take", entry, actor, now, f"as {entry.taken_by}")
        return entry

    def reply(self, entry_id: int, text: str, actor: str, now: float) -> Reply:
        """Says something to the user; see `HandoverQueue.reply`."""
        reply = self.queue.reply(entry_id, text, now, self.settings.idle_seconds)
        entry = self.queue.find(entry_id)
        said = f"{len(reply.text)} characters"
        self._note("handover reply", entry, actor, now, said)
        return reply

    def close(self, entry_id: int, actor: str, now: float) -> Entry:
        """Gives the conversation back; see `HandoverQueue.close`."""
        entry = self.queue.close(entry_id, now)
        self._note("handover close", entry, actor, now)
        if self._webhook:
            self._webhook.wake()
        return entry

    def _messages(self, sender_id: str) -> list[Message]:
        asked = {"user": sender_id, "limit": _LOOKED_BACK}
        with self._repository.reading() as connection:
            rows = connection.execute(NEWEST_TURNS, asked).all()
        events = (parsed_event(row) for row in reversed(rows))
        found = (message_of(event) for event in events if event)
        return [message for message in found if message]

    def _user(self, sender_id: str, now: float) -> UserContext:
        return self._repository.user_context(sender_id, 0, now=now)

    def _note(
        self, action: str, entry: Entry, actor: str, now: float, detail: str = ""
    ) -> None:
        words = f"handover {entry.id}{f', {detail}' if detail else ''}"
        self._repository.note(AuditEntry(now, actor, action, entry.sender_id, words))


def queue_database(repository: MemoryRepository) -> QueueDatabase:
    """The queue in the database of the memory."""
    tables = handovers, handover_replies, handover_notices
    return QueueDatabase(*tables, repository.reading, repository.writing, hold)


def webhook_of(
    repository: MemoryRepository, settings: HandoverSettings
) -> Webhook | None:
    """What tells another system of the queue; None if none is to be told."""
    if settings.webhook is None:
        return None
    return Webhook(settings.webhook, Notices(queue_database(repository)))


def entry_as_json(entry: Entry, ahead: int | None = None) -> dict[str, Any]:
    """An entry for programs; times in seconds since the epoch."""
    content = {
        "id": entry.id,
        "sender_id": entry.sender_id,
        "channel": entry.channel,
        "reason": entry.reason.value,
        "asked_at": entry.asked_at,
        "taken_at": entry.taken_at,
        "taken_by": entry.taken_by,
        "closed_at": entry.closed_at,
        "outcome": entry.outcome.value if entry.outcome else None,
    }
    return content if ahead is None else {**content, "ahead": ahead}


def view_as_json(view: View, settings: HandoverSettings) -> dict[str, Any]:
    """What an operator is shown, for programs."""
    summary = view.summary
    return {
        **entry_as_json(view.entry, view.ahead),
        "text": summary.text(view.entry, settings.hours),
        "answered": [{"asked": a, "source": s} for a, s in summary.answered],
        "unanswered": list(summary.unanswered),
        "entities": {name: list(found) for name, found in summary.entities.items()},
        "mood": summary.mood,
        "facts": {kind.value: list(found) for kind, found in summary.facts.items()},
        "before": [_message_as_json(one) for one in summary.last],
        "since": [_message_as_json(one) for one in summary.since],
        "pending": [
            {"speaker": one.speaker, "text": one.text, "said_at": one.said_at}
            for one in view.pending
        ],
    }


def _message_as_json(message: Message) -> dict[str, Any]:
    return {
        "speaker": message.speaker.value,
        "name": message.name,
        "text": message.text,
        "at": message.at,
    }
