"""A message of a visitor, and its replies as they come."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rasa.core.channels.channel import OutputChannel, UserMessage
from sanic.request import Request

from framework_plugin.components.channels.hearing import spoken_metadata
from framework_plugin.components.channels.web_consent import Agreement
from framework_plugin.components.channels.web_guard import PRIVATE
from framework_plugin.components.channels.web_history import History
from framework_plugin.components.channels.web_hub import Hub
from framework_plugin.components.channels.web_messages import shown_reply
from framework_plugin.components.guarded_routes import Refused
from framework_plugin.errors import MemoryStoreError

logger = logging.getLogger(__name__)

NAME = "web"
"""What Rasa calls the channel."""

_BREATH = 10.0
"""Seconds after which a page that waits is told to wait on."""
_LONGEST_ID = 64
_LONGEST_TITLE = 100

OnNewMessage = Callable[[UserMessage], Awaitable[Any]]
Line = dict[str, Any]


@dataclass(frozen=True)
class Asked:
    """What a visitor sends.

    Args:
        id: Made by the page, so that a message sent twice is answered once.
        text: The words, or the payload of a button.
        title: What stood on the button, if it was one.
        spoken: Whether the words were understood from speech.
        again: Whether the page has sent it before, and heard nothing.
    """

    id: str
    text: str
    title: str | None = None
    spoken: bool = False
    again: bool = False

    @classmethod
    def read(cls, content: Mapping[str, Any], longest: int) -> Asked:
        """Checks a body.

        Raises:
            Refused: If it is no message.
        """
        id_, text, title = (content.get(key) for key in ("id", "text", "title"))
        if not isinstance(id_, str) or not 8 <= len(id_) <= _LONGEST_ID:
            raise Refused(400, f"'id' must be a text of 8 to {_LONGEST_ID} characters.")
        if not isinstance(text, str) or not text.strip():
            raise Refused(400, "'text' must be a text that is not blank.")
        if len(text) > longest:
            raise Refused(413, f"The message has more than {longest} characters.")
        if title is not None and not isinstance(title, str):
            raise Refused(400, "'title' must be a text.")
        for key in ("spoken", "again"):
            if not isinstance(content.get(key, False), bool):
                raise Refused(400, f"'{key}' must be true or false.")
        meant = title[:_LONGEST_TITLE] if title else None
        spoken, again = (content.get(key, False) for key in ("spoken", "again"))
        return cls(id_, text, meant, spoken, again)

    @property
    def metadata(self) -> dict[str, Any]:
        """What the message says of itself."""
        title = {"title": self.title} if self.title else {}
        return {**title, **(spoken_metadata(self.text) if self.spoken else {})}


class LineOutput(OutputChannel):
    """Puts each reply into a queue at once."""

    def __init__(self, lines: asyncio.Queue[Line]) -> None:
        self._lines = lines

    @classmethod
    def name(cls) -> str:
        """What Rasa calls it."""
        return NAME

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        """Hands a reply to the page."""
        if reply := shown_reply(message):
            await self._lines.put({"type": "reply", "message": reply})


class NewsOutput(OutputChannel):
    """Brings what is said unasked, by a person at the desk, to the open pages.

    Who has none open reads it in the history.

    Args:
        hub: Has the open pages.
    """

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    @classmethod
    def name(cls) -> str:
        """What Rasa calls it."""
        return NAME

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        """Hands a message to all pages of the visitor."""
        if reply := shown_reply(message):
            self._hub.tell(recipient_id, {"type": "said", "message": reply})


class Turn:
    """Has one message answered, and tells the page line by line.

    It runs to its end even if the page is closed: what was said is in the history.

    Args:
        sender_id: Whose message.
        asked: The message.
        history: Where the turn is found afterwards.
        hub: Other pages of the visitor hear of it.
        agreement: What the visitor may have said of being remembered.
    """

    def __init__(
        self,
        sender_id: str,
        asked: Asked,
        history: History,
        hub: Hub,
        agreement: Agreement,
    ) -> None:
        self._sender_id = sender_id
        self._asked = asked
        self._history = history
        self._hub = hub
        self._agreement = agreement
        self._lines: asyncio.Queue[Line] = asyncio.Queue()

    async def run(self, on_new_message: OnNewMessage) -> None:
        """Has Rasa answer; the last line is `done` or `failed`."""
        message = UserMessage(
            self._asked.text,
            LineOutput(self._lines),
            self._sender_id,
            input_channel=NAME,
            message_id=self._asked.id,
            metadata=self._asked.metadata,
        )
        last: Line = {"type": "failed"}
        try:
            before = await self._last()
            await on_new_message(message)
            said = [] if before is None else await self._said_since(before)
            last = {"type": "done", "messages": said, **await self._consent()}
        except Exception:
            # Whatever a component raises: the visitor must not wait for ever.
            logger.exception("A message of the chat page could not be answered.")
        finally:
            await self._lines.put(last)
        if rows := [message["id"] for message in last.get("messages", ())]:
            self._hub.told(self._sender_id, max(rows))
        self._hub.tell(self._sender_id, {"type": "changed"})

    async def _last(self) -> int | None:
        try:
            return await self._history.last(self._sender_id)
        except MemoryStoreError as error:
            # The assistant answers all the same.
            logger.error("%s", error)
            return None

    async def _consent(self) -> dict[str, Any]:
        try:
            return {"consent": await self._agreement.shown(self._sender_id)}
        except MemoryStoreError as error:
            logger.error("%s", error)
            return {}

    async def _said_since(self, row: int) -> list[dict[str, Any]]:
        try:
            return await self._history.since(self._sender_id, row)
        except MemoryStoreError as error:
            logger.error("%s", error)
            return []

    async def stream(self, request: Request) -> None:
        """Writes the lines as the body of the answer, as they come."""
        stream = await request.respond(
            content_type="application/x-ndjson", headers=dict(PRIVATE)
        )
        line: Line = {"type": "taken"}
        while True:
            await stream.send(f"{json.dumps(line, ensure_ascii=False)}\n")
            if line["type"] in ("done", "failed"):
                break
            try:
                line = await asyncio.wait_for(self._lines.get(), _BREATH)
            except asyncio.TimeoutError:
                line = {"type": "wait"}
        await stream.eof()
