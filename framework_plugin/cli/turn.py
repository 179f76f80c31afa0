"""One turn of a conversation: what was said, and where the answer came from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from framework_plugin.components.answer_source import Source


@dataclass(frozen=True)
class Button:
    """A choice that an answer offers.

    Args:
        title: What the user reads.
        payload: What is sent when it is chosen.
    """

    title: str
    payload: str


@dataclass(frozen=True)
class Turn:
    """A message of the user and the answer to it.

    Args:
        user: The message.
        replies: The texts of the answer, in order; at least one.
        source: Where it came from.
        confidence: How sure the source was, 0 to 1; 0 for a fallback.
        milliseconds: How long the user waited.
        buttons: The choices offered.
    """

    user: str
    replies: tuple[str, ...]
    source: Source
    confidence: float
    milliseconds: float
    buttons: tuple[Button, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The turn for programs; without the buttons, whose words are in the text."""
        return {
            "user": self.user,
            "replies": list(self.replies),
            "source": self.source.value,
            "confidence": round(self.confidence, 4),
            "milliseconds": round(self.milliseconds, 1),
        }
