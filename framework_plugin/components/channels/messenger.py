"""What all messengers share: routes that are guarded, and turns in the background."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from rasa.core.channels.channel import InputChannel, UserMessage
from sanic import Blueprint, Sanic
from sanic.request import Request
from sanic.response import HTTPResponse

from framework_plugin.components.channels.attachments import (
    Attachment,
    Kind,
    Recogniser,
    metadata_of,
)
from framework_plugin.components.channels.choices import Choices
from framework_plugin.components.channels.duplicates import Duplicates
from framework_plugin.components.channels.hearing import Hearing, spoken_metadata
from framework_plugin.components.channels.incoming import Incoming
from framework_plugin.components.channels.outgoing import MessengerOutput
from framework_plugin.components.channels.sending import Wire
from framework_plugin.components.channels.shared_notes import SharedNotes
from framework_plugin.components.guarded_routes import Refused, body_of, error_of

logger = logging.getLogger(__name__)

OnNewMessage = Callable[[UserMessage], Awaitable[Any]]

LONGEST_BODY = 262_144
_LAST_WORDS = 10.0
"""Seconds that turns have to end in when the server stops."""


class MessengerInput(InputChannel):
    """A channel whose platform posts what users say to `/webhooks/<name>/webhook`.

    Args:
        notes: What the servers share; by default the stores of the server are used.
        recogniser: Makes words of speech and pictures; by default that of `voice.yml`
            makes words of speech.

    Raises:
        ComponentError: If `voice.yml` cannot be used.
    """

    def __init__(
        self, notes: SharedNotes | None = None, recogniser: Recogniser | None = None
    ) -> None:
        self.notes = notes or SharedNotes()
        self.duplicates = Duplicates(self.notes, self.name())
        self.choices = Choices(self.notes)
        self._hearing = Hearing(recogniser)
        self._on_new_message: OnNewMessage | None = None
        self._turns: set[asyncio.Task[None]] = set()

    async def receive(self, request: Request, body: bytes) -> HTTPResponse:
        """Answers a request.

        Args:
            request: Its query and headers.
            body: Not longer than `LONGEST_BODY`.

        Raises:
            Refused: If it is not from the platform, or cannot be understood.
        """
        raise NotImplementedError

    async def download(self, attachment: Attachment, incoming: Incoming) -> bytes:
        """What an attachment holds.

        Raises:
            SendError: If the platform does not give it.
        """
        raise NotImplementedError

    def wires(self) -> tuple[Wire, ...]:
        """The connections to close when the server stops."""
        return ()

    def blueprint(self, on_new_message: OnNewMessage) -> Blueprint:
        """The routes, and what happens when the server starts and stops."""
        self._on_new_message = on_new_message
        routes = Blueprint(f"personal_chat_{self.name()}")

        async def webhook(request: Request) -> HTTPResponse:
            return await self._guarded(request)

        # Bodies are read here, so that no long one fills the memory.
        for method in ("GET", "POST"):
            routes.add_route(
                webhook,
                "/webhook",
                methods=[method],
                name=f"webhook_{method.lower()}",
                stream=True,
            )
        routes.listener("after_server_start")(self._start)
        routes.listener("before_server_stop")(self._stop)
        routes.listener("after_server_stop")(self._end)
        return routes

    def begin(self, incoming: Incoming, output: MessengerOutput) -> asyncio.Task[None]:
        """Has a message answered while the platform need not wait."""
        return self.in_background(self._answer(incoming, output))

    def in_background(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Runs something to its end, however the request ends that began it."""
        turn = asyncio.ensure_future(work)
        self._turns.add(turn)
        turn.add_done_callback(self._turns.discard)
        return turn

    async def _guarded(self, request: Request) -> HTTPResponse:
        try:
            body = b""
            if request.method == "POST":
                body = await body_of(request, LONGEST_BODY)
            return await self.receive(request, body)
        except Refused as error:
            # Neither query nor body: who forges one chooses what is in them.
            logger.warning(
                "A request to %s from %s was refused with %s: %s",
                *(request.path, request.ip, error.status, error),
            )
            return error_of(error.status, str(error))

    async def _answer(self, incoming: Incoming, output: MessengerOutput) -> None:
        """A turn, from the message to the last word that answers it."""
        try:
            words = await self._words(incoming, output)
            if words is None or self._on_new_message is None:
                return
            message = UserMessage(
                words,
                output,
                incoming.recipient,
                input_channel=self.name(),
                message_id=incoming.id,
                metadata=_metadata(incoming, words),
            )
            await self._on_new_message(message)
        except Exception:
            # As Rasa's own channels do: nobody waits for this any more.
            logger.exception("A message on channel '%s' was not answered.", self.name())

    async def _words(self, incoming: Incoming, output: MessengerOutput) -> str | None:
        """What the user says; None if nobody can tell, and the user was told so."""
        if incoming.chosen:
            return incoming.text
        text = incoming.text
        attachment = incoming.attachment
        if attachment is not None and not text:
            heard = await self._hearing.words(
                attachment,
                lambda: self.download(attachment, incoming),
                lambda said: output.send_text_message(incoming.recipient, said),
            )
            if heard is None:
                return None
            text = heard
        chosen = await self.choices.chosen(incoming.recipient, text)
        return chosen if chosen is not None else _typed(text)

    async def _start(self, app: Sanic, *_: Any) -> None:
        self.notes.serve(app)
        self._hearing.serve(app)

    async def _stop(self, *_: Any) -> None:
        if self._turns:
            await asyncio.wait(set(self._turns), timeout=_LAST_WORDS)
        for wire in self.wires():
            await wire.close()

    async def _end(self, *_: Any) -> None:
        await self._hearing.close()


def _metadata(incoming: Incoming, words: str) -> dict[str, Any]:
    attachment = incoming.attachment
    spoken = attachment is not None and attachment.kind is Kind.VOICE
    return {
        **incoming.metadata,
        **metadata_of(attachment),
        **(spoken_metadata(words) if spoken else {}),
    }


def _typed(text: str) -> str:
    """Words that were typed: to Rasa, a `/` in front would be an intent.

    What a user types must not name an intent and its entities past the classifier.
    """
    text = text.strip()
    return f"／{text[1:]}" if text.startswith("/") else text
