"""Whether the server lives, whether it can answer, and how it is doing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import sqlalchemy as sa
from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

from framework_plugin.components.guarded_routes import (
    Refused,
    check_bearer,
    error_of,
    store_behind,
)
from framework_plugin.components.serving import metrics

_PATIENCE = 3.0
"""Seconds after which a part that is silent counts as unreachable."""
_FRESH = 1.0
"""Seconds for which an answer holds, so that many who ask are no burden."""

Check = Callable[[Any], Awaitable[None]]


class Readiness:
    """Which parts that a turn needs can be reached.

    Args:
        actions: Where the action server says that it is well.
        clock: Seconds of a clock that never goes back.
    """

    def __init__(
        self, actions: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._actions = actions
        self._clock = clock
        self._checked: tuple[float, dict[str, str]] | None = None
        self._turn = asyncio.Lock()

    async def parts(self, agent: Any) -> dict[str, str]:
        """`ok`, or what is wrong, for each part."""
        async with self._turn:
            if self._checked and self._clock() - self._checked[0] < _FRESH:
                return self._checked[1]
            checks: dict[str, Check] = {
                "model": _has_model,
                "database": _reaches_database,
                "locks": _reaches_locks,
                "actions": self._reaches_actions,
            }
            told = await asyncio.gather(
                *(_told(check, agent) for check in checks.values())
            )
            found = dict(zip(checks, told, strict=True))
            self._checked = self._clock(), found
            return found

    async def _reaches_actions(self, agent: Any) -> None:
        async with (
            aiohttp.ClientSession() as session,
            session.get(self._actions) as answer,
        ):
            answer.raise_for_status()


def health_routes(actions: str, metrics_token: str | None) -> Blueprint:
    """`/health`, `/ready` and `/metrics`.

    Args:
        actions: Where the action server says that it is well.
        metrics_token: Who sends it as `Authorization: Bearer …` gets the metrics; None
            asks for none.
    """
    routes = Blueprint("personal_chat_health")
    states: list[Readiness] = []

    async def health(request: Request) -> HTTPResponse:
        return response.json({"status": "ok"})

    async def ready(request: Request) -> HTTPResponse:
        if not states:
            # Its lock belongs to the loop that runs only now.
            states.append(Readiness(actions))
        parts = await states[0].parts(getattr(request.app.ctx, "agent", None))
        fine = all(state == "ok" for state in parts.values())
        content = {"status": "ok" if fine else "unavailable", "parts": parts}
        return response.json(content, 200 if fine else 503)

    async def measures(request: Request) -> HTTPResponse:
        if metrics_token is not None:
            try:
                check_bearer(request, metrics_token.encode())
            except Refused as error:
                return error_of(error.status, str(error))
        told = await asyncio.to_thread(metrics.exposition)
        return response.raw(told, content_type=metrics.CONTENT_TYPE)

    for path, handler in (
        ("/health", health),
        ("/ready", ready),
        ("/metrics", measures),
    ):
        routes.add_route(handler, path, methods=["GET"], name=path.strip("/"))
    return routes


async def _told(check: Check, agent: Any) -> str:
    try:
        await asyncio.wait_for(check(agent), _PATIENCE)
    except asyncio.TimeoutError:
        return f"no answer within {_PATIENCE:g} s"
    except Exception as error:
        # A driver may raise anything; its words could hold addresses or names.
        return type(error).__name__
    return "ok"


async def _has_model(agent: Any) -> None:
    if agent is None or not agent.is_ready():
        raise Refused(503, "There is no model.")


async def _reaches_database(agent: Any) -> None:
    repository = store_behind(agent).memory.repository

    def ask() -> None:
        with repository.reading() as connection:
            connection.execute(sa.select(sa.literal(1)))

    await asyncio.to_thread(ask)


async def _reaches_locks(agent: Any) -> None:
    store = agent.lock_store
    client = getattr(store, "redis", None) or getattr(store, "red", None)
    if client is not None:
        await asyncio.to_thread(client.ping)
