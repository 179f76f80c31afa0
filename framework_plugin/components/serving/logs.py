"""What the server writes down: a line for each turn, and nothing that users said.

Whatever Rasa, a component or a library logs while a turn is under way, the id of the
sender and the message are taken out of it, and the id of the turn is put in.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from datetime import datetime, timezone
from typing import Any

from framework_plugin.components.serving.turn import TURN, TurnRecord, veiled

TURNS = logging.getLogger("personal_chat.turn")

_FIELDS = "fields"
"""Under this name a record carries what a line of JSON shall hold beside the text."""
_SHORTEST_TEXT = 2
"""A message of one character is found in any text; it tells nothing."""
_SHORT = 4
"""What has fewer characters is looked for as a word: `a` is in every other one."""


class Veil:
    """Takes out of a text what tells who says what.

    Args:
        key: With which the ids of senders are made unreadable.
    """

    def __init__(self, key: str) -> None:
        self._key = key

    def of(self, sender: str) -> str:
        """What stands for a sender."""
        return veiled(sender, self._key)

    def over(self, text: str, turn: TurnRecord | None) -> str:
        """A text without the sender and the message of the turn under way."""
        if turn is None:
            return text
        said = turn.text.strip()
        if len(said) >= _SHORTEST_TEXT:
            text = _without(text, said, "[message]")
        if turn.sender:
            text = _without(text, turn.sender, f"[user {self.of(turn.sender)}]")
        return text


def _without(text: str, personal: str, stand_in: str) -> str:
    """A text in which something else stands for what is personal."""
    for form in (personal, json.dumps(personal)[1:-1]):
        found = re.escape(form)
        if len(form) < _SHORT and form.isascii():
            found = rf"(?<![A-Za-z0-9]){found}(?![A-Za-z0-9])"
        text = re.sub(found, lambda _: stand_in, text)
    return text


class TextFormatter(logging.Formatter):
    """Lines for people.

    Args:
        veil: Over what is personal.
    """

    def __init__(self, veil: Veil) -> None:
        super().__init__("%(levelname)s %(name)s: %(message)s")
        self._veil = veil

    def format(self, record: logging.LogRecord) -> str:
        """One record; with the turn that it belongs to, if it does."""
        turn = TURN.get()
        told = self._veil.over(super().format(record), turn)
        return f"{told} (turn {turn.id})" if turn else told


class JsonFormatter(logging.Formatter):
    """Lines for programs: an object each.

    Args:
        veil: Over what is personal.
    """

    def __init__(self, veil: Veil) -> None:
        super().__init__()
        self._veil = veil

    def format(self, record: logging.LogRecord) -> str:
        """One record."""
        turn = TURN.get()
        at = datetime.fromtimestamp(record.created, timezone.utc)
        line: dict[str, Any] = {
            "time": at.isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "process": record.process,
        }
        if turn is not None:
            line["turn"] = turn.id
        fields = getattr(record, _FIELDS, None)
        said = record.getMessage()
        # A line of our own holds nothing that is personal.
        line["event"] = self._veil.over(said, turn) if fields is None else said
        line |= fields or {}
        if record.exc_info and not record.exc_text:
            record.exc_text = self.formatException(record.exc_info)
        if record.exc_text:
            line["traceback"] = self._veil.over(record.exc_text, turn)
        return json.dumps(line, ensure_ascii=False)


class TurnLog:
    """Notes each turn that is over.

    Args:
        veil: Over what is personal.
    """

    def __init__(self, veil: Veil) -> None:
        self._veil = veil

    def note(self, turn: TurnRecord, failure: BaseException | None) -> None:
        """Writes the line of a turn."""
        parts = {part: _ms(seconds) for part, seconds in turn.clock.seconds.items()}
        fields = {
            "channel": turn.channel,
            "user": self._veil.of(turn.sender),
            "outcome": type(failure).__name__ if failure else "answered",
            "source": turn.source.value if turn.source else None,
            "intent": turn.intent,
            "actions": list(turn.actions),
            "replies": turn.replies,
            "ms": _ms(turn.clock.total),
            "parts_ms": parts,
        }
        if TURNS.isEnabledFor(logging.INFO):
            TURNS.info("turn", extra={_FIELDS: fields})


def set_up_logs(key: str, *, as_json: bool) -> TurnLog:
    """Veils all that this process logs from now on.

    Args:
        key: With which the ids of senders are made unreadable.
        as_json: Whether each line is an object; turns are then always written.

    Returns:
        What notes turns.
    """
    logging.getLogger("sanic.error").addFilter(_is_no_path)
    veil = Veil(key)
    form = JsonFormatter(veil) if as_json else TextFormatter(veil)
    for handler in logging.getLogger().handlers:
        handler.setFormatter(form)
    if as_json:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(form)
        TURNS.addHandler(handler)
        TURNS.setLevel(logging.INFO)
        TURNS.propagate = False
    return TurnLog(veil)


def _is_no_path(record: logging.LogRecord) -> bool:
    """Drops what Sanic says of bodies that nobody wanted: the path may name a user."""
    return "body not consumed" not in str(record.msg)


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 1)
