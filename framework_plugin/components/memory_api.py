"""What is remembered of a user, over HTTP, for whoever has the token.

Rasa serves it where `credentials.yml` names it, and only there:

    framework_plugin.components.memory_api.MemoryApi:
      token: ${MEMORY_API_TOKEN}
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any

from rasa.core.channels.channel import InputChannel, UserMessage
from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse
from sqlalchemy.engine import Connection

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
from framework_plugin.components.readable_errors import ComponentError
from framework_plugin.components.tracker_store import MemoryTrackerStore
from framework_plugin.errors import MemoryStoreError
from framework_plugin.memory.audit import AuditEntry
from framework_plugin.memory.fact_rows import facts_by_id
from framework_plugin.memory.identities import person_of
from framework_plugin.memory.single_facts import (
    FactRefused,
    correct_fact,
    remove_fact,
)

logger = logging.getLogger(__name__)

_LONGEST_BODY = 1_024
"""Bytes: a fact is twenty characters."""

_PLACE = "credentials.yml under framework_plugin.components.memory_api.MemoryApi"


class MemoryApi(InputChannel):
    """A channel that brings no messages: it shows, corrects and removes memories.

    Args:
        token: Who sends it as `Authorization: Bearer …` may do everything here.

    Raises:
        ComponentError: If the token is missing or too short to be a secret.
    """

    def __init__(self, token: str) -> None:
        self._token = checked_token(token, "the memory over HTTP", _PLACE)

    @classmethod
    def name(cls) -> str:
        """What Rasa calls it."""
        return "memory"

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> MemoryApi:
        """Makes it from its section of `credentials.yml`."""
        keys = dict(credentials or {})
        token = keys.pop("token", None)
        if keys:
            raise ComponentError(
                f"Unknown key '{next(iter(keys))}' in {_PLACE}. Valid keys: token."
            )
        return cls(token)

    def url_prefix(self) -> str:
        """Where Rasa puts it: not below `/webhooks`, for it is none."""
        return "/users"

    def blueprint(
        self, on_new_message: Callable[[UserMessage], Awaitable[Any]]
    ) -> Blueprint:
        """The routes."""
        routes = Blueprint("personal_chat_memory")
        one = "/<user>/memory/facts/<fact:int>"
        for handler, path, method in (
            (show_memory, "/<user>/memory", "GET"),
            (forget_memory, "/<user>/memory", "DELETE"),
            (export_memory, "/<user>/memory/export", "GET"),
            (correct_one, one, "PATCH"),
            (remove_one, one, "DELETE"),
        ):
            # Bodies are read here, so that no long one fills the memory.
            routes.add_route(
                self._guarded(handler),
                path,
                methods=[method],
                name=handler.__name__,
                stream=True,
            )
        return routes

    def _guarded(self, handler: Handler) -> Handler:
        """A handler that answers nobody without the token, and errors as JSON."""

        @wraps(handler)
        async def guarded(request: Request, user: str, **place: int) -> HTTPResponse:
            try:
                check_bearer(request, self._token)
                user = sender_in(user)
                for id_ in place.values():
                    check_id(id_)
                return await handler(request, store_of(request.app), user, **place)
            except Refused as error:
                return error_of(error.status, str(error))
            except (MemoryStoreError, OSError) as error:
                logger.error("A request for the memory of a user failed: %s", error)
                return error_of(
                    503,
                    "The memory cannot be reached now; try again later. The log of "
                    "the server says why.",
                )

        return guarded


async def show_memory(
    request: Request, store: MemoryTrackerStore, user: str
) -> HTTPResponse:
    """The facts known of a user."""

    def read() -> list[dict[str, Any]]:
        with store.memory.repository.reading() as connection:
            rows = facts_by_id(connection, _person(connection, user), time.time())
        return [
            {
                "id": id_,
                "kind": fact.kind.value,
                "value": fact.value,
                "said_at": fact.said_at,
            }
            for id_, fact in rows.items()
        ]

    facts = await asyncio.to_thread(read)
    await _note(request, store, "show", user, f"{len(facts)} facts")
    return response.json({"user": user, "facts": facts}, ensure_ascii=False)


async def export_memory(
    request: Request, store: MemoryTrackerStore, user: str
) -> HTTPResponse:
    """All that is stored of a user."""
    found = await asyncio.to_thread(store.memory.export, user)
    await _note(request, store, "export", user, f"{len(found['events'])} events")
    return response.json(found, ensure_ascii=False)


async def forget_memory(
    request: Request, store: MemoryTrackerStore, user: str
) -> HTTPResponse:
    """Removes all that is stored of a user."""
    done = await asyncio.to_thread(store.forget, user)
    detail = f"{done.facts} facts and {done.events} events"
    await _note(request, store, "forget", user, detail)
    return response.json({"user": user, "facts": done.facts, "events": done.events})


async def correct_one(
    request: Request, store: MemoryTrackerStore, user: str, fact: int
) -> HTTPResponse:
    """Gives one fact another value."""
    value = _value_in(await body_of(request, _LONGEST_BODY))

    def write() -> Any:
        with store.memory.repository.writing() as connection:
            return correct_fact(
                connection, _person(connection, user), fact, value, time.time()
            )

    try:
        new = await asyncio.to_thread(write)
    except FactRefused as error:
        raise Refused(422, str(error)) from error
    if new is None:
        raise _no_such_fact(fact)
    await asyncio.to_thread(store.memory.repository.clear_log)
    await _note(request, store, "correct", user, f"a fact of kind {new.kind.value}")
    content = {"id": fact, "kind": new.kind.value, "value": new.value}
    return response.json({**content, "said_at": new.said_at}, ensure_ascii=False)


async def remove_one(
    request: Request, store: MemoryTrackerStore, user: str, fact: int
) -> HTTPResponse:
    """Removes one fact."""

    def write() -> bool:
        with store.memory.repository.writing() as connection:
            return remove_fact(connection, _person(connection, user), fact)

    if not await asyncio.to_thread(write):
        raise _no_such_fact(fact)
    await asyncio.to_thread(store.memory.repository.clear_log)
    await _note(request, store, "remove", user, "1 fact")
    return response.json({"id": fact, "removed": True})


async def _note(
    request: Request, store: MemoryTrackerStore, action: str, user: str, detail: str
) -> None:
    entry = AuditEntry(time.time(), f"http:{request.ip}", action, user, detail)
    await asyncio.to_thread(store.memory.repository.note, entry)


def _value_in(body: bytes) -> str:
    try:
        content = json.loads(body)
    except ValueError:
        content = None
    value = content.get("value") if isinstance(content, dict) else None
    if not isinstance(value, str) or len(content) != 1:
        raise Refused(400, 'The body must be JSON of the form {"value": "成都"}.')
    if not is_storable(value):
        raise Refused(400, "The value holds a character that cannot be stored.")
    return value


def _no_such_fact(fact: int) -> Refused:
    return Refused(
        404,
        f"The user has no fact of id {fact}; GET /users/<id>/memory lists those there "
        "are.",
    )


def _person(connection: Connection, user: str) -> str:
    """Whose the facts of a sender are."""
    return person_of(connection, user).user_id
