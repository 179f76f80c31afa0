"""What the assistant says, in the pieces that a messenger can show."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_SENTENCE_END = re.compile(
    r"(?<=[。！？!?；;…\n])(?![。！？!?；;…\n”’」』）)])|(?<=[。！？!?…][”’」』）)])"
)
_CLAUSE_END = re.compile(r"(?<=[，,、：: ])")
_JOINED = ("\u200d", "\ufe0e", "\ufe0f")
"""What holds parts of one sign together, such as a family of emoji."""


@dataclass(frozen=True)
class Button:
    """Something to press.

    Args:
        title: What stands on it.
        payload: What pressing it says to the assistant; empty with a link.
        url: Where it leads; empty if it says something.
    """

    title: str
    payload: str = ""
    url: str = ""


def buttons_of(given: Iterable[Mapping[str, Any]]) -> tuple[Button, ...]:
    """The buttons of a response of Rasa; those without a title are left out."""
    found = []
    for one in given:
        title = str(one.get("title") or "").strip()
        if not title:
            continue
        url = str(one.get("url") or "")
        payload = "" if url else str(one.get("payload") or title)
        found.append(Button(title, payload, url))
    return tuple(found)


def numbered(text: str, buttons: Sequence[Button]) -> str:
    """Buttons as lines of text, for where there are none to press."""
    lines, number = [text] if text else [], 0
    for button in buttons:
        if button.url:
            lines.append(f"{button.title}：{button.url}")
        else:
            number += 1
            lines.append(f"{number}. {button.title}")
    if number:
        lines.append("回复数字就行")
    return "\n".join(lines)


def split(text: str, longest: int) -> list[str]:
    """Cuts a text into messages that are not too long.

    It is cut after sentences, where these are too long after clauses, and only else
    anywhere, though never within a sign.

    Args:
        text: The text.
        longest: The most bytes of UTF-8 that a message may have; at least 4.

    Returns:
        The messages, none of them blank.

    Raises:
        ValueError: If no sign would fit.
    """
    if longest < 4:
        raise ValueError(f"'longest' is {longest}; expected at least 4 bytes.")
    messages: list[str] = []
    for piece in _pieces(text, longest):
        if messages and _size(messages[-1] + piece) <= longest:
            messages[-1] += piece
        else:
            messages.append(piece)
    return [one.strip() for one in messages if one.strip()]


def cut(text: str, longest: int) -> str:
    """The beginning of a text, with … if something is missing.

    Args:
        text: The text.
        longest: In characters, as platforms count the titles of buttons.
    """
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _pieces(text: str, longest: int) -> Iterable[str]:
    """Parts of a text in their order, each short enough."""
    for sentence in _SENTENCE_END.split(text):
        if _size(sentence) <= longest:
            yield sentence
            continue
        for clause in _CLAUSE_END.split(sentence):
            yield from [clause] if _size(clause) <= longest else _hard(clause, longest)


def _hard(text: str, longest: int) -> Iterable[str]:
    """A text without a good place to cut it."""
    part = ""
    for sign in _signs(text):
        if part and _size(part + sign) > longest:
            yield part
            part = ""
        # A heap of joined signs may itself be too long.
        part += sign if _size(sign) <= longest else sign[0]
    if part:
        yield part


def _signs(text: str) -> Iterable[str]:
    sign = ""
    for character in text:
        if sign and not (character in _JOINED or sign[-1] == "\u200d"):
            yield sign
            sign = ""
        sign += character
    if sign:
        yield sign


def _size(text: str) -> int:
    return len(text.encode())
