"""What is known of a user: the value objects `Fact` and `UserContext`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from framework_plugin.corpus.dialogue import Turn

TIME_ZONE = "Asia/Shanghai"
"""Where a user's days begin and end, unless something else is said."""


class FactKind(str, Enum):
    """The kinds of profile fact. A user has one of each `single` kind.

    The first six have marks and placeholders in the vocabulary of every generator; see
    `SAYABLE_KINDS`.
    """

    NAME = "name"
    CITY = "city"
    OCCUPATION = "occupation"
    BIRTHDAY = "birthday"
    LIKE = "like"
    DISLIKE = "dislike"
    NICKNAME = "nickname"
    GENDER = "gender"
    AGE = "age"
    HOMETOWN = "hometown"
    FAMILY = "family"
    PET = "pet"
    PLAN = "plan"
    NOTE = "note"

    @property
    def single(self) -> bool:
        """Whether a new value replaces the old one instead of joining it."""
        return self not in _MANY


_MANY = frozenset(
    (
        FactKind.LIKE,
        FactKind.DISLIKE,
        FactKind.FAMILY,
        FactKind.PET,
        FactKind.PLAN,
        FactKind.NOTE,
    )
)

SAYABLE_KINDS = (
    FactKind.NAME,
    FactKind.CITY,
    FactKind.OCCUPATION,
    FactKind.BIRTHDAY,
    FactKind.LIKE,
    FactKind.DISLIKE,
)
"""Kinds with a placeholder, such as `{name}`, in written dialogues.

A vocabulary holds one token for each, so another kind here would need every generator
to be trained anew. The rest is read by generators with a memory, in plain words.
"""


@dataclass(frozen=True)
class Fact:
    """One thing a user told about themselves.

    Args:
        kind: What sort of fact it is.
        value: The user's own words for it, such as `欧阳翀` or `攀岩`.
        said_at: When it was said, in seconds since the epoch.
        confidence: How surely the user meant it, from 0 to 1.
        source: The conversation it was said in; empty where unknown.
        day: The first day a plan is for, as an ISO date.
        valid_from: When that day begins, in seconds since the epoch.
        valid_until: When the last day of the plan ends, likewise; later it is past.
        ended_at: When it stopped being true, likewise; None while it is.
    """

    kind: FactKind
    value: str
    said_at: float = 0.0
    confidence: float = 1.0
    source: str = ""
    day: str | None = None
    valid_from: float | None = None
    valid_until: float | None = None
    ended_at: float | None = None


@dataclass(frozen=True)
class UserContext:
    """What the assistant knows of one user when it answers.

    Args:
        user_id: Rasa's `sender_id`.
        facts: Profile facts that are true now, oldest first.
        earlier_turns: The last turns of earlier sessions, oldest first.
        asked: What the user said against a fact that is well established: it counts
            once the user has agreed.
        time_zone: Where the user's days begin and end.
    """

    user_id: str
    facts: tuple[Fact, ...] = ()
    earlier_turns: tuple[Turn, ...] = ()
    asked: Fact | None = None
    time_zone: str = TIME_ZONE

    def values(self, kind: FactKind) -> tuple[str, ...]:
        """All values of one kind, oldest first."""
        return tuple(fact.value for fact in self.facts if fact.kind is kind)

    def value(self, kind: FactKind) -> str | None:
        """The latest value of one kind, or None when it is not known."""
        values = self.values(kind)
        return values[-1] if values else None
