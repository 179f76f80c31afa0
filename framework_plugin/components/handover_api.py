"""The desk over HTTP, and the delivery of what people say there.

Rasa serves it where `credentials.yml` names it, and only there:

    framework_plugin.components.handover_api.HandoverApi:
      token: ${HANDOVER_API_TOKEN}
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable
from functools import wraps
from pathlib import Path
from typing import Any

from rasa.core.channels.channel import (
    CollectingOutputChannel,
    InputChannel,
    UserMessage,
)
from sanic import Blueprint, Sanic, response
from sanic.request import Request
from sanic.response import HTTPResponse

from framework_plugin.components.desk import (
    Desk,
    entry_as_json,
    view_as_json,
    webhook_of,
)
from framework_plugin.components.desk_talks import list_talks, show_talk
from framework_plugin.components.guarded_routes import (
    Handler,
    Refused,
    body_of,
    check_bearer,
    check_id,
    checked_token,
    error_of,
    is_storable,
    sender_in,
    store_of,
)
from framework_plugin.components.handover_delivery import Delivery
from framework_plugin.components.looks import Looks
from framework_plugin.components.readable_errors import (
    ComponentError,
    readable_errors,
)
from framework_plugin.errors import HandoverError, MemoryStoreError
from framework_plugin.handover.settings import FILE, HandoverSettings, read_settings
from framework_plugin.handover.webhook import Webhook
from framework_plugin.memory.repository import MemoryRepository

logger = logging.getLogger(__name__)

_LONGEST_BODY = 16_384
_LISTED = 100
_PAUSE = 1.0
"""Seconds between two looks for what is to be said."""
_LONG_PAUSE = 30.0
"""While the database is away."""
_PLACE = "credentials.yml under framework_plugin.components.handover_api.HandoverApi"


class HandoverApi(InputChannel):
    """A channel that brings no messages: operators take, answer and close here.

    It also brings what they say to users whose channel can speak first, wherever it was
    written: over HTTP or by the command.

    Args:
        token: Who sends it as `Authorization: Bearer …` may do everything here.
        settings: From `handover.yml`.

    Raises:
        ComponentError: If the token is missing or too short to be a secret.
    """

    def __init__(self, token: str, settings: HandoverSettings) -> None:
        self._token = checked_token(token, "the desk over HTTP", _PLACE)
        self._settings = settings
        self._webhook: Webhook | None = None
        self._looks = Looks()
        self._bringing: asyncio.Task[None] | None = None

    @classmethod
    def name(cls) -> str:
        """What Rasa calls it."""
        return "handover"

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> HandoverApi:
        """Makes it from its section of `credentials.yml`."""
        keys = dict(credentials or {})
        token, path = keys.pop("token", None), keys.pop("settings", FILE)
        if keys:
            raise ComponentError(
                f"Unknown key '{next(iter(keys))}' in {_PLACE}. Valid keys: token, "
                "settings."
            )
        with readable_errors(cls.__name__):
            return cls(token, read_settings(Path(str(path))))

    def url_prefix(self) -> str:
        """Where Rasa puts it: not below `/webhooks`, for it is none."""
        return "/handovers"

    def blueprint(
        self, on_new_message: Callable[[UserMessage], Awaitable[Any]]
    ) -> Blueprint:
        """The routes, and the task that brings what is said."""
        routes = Blueprint("personal_chat_handover")
        one = "/<entry:int>"
        for handler, path, method in (
            (_list, "/", "GET"),
            (_unanswered, "/unanswered", "GET"),
            (list_talks, "/conversations", "GET"),
            (show_talk, "/conversations/<user>", "GET"),
            (_show, one, "GET"),
            (_take, f"{one}/take", "POST"),
            (_reply, f"{one}/reply", "POST"),
            (_close, f"{one}/close", "POST"),
            (_fetch, "/due/<user>", "POST"),
        ):
            # Bodies are read here, so that no long one fills the memory.
            routes.add_route(
                self._guarded(handler),
                path,
                methods=[method],
                name=handler.__name__.strip("_"),
                stream=True,
            )
        routes.listener("after_server_start")(self._start)
        routes.listener("before_server_stop")(self._stop)
        return routes

    def _guarded(self, handler: Handler) -> Handler:
        """A handler that answers nobody without the token, and errors as JSON."""

        @wraps(handler)
        async def guarded(request: Request, **place: Any) -> HTTPResponse:
            try:
                check_bearer(request, self._token)
                if "entry" in place:
                    check_id(place["entry"])
                return await handler(request, self._desk(request), **place)
            except Refused as error:
                return error_of(error.status, str(error))
            except HandoverError as error:
                return error_of(409, str(error))
            except (MemoryStoreError, OSError) as error:
                logger.error("A request to the desk failed: %s", error)
                return error_of(
                    503,
                    "The queue cannot be reached now; try again later. The log of the "
                    "server says why.",
                )

        return guarded

    def _desk(self, request: Request) -> Desk:
        repository = store_of(request.app).memory.repository
        webhook = self._started_webhook(repository)
        return Desk(repository, self._settings, webhook, self._looks)

    def _started_webhook(self, repository: MemoryRepository) -> Webhook | None:
        """Tells another system, what earlier processes have left included."""
        if self._webhook is None:
            self._webhook = webhook_of(repository, self._settings)
            if self._webhook:
                self._webhook.start()
        return self._webhook

    async def _start(self, app: Sanic, *_: Any) -> None:
        self._bringing = asyncio.ensure_future(self._bring(app))

    async def _stop(self, *_: Any) -> None:
        if self._bringing:
            self._bringing.cancel()
        if self._webhook:
            await asyncio.to_thread(self._webhook.close)

    async def _bring(self, app: Sanic) -> None:
        """Looks for what is to be said, as long as the server runs."""
        pause = _PAUSE
        while True:
            await asyncio.sleep(pause)
            try:
                self._started_webhook(store_of(app).memory.repository)
                delivery = _delivery_of(app, self._settings)
                await delivery.deliver_all()
                pause = _PAUSE
            except Refused:
                # No model is loaded yet.
                pause = _PAUSE
            except Exception as error:
                # Whatever the database or the lock store raises: it may come back.
                logger.error("What was said at the desk waits: %s", error)
                pause = _LONG_PAUSE


async def _list(request: Request, desk: Desk) -> HTTPResponse:
    """The open entries, or with `?all=1` the newest ones."""
    wants_all = request.args.get("all") in ("1", "true")
    if wants_all:
        entries = await asyncio.to_thread(desk.queue.newest, _LISTED)
    else:
        entries = await asyncio.to_thread(desk.queue.opened)
    content = {"handovers": [entry_as_json(entry) for entry in entries]}
    return response.json(content, ensure_ascii=False)


async def _unanswered(request: Request, desk: Desk) -> HTTPResponse:
    """The questions that got no answer and that nobody has dealt with."""
    found = await asyncio.to_thread(desk.unanswered, _actor(request), time.time())
    content = {
        "questions": [
            {"question": one.question, "reason": one.reason.value, "at": one.asked_at}
            for one in found
        ]
    }
    return response.json(content, ensure_ascii=False)


async def _show(request: Request, desk: Desk, entry: int) -> HTTPResponse:
    """What led to an entry, and what was said since."""
    now = time.time()
    try:
        view = await asyncio.to_thread(desk.show, entry, _actor(request), now)
    except HandoverError as error:
        raise Refused(404, str(error)) from error
    return response.json(view_as_json(view, desk.settings), ensure_ascii=False)


async def _take(request: Request, desk: Desk, entry: int) -> HTTPResponse:
    """Gives it to the person of the name."""
    name = await _text_in(request, "name")
    taken = await asyncio.to_thread(
        desk.take, entry, name, _actor(request), time.time()
    )
    return response.json(entry_as_json(taken), ensure_ascii=False)


async def _reply(request: Request, desk: Desk, entry: int) -> HTTPResponse:
    """Says something to the user, at once if the channel can speak first."""
    text = await _text_in(request, "text")
    reply = await asyncio.to_thread(
        desk.reply, entry, text, _actor(request), time.time()
    )
    content = {"id": entry, "reply": reply.id, "said_at": reply.said_at}
    return response.json(content)


async def _close(request: Request, desk: Desk, entry: int) -> HTTPResponse:
    """Gives the conversation back to the assistant."""
    closed = await asyncio.to_thread(desk.close, entry, _actor(request), time.time())
    return response.json(entry_as_json(closed), ensure_ascii=False)


async def _fetch(request: Request, desk: Desk, user: str) -> HTTPResponse:
    """What is to be said to a user whose channel only answers; they count as told."""
    sender = sender_in(user)
    delivery = _delivery_of(request.app, desk.settings)
    said = await delivery.deliver(sender, CollectingOutputChannel())
    content = [{"speaker": one.speaker, "text": one.text} for one in said]
    return response.json({"messages": content}, ensure_ascii=False)


def _delivery_of(app: Sanic, settings: HandoverSettings) -> Delivery:
    outbox = Desk(store_of(app).memory.repository, settings).outbox
    channels = getattr(app.ctx, "input_channels", None) or []
    return Delivery(outbox, app.ctx.agent, channels)


def _actor(request: Request) -> str:
    return f"http:{request.ip}"


async def _text_in(request: Request, key: str) -> str:
    body = await body_of(request, _LONGEST_BODY)
    try:
        content = json.loads(body)
    except ValueError:
        content = None
    value = content.get(key) if isinstance(content, dict) else None
    if not isinstance(value, str) or len(content) != 1:
        raise Refused(400, f'The body must be JSON of the form {{"{key}": "…"}}.')
    if not is_storable(value):
        raise Refused(400, f"'{key}' holds a character that cannot be stored.")
    return value
