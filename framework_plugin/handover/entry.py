"""An entry of the queue, and what is to be said to its user."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Reason(str, Enum):
    """Why a person is wanted."""

    ASKED = "asked"
    """The user asked for one."""
    UNANSWERED = "unanswered"
    """The assistant had no answer, more than once."""
    COMPLAINT = "complaint"
    """The user complains, and agreed or went on."""
    ANGER = "anger"
    """The user was angry with us, strongly and more than once."""


class Outcome(str, Enum):
    """How an entry ended."""

    DONE = "done"
    """The person closed it."""
    LEFT = "left"
    """The user wanted no person any more."""
    LAPSED = "lapsed"
    """The person had it and was silent for too long."""


@dataclass(frozen=True)
class Entry:
    """One conversation that waits for a person, is with one, or was.

    All times are in seconds since the epoch.

    Args:
        id: Counts up; who asked first has the lower one.
        sender_id: Rasa's `sender_id`.
        channel: Name of the channel that the user asked in, if it is known.
        reason: Why a person is wanted.
        asked_at: When that was.
        taken_at: When a person took it; None while it waits.
        taken_by: Who that is.
        held_until: When the person counts as gone, unless they speak before.
        closed_at: When it ended; None while it is open.
        outcome: How it ended.
    """

    id: int
    sender_id: str
    channel: str | None
    reason: Reason
    asked_at: float
    taken_at: float | None = None
    taken_by: str | None = None
    held_until: float | None = None
    closed_at: float | None = None
    outcome: Outcome | None = None

    @property
    def is_open(self) -> bool:
        """Whether it waits or is with a person."""
        return self.closed_at is None

    @property
    def is_waiting(self) -> bool:
        """Whether nobody has taken it yet."""
        return self.is_open and self.taken_at is None

    def is_held(self, now: float) -> bool:
        """Whether a person has it, and has not been silent for too long.

        Args:
            now: The present moment, in seconds since the epoch.
        """
        return self.is_open and self.held_until is not None and now < self.held_until

    def is_lapsed(self, now: float) -> bool:
        """Whether a person took it and has been silent for too long since."""
        return self.is_open and self.held_until is not None and now >= self.held_until


@dataclass(frozen=True)
class Asked:
    """What became of the wish for a person.

    Args:
        entry: The one open entry of the user.
        ahead: How many wait in front of it.
        is_new: Whether it was made just now.
    """

    entry: Entry
    ahead: int
    is_new: bool


@dataclass(frozen=True)
class Reply:
    """Something to be said to the user.

    Args:
        id: Tells it from others.
        entry_id: The entry it belongs to.
        speaker: The person who says it; None if the assistant does.
        text: The words.
        said_at: When they were written, in seconds since the epoch.
    """

    id: int
    entry_id: int
    speaker: str | None
    text: str
    said_at: float

    @property
    def source(self) -> dict[str, object]:
        """The `source` of the message by which the user gets it.

        By its `reply` the tracker store knows, when the turn is saved, that it was
        said.
        """
        if self.speaker is None:
            return {"kind": "handover", "reply": self.id}
        return {"kind": "person", "name": self.speaker, "reply": self.id}


@dataclass(frozen=True)
class AtDesk:
    """How a conversation stands with the desk, as one turn must know it.

    Args:
        is_open: Whether its user waits for a person or is with one.
        is_held: Whether a person has it now: the assistant is silent then.
        is_lapsed: Whether the person was silent for too long.
        has_due: Whether there is something to be said to the user.
    """

    is_open: bool = False
    is_held: bool = False
    is_lapsed: bool = False
    has_due: bool = False


NOT_AT_DESK = AtDesk()
"""Most conversations."""
