"""What was said: the value objects `Turn` and `Dialogue`."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum


class Speaker(str, Enum):
    """Who said a turn."""

    USER = "user"
    BOT = "bot"


@dataclass(frozen=True)
class Turn:
    """One utterance.

    Args:
        speaker: Who said it.
        text: The words as they were typed.
        said_at: When, in seconds since the epoch, where that is known. Turns with the
            same words are equal, whenever they were said.
    """

    speaker: Speaker
    text: str
    said_at: float | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Dialogue:
    """The turns of one session, oldest first."""

    turns: tuple[Turn, ...] = ()

    @property
    def last_user_text(self) -> str:
        """The latest words of the user, or an empty string."""
        for turn in reversed(self.turns):
            if turn.speaker is Speaker.USER:
                return turn.text
        return ""

    def said_by_bot(self) -> tuple[str, ...]:
        """All replies so far, oldest first."""
        return tuple(t.text for t in self.turns if t.speaker is Speaker.BOT)
