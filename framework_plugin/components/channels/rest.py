"""Rasa's REST channel with a guard: at the same place, with the same answers.

    framework_plugin.components.channels.rest.GuardedRest:
      token: ${REST_TOKEN}

Rasa's own answers what it cannot read with an error of the server, and what it cannot
answer with nothing.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from rasa.core.channels.channel import (
    CollectingOutputChannel,
    InputChannel,
    UserMessage,
)
from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

from framework_plugin.components.channels.limits import SharedLimit
from framework_plugin.components.channels.rest_access import Access
from framework_plugin.components.channels.rest_settings import RestSettings
from framework_plugin.components.channels.web_guard import (
    TooMany,
    address_of,
    slow_down,
)
from framework_plugin.components.guarded_routes import (
    LONGEST_SENDER,
    Refused,
    body_of,
    error_of,
    is_storable,
    is_visible,
)
from framework_plugin.components.serving.turn import REQUEST_ID, new_id

logger = logging.getLogger(__name__)

_KEYS = ("sender", "message", "metadata")
_ID = "X-Request-ID"


@dataclass(frozen=True)
class _Said:
    """What a request says.

    Args:
        sender: Who.
        message: What.
        metadata: Kept with the message.
    """

    sender: str
    message: str
    metadata: dict[str, Any] | None


class GuardedRest(InputChannel):
    """Takes messages as JSON, and answers with the replies.

    Args:
        settings: From `credentials.yml`.
    """

    def __init__(self, settings: RestSettings) -> None:
        self._settings = settings
        self._access = Access(settings)
        self._of_users = SharedLimit("user", settings.messages_per_minute)
        per_address = settings.address_messages_per_minute
        self._of_addresses = SharedLimit("address", per_address)

    @classmethod
    def name(cls) -> str:
        """What Rasa calls it: it stands in the place of Rasa's own."""
        return "rest"

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> GuardedRest:
        """Makes it from its section of `credentials.yml`."""
        return cls(RestSettings.read(credentials))

    def blueprint(
        self, on_new_message: Callable[[UserMessage], Awaitable[Any]]
    ) -> Blueprint:
        """The routes."""
        routes = Blueprint("personal_chat_rest")

        async def well(request: Request) -> HTTPResponse:
            return response.json({"status": "ok"})

        async def receive(request: Request) -> HTTPResponse:
            id_ = new_id(request.headers.get(_ID))
            try:
                answer = await self._answer(request, id_, on_new_message)
            except Refused as error:
                answer = error_of(error.status, str(error))
                if isinstance(error, TooMany):
                    answer.headers["Retry-After"] = str(error.wait)
            answer.headers[_ID] = id_
            return answer

        routes.add_route(well, "/", methods=["GET"], name="well")
        # Bodies are read here, so that no long one fills the memory.
        routes.add_route(
            receive, "/webhook", methods=["POST"], name="receive", stream=True
        )
        return routes

    async def _answer(
        self,
        request: Request,
        id_: str,
        on_new_message: Callable[[UserMessage], Awaitable[Any]],
    ) -> HTTPResponse:
        owner = self._access.owner(request)
        agent = getattr(request.app.ctx, "agent", None)
        await slow_down(self._of_addresses, agent, address_of(request))
        said = self._said_in(await body_of(request, self._settings.longest_body))
        if owner is not None and owner != said.sender:
            raise Refused(403, "The token is of another user than 'sender'.")
        await slow_down(self._of_users, agent, said.sender)
        collector = CollectingOutputChannel()
        message = UserMessage(
            said.message,
            collector,
            said.sender,
            input_channel=self.name(),
            metadata=said.metadata,
        )
        REQUEST_ID.set(id_)
        try:
            # Who hangs up has said it all the same.
            await asyncio.shield(asyncio.ensure_future(on_new_message(message)))
        except Exception as error:
            # Whatever a component or a service raises, the user shall know. Its words
            # may be the user's; the agent logs them without these.
            kind = type(error).__name__
            logger.error("The message of turn %s was not answered: %s", id_, kind)
            raise Refused(
                503,
                f"The message could not be answered; the log of the server says why, "
                f"at {id_}. Try again later.",
            ) from error
        return response.json(collector.messages, ensure_ascii=False)

    def _said_in(self, body: bytes) -> _Said:
        try:
            content = json.loads(body)
        except (ValueError, RecursionError):
            content = None
        if not isinstance(content, dict):
            raise Refused(
                400,
                'The body must be JSON of the form {"sender": "…", "message": "…"}.',
            )
        if unknown := sorted(set(content) - set(_KEYS)):
            raise Refused(
                400, f"Unknown key {unknown[0]!a}. Valid keys: {', '.join(_KEYS)}."
            )
        metadata = content.get("metadata")
        if metadata is not None and not isinstance(metadata, dict):
            raise Refused(400, "'metadata' must be an object.")
        return _Said(
            _text(content, "sender", LONGEST_SENDER),
            _text(content, "message", self._settings.longest_message),
            metadata,
        )


def _text(content: dict[str, Any], key: str, longest: int) -> str:
    """A text that the database can hold.

    Raises:
        Refused: If it is none, blank or too long.
    """
    value = content.get(key)
    if not isinstance(value, str) or not is_visible(value) or len(value) > longest:
        raise Refused(
            400, f"'{key}' must be 1 to {longest} characters that are not all blank."
        )
    if not is_storable(value):
        raise Refused(400, f"'{key}' holds a character that cannot be stored.")
    return value
