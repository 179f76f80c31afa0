"""What is known of a user: the value objects `Fact` and `UserContext`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from framework_plugin.corpus.dialogue import Turn


class FactKind(str, Enum):
    """The kinds of profile fact. A user has one of each `single` kind."""

    NAME = "name"
    CITY = "city"
    OCCUPATION = "occupation"
    BIRTHDAY = "birthday"
    LIKE = "like"
    DISLIKE = "dislike"

    @property
    def single(self) -> bool:
        """Whether a new value replaces the old one instead of joining it."""
        return self not in (FactKind.LIKE, FactKind.DISLIKE)


@dataclass(frozen=True)
class Fact:
    """One thing a user told about themselves.

    Args:
        kind: What sort of fact it is.
        value: The user's own words for it, such as `欧阳翀` or `攀岩`.
        said_at: When it was said, in seconds since the epoch.
    """

    kind: FactKind
    value: str
    said_at: float = 0.0


@dataclass(frozen=True)
class UserContext:
    """What the assistant knows of one user when it answers.

    Args:
        user_id: Rasa's `sender_id`.
        facts: Profile facts, oldest first.
        earlier_turns: The last turns of earlier sessions, oldest first.
    """

    user_id: str
    facts: tuple[Fact, ...] = ()
    earlier_turns: tuple[Turn, ...] = ()

    def values(self, kind: FactKind) -> tuple[str, ...]:
        """All values of one kind, oldest first."""
        return tuple(fact.value for fact in self.facts if fact.kind is kind)

    def value(self, kind: FactKind) -> str | None:
        """The latest value of one kind, or None when it is not known."""
        values = self.values(kind)
        return values[-1] if values else None
