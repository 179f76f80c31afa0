"""A real Sanic server with a channel, and an agent that says what a test wants."""

from __future__ import annotations

import asyncio
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rasa.core.channels.channel import InputChannel, UserMessage, register
from rasa.core.utils import AvailableEndpoints  # noqa: F401
from sanic import Sanic

from tests.servers import Running, running

Answering = Callable[[UserMessage], Awaitable[None]]


class Agent:
    """Notes what it is told, and answers as the test says.

    Args:
        answering: What it does with a message; by default it says the text again.
    """

    def __init__(self, answering: Answering | None = None) -> None:
        self.heard: list[UserMessage] = []
        self.answering = answering or echo
        self.tracker_store: Any = None
        self.lock_store: Any = None

    async def handle_message(self, message: UserMessage) -> None:
        """As Rasa's agent."""
        self.heard.append(message)
        await self.answering(message)

    @property
    def texts(self) -> list[str | None]:
        return [one.text for one in self.heard]


async def echo(message: UserMessage) -> None:
    await say(message, {"text": f"您说：{message.text}"})


async def say(message: UserMessage, *responses: dict[str, Any]) -> None:
    for one in responses:
        await message.output_channel.send_response(message.sender_id, dict(one))


def saying(*responses: dict[str, Any], after: float = 0.0) -> Answering:
    """Answers everything with the same, after so many seconds."""

    async def answer(message: UserMessage) -> None:
        await asyncio.sleep(after)
        await say(message, *responses)

    return answer


_count = iter(range(1_000))


@contextmanager
def serving(channel: InputChannel, agent: Any) -> Iterator[Running]:
    """Serves a channel on loopback, registered by Rasa itself."""
    app = Sanic(f"channel_{channel.name()}_{next(_count)}")
    app.ctx.agent = agent
    register([channel], app, route="/webhooks/")
    with running(app) as server:
        server.url += f"/webhooks/{channel.name()}/webhook"
        yield server


def ask(
    url: str, body: bytes | None = None, headers: dict[str, str] | None = None
) -> tuple[int, str]:
    """The status and the body of an answer."""
    request = urllib.request.Request(url, body, headers or {})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
