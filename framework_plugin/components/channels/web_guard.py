"""Who may do what at the chat page, and how often."""

from __future__ import annotations

import json
import logging
import math
import time
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from sanic import response
from sanic.request import Request
from sanic.response import HTTPResponse

from framework_plugin.components.channels.limits import AT_ONCE, Limit, SharedLimit
from framework_plugin.components.channels.web_settings import WebSettings
from framework_plugin.components.channels.web_visitor import Visitor, VisitorCookies
from framework_plugin.components.guarded_routes import Refused, body_of
from framework_plugin.errors import MemoryStoreError

logger = logging.getLogger(__name__)

LONGEST_BODY = 16_384
"""Bytes; a message has at most a thousand characters by default."""

_REQUESTS_PER_MINUTE = 240
_PARTS_PER_MINUTE = 75
_PARTS_AT_ONCE = 20
_READING = ("GET", "HEAD")

PRIVATE = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
}
"""Headers of whatever is only for one visitor."""

Handler = Callable[..., Awaitable[HTTPResponse | None]]


class Guard:
    """Lets only visitors in, from our own page, and not too often.

    Args:
        settings: Of the page.
        cookies: By which visitors are told.
    """

    def __init__(self, settings: WebSettings, cookies: VisitorCookies) -> None:
        self._cookies = cookies
        per_minute = settings.messages_per_minute
        at_once = max(AT_ONCE, per_minute // 3)
        # All servers count these together; what follows each counts for itself.
        self._messages = SharedLimit("page_message", per_minute, at_once)
        newcomers = settings.visitors_per_minute
        self._newcomers = SharedLimit("page_visitor", newcomers, newcomers)
        # For each message one recording, and its replies.
        self._sounds = Limit(3 * per_minute, 3 * at_once)
        # About one a second, while somebody speaks.
        self._parts = Limit(_PARTS_PER_MINUTE, _PARTS_AT_ONCE)
        self._requests = Limit(_REQUESTS_PER_MINUTE, 60)

    def handler(self, handle: Handler, *, framed: bool, newcomers: bool) -> Handler:
        """A handler that gets the visitor, and answers errors as JSON.

        Args:
            handle: Takes the request, the visitor, and what the path names.
            framed: Whether it serves the page in a frame.
            newcomers: Whether somebody without a cookie is let in, as None.
        """

        @wraps(handle)
        async def guarded(request: Request, **place: Any) -> HTTPResponse | None:
            try:
                check_origin(request)
                visitor = self.visitor(request, framed=framed)
                if visitor is None and not newcomers:
                    raise Refused(
                        401, "The cookie of the page is missing; load the page again."
                    )
                if visitor is not None:
                    self._slow_down(self._requests, visitor.id)
                return await handle(request, visitor, **place)
            except Refused as error:
                return error_of(error)
            except (MemoryStoreError, OSError) as error:
                logger.error("A request of the chat page failed: %s", error)
                return error_of(Refused(503, "The memory cannot be reached now."))

        return guarded

    def visitor(self, request: Request, *, framed: bool) -> Visitor | None:
        """Who sends a request, if we know."""
        value = request.cookies.get(self._cookies.name(framed=framed))
        return self._cookies.visitor(value, framed=framed)

    async def count_message(self, request: Request, visitor: Visitor) -> None:
        """Counts a message of a visitor.

        Raises:
            Refused: If there were too many.
        """
        await slow_down(self._messages, request.app.ctx.agent, visitor.id)

    def count_sound(self, visitor: Visitor) -> None:
        """Counts a recording of a visitor, or a reply that is to be spoken.

        Raises:
            Refused: If there were too many.
        """
        self._slow_down(self._sounds, visitor.id)

    def count_part(self, visitor: Visitor) -> None:
        """Counts a part of a recording that goes on.

        Raises:
            Refused: If there were too many.
        """
        self._slow_down(self._parts, visitor.id)

    async def count_newcomer(self, request: Request) -> None:
        """Counts a new visitor from an address.

        Raises:
            Refused: If there were too many.
        """
        agent = request.app.ctx.agent
        await slow_down(self._newcomers, agent, address_of(request))

    def _slow_down(self, limit: Limit, caller: str) -> None:
        wait = limit.wait(caller, time.monotonic())
        if wait:
            raise TooMany(wait)


class TooMany(Refused):
    """Something was done too often.

    Args:
        wait: Seconds until it may be done again.
    """

    def __init__(self, wait: float) -> None:
        super().__init__(429, "That was too often; wait a moment.")
        self.wait = math.ceil(wait)


async def slow_down(limit: SharedLimit, agent: Any, caller: str) -> None:
    """Counts one more of a caller, for all servers.

    Raises:
        TooMany: If there were too many.
    """
    wait = await limit.wait(agent, caller)
    if wait:
        raise TooMany(wait)


def check_origin(request: Request) -> None:
    """Refuses what another site's page sends.

    Browsers say where a request comes from, and let no script change it. A request
    that changes something must say it.

    Raises:
        Refused: If it does not come from our own page.
    """
    site = request.headers.get("sec-fetch-site")
    fine = site in (None, "same-origin", "none")
    origin = request.headers.get("origin")
    if origin is not None:
        fine = fine and urlsplit(origin).netloc == request.headers.get("host", "")
    elif request.method not in _READING:
        fine = site == "same-origin"
    if not fine:
        raise Refused(403, "Only the chat page itself may do this.")


def address_of(request: Request) -> str:
    """Where a request comes from; behind a proxy, what Sanic is told to believe."""
    return str(request.remote_addr or request.ip)


def is_https(request: Request) -> bool:
    """Whether the visitor came by HTTPS, to us or to the proxy before us."""
    told = request.headers.get("x-forwarded-proto", "")
    return bool(request.scheme == "https" or told == "https")


async def content_of(request: Request) -> dict[str, Any]:
    """The JSON object in a body.

    Raises:
        Refused: If it is none, or too long.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    if kind != "application/json":
        raise Refused(415, "The body must be of type application/json.")
    try:
        content = json.loads(await body_of(request, LONGEST_BODY))
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise Refused(400, "The body must be a JSON object.")
    return content


def answer(content: Any, status: int = 200) -> HTTPResponse:
    """JSON for one visitor."""
    return response.json(content, status, dict(PRIVATE), ensure_ascii=False)


def error_of(error: Refused) -> HTTPResponse:
    """An error as JSON."""
    said = answer({"error": str(error)}, error.status)
    if isinstance(error, TooMany):
        said.headers["Retry-After"] = str(error.wait)
    return said
