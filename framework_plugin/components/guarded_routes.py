"""What routes share that only the holder of a token may use."""

from __future__ import annotations

import hmac
import logging
import re
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import unquote

from sanic import Sanic, response
from sanic.request import Request
from sanic.response import HTTPResponse

from framework_plugin.components.readable_errors import ComponentError
from framework_plugin.components.tracker_store import MemoryTrackerStore

logger = logging.getLogger(__name__)

SHORTEST_TOKEN = 16
LONGEST_SENDER = 255
"""Characters of the column `sender_id` in the database."""
_HIGHEST_ID = 2**31 - 1
_VISIBLE = re.compile(r"[^\s\x00-\x1f\x85\ufeff]")

Handler = Callable[..., Awaitable[HTTPResponse]]


class Refused(Exception):
    """A request that is answered with an error.

    Args:
        status: Of HTTP.
        message: What is wrong, and what to do.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def checked_token(token: Any, what: str, place: str) -> bytes:
    """The token that a section of `credentials.yml` names.

    Args:
        token: As it stands there, its variable filled in.
        what: What it opens, for the message.
        place: Where it stands, for the message.

    Raises:
        ComponentError: If it is missing or too short to be a secret.
    """
    if not isinstance(token, str) or token.startswith("${"):
        raise ComponentError(
            f"The token of {what} is missing. Put it into {place} as token: ${{NAME}}, "
            "and set that variable; or remove the section."
        )
    if len(token) < SHORTEST_TOKEN:
        raise ComponentError(
            f"The token of {what} has {len(token)} characters; expected at least "
            f"{SHORTEST_TOKEN}. Make one with: openssl rand -hex 32"
        )
    return token.encode()


def check_bearer(request: Request, token: bytes) -> None:
    """Lets nobody pass without the token, in a time that tells nothing of it.

    Raises:
        Refused: If it is not there or another.
    """
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    fits = hmac.compare_digest(given.strip().encode(), token)
    if scheme.lower() != "bearer" or not fits:
        logger.warning(
            "A request to %s had no valid token: %s", request.path, request.ip
        )
        raise Refused(
            401,
            "The token is missing or wrong; send the header 'Authorization: Bearer "
            "<token>' with the one of credentials.yml.",
        )


async def body_of(request: Request, longest: int) -> bytes:
    """The body of a request whose route is a stream.

    Args:
        request: The request.
        longest: In bytes.

    Raises:
        Refused: If it is longer.
    """
    body = b""
    while (part := await request.stream.read()) is not None:
        body += part
        if len(body) > longest:
            raise Refused(413, f"The body has more than {longest} bytes.")
    return body


def is_storable(text: str) -> bool:
    """Whether every database can hold a text: it holds no NUL and no half character."""
    return "\0" not in text and not any("\ud800" <= c <= "\udfff" for c in text)


def is_visible(text: str) -> bool:
    """Whether a text holds more than blanks and signs for machines."""
    return _VISIBLE.search(text) is not None


def sender_in(path: str) -> str:
    """The id of a user in a path.

    Args:
        path: That part of it, still encoded: else an encoded slash would part it.

    Raises:
        Refused: If it can be none.
    """
    try:
        sender = unquote(path, errors="strict")
    except UnicodeDecodeError as error:
        raise Refused(400, "The user's id must be percent-encoded UTF-8.") from error
    fine = is_visible(sender) and is_storable(sender)
    if not fine or len(sender) > LONGEST_SENDER:
        raise Refused(
            400,
            f"The user's id must have 1 to {LONGEST_SENDER} characters that are not "
            "all blank, and no NUL, percent-encoded.",
        )
    return sender


def check_id(id_: int) -> None:
    """Refuses what cannot be the id of a row, and what no database can look for.

    Raises:
        Refused: If it is below 0 or too high.
    """
    if not 0 <= id_ <= _HIGHEST_ID:
        raise Refused(404, f"There is nothing with the id {id_}.")


def store_of(app: Sanic) -> MemoryTrackerStore:
    """The tracker store that the server talks with: it also holds what is not saved.

    Raises:
        Refused: If it is another one.
    """
    return store_behind(getattr(app.ctx, "agent", None))


def store_behind(agent: Any) -> MemoryTrackerStore:
    """The tracker store that an agent talks with.

    Raises:
        Refused: If it is another one.
    """
    store = getattr(agent, "tracker_store", None)
    while store is not None and not isinstance(store, MemoryTrackerStore):
        # Rasa wraps it, more than once.
        store = getattr(store, "_tracker_store", None)
    if store is None:
        raise Refused(
            503,
            "The server has no memory; name the MemoryTrackerStore as 'tracker_store' "
            "in endpoints.yml, and load a model.",
        )
    return store


def error_of(status: int, message: str) -> HTTPResponse:
    """An error as JSON."""
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
    return response.json({"error": message}, status, headers, ensure_ascii=False)
