"""A guard in front of the webhooks of Rasa's own channels."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any

from sanic import Blueprint, Sanic, response
from sanic.request import Request
from sanic.response import HTTPResponse

from framework_plugin.components.channels.duplicates import Duplicates
from framework_plugin.components.channels.messenger import LONGEST_BODY
from framework_plugin.components.channels.shared_notes import SharedNotes
from framework_plugin.components.channels.spoken import (
    OnNewMessage,
    Spoken,
    SpokenTurns,
)
from framework_plugin.components.guarded_routes import Refused, error_of

logger = logging.getLogger(__name__)

Check = Callable[[Request], None]
"""Raises `Refused` for what is not from the platform."""
Find = Callable[[Request], str]
"""The id of a message; empty if it has none."""
FindSpeech = Callable[[Request], Spoken | None]
"""The recording in a request; None if there is none."""


class Guard:
    """Lets pass what is signed, short enough and new; Rasa's handlers see nothing else.

    Args:
        channel: Its name.
        check: Whether a request is from the platform.
        find: By what it is known when it comes again.
        find_speech: What Rasa's handlers would not understand.
    """

    def __init__(
        self, channel: str, check: Check, find: Find, find_speech: FindSpeech
    ) -> None:
        self._channel = channel
        self._notes = SharedNotes()
        self._duplicates = Duplicates(self._notes, channel)
        self._check = check
        self._find = find
        self._find_speech = find_speech
        self._spoken: SpokenTurns | None = None

    def put_before(self, routes: Blueprint, on_new_message: OnNewMessage) -> Blueprint:
        """Guards all routes of a blueprint but the one that says the server is well.

        Raises:
            ComponentError: If `voice.yml` cannot be used.
        """
        self._spoken = SpokenTurns(self._channel, on_new_message)
        routes.middleware("request")(self._let_pass)
        routes.listener("after_server_start")(self._start)
        routes.listener("after_server_start")(self._spoken.serve)
        routes.listener("after_server_stop")(self._spoken.close)
        return routes

    async def _let_pass(self, request: Request) -> HTTPResponse | None:
        """Nothing to let a request pass, or the answer to it."""
        if not request.path.endswith(("/webhook", "/set_webhook")):
            return None
        try:
            if len(request.body) > LONGEST_BODY:
                raise Refused(413, f"The body has more than {LONGEST_BODY} bytes.")
            self._check(request)
        except Refused as error:
            logger.warning(
                "A request to %s from %s was refused with %s: %s",
                *(request.path, request.ip, error.status, error),
            )
            return error_of(error.status, str(error))
        if request.method == "POST":
            id_ = self._find(request)
            if id_ and not await self._duplicates.is_first(id_):
                return response.text("success")
            spoken = self._find_speech(request)
            if spoken is not None and self._spoken is not None:
                self._spoken.begin(spoken)
                return response.text("success")
        return None

    async def _start(self, app: Sanic, *_: Any) -> None:
        self._notes.serve(app)


def object_in(body: bytes) -> dict[str, Any]:
    """The JSON object of a body.

    Raises:
        Refused: If it is none.
    """
    try:
        content = json.loads(body)
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise Refused(400, "The body is not a JSON object.")
    return content
