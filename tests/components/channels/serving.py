"""A real Sanic server with a channel, and an agent that says what a test wants."""

from __future__ import annotations

import asyncio
import threading
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rasa.core.channels.channel import InputChannel, UserMessage, register
from rasa.core.utils import AvailableEndpoints  # noqa: F401
from sanic import Sanic

from tests.memory.conftest import free_port

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


class Served:
    """A server that runs; `run` does something in its loop."""

    def __init__(self, url: str, loop: asyncio.AbstractEventLoop) -> None:
        self.url = url
        self._loop = loop

    def run(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(20)


_count = iter(range(1_000))


@contextmanager
def serving(channel: InputChannel, agent: Any) -> Iterator[Served]:
    """Serves a channel on loopback, registered by Rasa itself."""
    app = Sanic(f"channel_{channel.name()}_{next(_count)}")
    app.ctx.agent = agent
    register([channel], app, route="/webhooks/")
    started, loops = threading.Event(), []
    port = free_port()

    @app.after_server_start
    async def note(_: Any, loop: Any) -> None:
        loops.append(loop)
        started.set()

    def run() -> None:
        asyncio.set_event_loop(asyncio.new_event_loop())
        app.run("127.0.0.1", port, register_sys_signals=False, access_log=False)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert started.wait(20)
    try:
        place = f"http://127.0.0.1:{port}/webhooks/{channel.name()}/webhook"
        yield Served(place, loops[0])
    finally:
        loops[0].call_soon_threadsafe(app.stop)
        thread.join(20)


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
