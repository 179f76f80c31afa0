"""Users who talk with a server over REST: each waits for the answer to the last."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

import aiohttp

_PATIENCE = aiohttp.ClientTimeout(total=120)


@dataclass
class Talked:
    """What came of it.

    Args:
        seconds: Of each turn, from its request to its answer.
        errors: What went wrong.
        sent: How many messages each user sent.
        took: Seconds of all of it.
    """

    seconds: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    sent: dict[str, int] = field(default_factory=dict)
    took: float = 0.0

    @property
    def rate(self) -> float:
        """Turns a second."""
        return len(self.seconds) / self.took


async def talk(
    port: int,
    users: list[str],
    said: list[str],
    turns: int,
    *,
    pause: float = 0.0,
    until: float | None = None,
) -> Talked:
    """Has users talk, all at once.

    Args:
        port: Of the server.
        users: Their ids.
        said: What they say, each from another place on.
        turns: How many messages each sends.
        pause: Seconds that a user rests between two.
        until: Time of `perf_counter` at which they stop, whatever `turns` says.
    """
    told = Talked()
    began = time.perf_counter()
    # A connection for each user, which stays open, as that of a phone does.
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0), timeout=_PATIENCE
    ) as session:

        async def one(index: int, user: str) -> None:
            for turn in range(turns):
                if until is not None and time.perf_counter() > until:
                    return
                text = said[(index * turns + turn) % len(said)]
                await _say(session, port, user, text, told)
                await asyncio.sleep(pause)

        await asyncio.gather(*(one(index, user) for index, user in enumerate(users)))
    told.took = time.perf_counter() - began
    return told


async def _say(
    session: aiohttp.ClientSession, port: int, user: str, text: str, told: Talked
) -> None:
    url = f"http://127.0.0.1:{port}/webhooks/rest/webhook"
    began = time.perf_counter()
    try:
        async with session.post(url, json={"sender": user, "message": text}) as answer:
            content = await answer.json()
            if answer.status != 200 or not isinstance(content, list):
                told.errors.append(f"{answer.status}: {content}")
    except (aiohttp.ClientError, asyncio.TimeoutError, ValueError) as error:
        told.errors.append(repr(error))
    told.seconds.append(time.perf_counter() - began)
    told.sent[user] = told.sent.get(user, 0) + 1
