"""Cleaning of corpus utterances before anything is learned from them."""

from __future__ import annotations

import re
import unicodedata

MAX_UTTERANCE_LENGTH = 200
"""Characters; longer utterances are articles pasted into a chat, not turns."""

_SPACES = re.compile(r"\s+")
_HAN_GAP = re.compile(
    r"(?<=[\u3000-\u9fff\uff00-\uffef]) (?=[\u3000-\u9fff\uff00-\uffef])"
)


def clean_utterance(text: str) -> str:
    """Removes what no reply should ever contain and no reader would miss.

    Control and zero-width characters go, runs of whitespace become one space, and
    the spaces that segmented corpora put between Han characters are closed.

    Args:
        text: One utterance as it stands in the file.

    Returns:
        The cleaned utterance, possibly empty.
    """
    visible = "".join(
        c if not unicodedata.category(c).startswith("C") else " " * (c in "\t\n\r")
        for c in text
    )
    return _HAN_GAP.sub("", _SPACES.sub(" ", visible).strip())


def problem_with(text: str) -> str | None:
    """Says why a cleaned utterance cannot be learned from, or None if it can."""
    if not text:
        return "the utterance is empty"
    if len(text) > MAX_UTTERANCE_LENGTH:
        return f"the utterance is longer than {MAX_UTTERANCE_LENGTH} characters"
    if "\ufffd" in text:
        return "the utterance holds characters lost in an earlier conversion"
    return None
