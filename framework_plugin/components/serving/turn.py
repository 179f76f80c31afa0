"""One turn as those who run the server see it: nothing in it tells who said what."""

from __future__ import annotations

import hashlib
import hmac
import re
import uuid
from collections.abc import Iterable
from contextvars import ContextVar
from dataclasses import dataclass, field

from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.events import ActionExecuted, BotUttered, Event, UserUttered

from framework_plugin.components.answer_source import Source, source_of
from framework_plugin.components.serving.turn_clock import TurnClock

_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")


@dataclass
class TurnRecord:
    """What is noted of a turn while it goes on.

    Args:
        id: By which its log lines are found.
        channel: Through which the message came.
        sender: Rasa's `sender_id`, which is never written down.
        text: What was said, which neither is.
        clock: Where its time goes.
        source: Where the answer came from; None if there was none to give.
        intent: What the message was taken for.
        actions: What was done.
        replies: How many messages were sent.
    """

    id: str
    channel: str
    sender: str
    text: str
    clock: TurnClock = field(default_factory=TurnClock)
    source: Source | None = None
    intent: str | None = None
    actions: tuple[str, ...] = ()
    replies: int = 0

    def note(self, events: Iterable[Event]) -> None:
        """Takes from the events of a tracker what became of the message."""
        found: list[Event] = []
        for event in events:
            if isinstance(event, UserUttered):
                found.clear()
            found.append(event)
        actions = [e.action_name for e in found if isinstance(e, ActionExecuted)]
        self.actions = tuple(a for a in actions if a and a != ACTION_LISTEN_NAME)
        self.replies = sum(isinstance(event, BotUttered) for event in found)
        if self.actions or self.replies:
            self.source = source_of(found)[0]
        if found and isinstance(found[0], UserUttered):
            self.intent = found[0].intent_name


TURN: ContextVar[TurnRecord | None] = ContextVar("turn", default=None)
"""That under way."""
REQUEST_ID: ContextVar[str | None] = ContextVar("request_id", default=None)
"""What a channel wants the turn to be called."""


def new_id(wanted: str | None = None) -> str:
    """An id for a turn: the wanted one, if it can be one."""
    return wanted if wanted and _ID.fullmatch(wanted) else uuid.uuid4().hex[:16]


def veiled(sender: str, key: str) -> str:
    """The same for the same sender, and of no use to whoever does not have the key."""
    return hmac.new(key.encode(), sender.encode(), hashlib.sha256).hexdigest()[:12]
