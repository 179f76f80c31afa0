"""Whether there is anything in a message that an assistant could understand."""

from __future__ import annotations

import re
from enum import Enum

from framework_plugin.text.normalise import EMOJI, is_invisible

_EMOJI = re.compile(f"[{EMOJI}]")


class Readability(str, Enum):
    """What kind of message it is, before anyone asks what it means."""

    READABLE = "readable"
    NOTHING_READABLE = "nothing_readable"
    EMOJI_ONLY = "emoji_only"
    TOO_LONG = "too_long"


def readability(text: str, max_length: int) -> Readability:
    """Judge a message by its characters alone.

    Args:
        text: The message as typed.
        max_length: The most characters that still count as one message, not counting
            space at either end.

    Returns:
        `EMOJI_ONLY` if it has emoji but no letter, digit or Chinese character,
        `NOTHING_READABLE` if it has none of these (empty, space, zero-width and
        control characters, punctuation), `TOO_LONG`, or else `READABLE`.
    """
    if not any(c.isalnum() and not is_invisible(c) for c in text):
        if _EMOJI.search(text):
            return Readability.EMOJI_ONLY
        return Readability.NOTHING_READABLE
    if len(text.strip()) > max_length:
        return Readability.TOO_LONG
    return Readability.READABLE
