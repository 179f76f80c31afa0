"""What is sent to a platform: in its pace, with a good token, again if that helps."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import aiohttp

from framework_plugin.components.channels.pace import Pace
from framework_plugin.components.channels.tokens import Tokens
from framework_plugin.errors import PersonalChatError

logger = logging.getLogger(__name__)

_ATTEMPTS = 4
_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 10.0
_TIMEOUT = aiohttp.ClientTimeout(total=15, connect=5)
_LONGEST_ANSWER = 16 * 1024 * 1024


class SendError(PersonalChatError):
    """A platform did not take what was sent, or gave no token."""


class Verdict(Enum):
    """What the answer of a platform means."""

    DONE = "done"
    TOKEN = "token"
    """The token is no longer good."""
    BUSY = "busy"
    """It may be tried again."""
    REFUSED = "refused"
    """Trying again would not help."""


@dataclass(frozen=True)
class Answer:
    """What a platform has answered.

    Args:
        status: Of HTTP.
        content: The JSON object; empty if it was none.
        body: As it came.
        retry_after: Seconds after which to try again; None if it does not say.
    """

    status: int
    content: Mapping[str, Any]
    body: bytes = field(default=b"", repr=False)
    retry_after: float | None = None


@dataclass(frozen=True)
class Protocol:
    """How a platform wants to be talked to.

    Args:
        name: For messages.
        authorise: Gives the query and the headers that carry a token.
        judge: Tells what an answer means.
        explain: Tells what it complains about, and what to do.
    """

    name: str
    authorise: Callable[[str], tuple[dict[str, str], dict[str, str]]]
    judge: Callable[[Answer], Verdict]
    explain: Callable[[Answer], str]


class Wire:
    """HTTP to one platform. Nothing that is logged or raised has a query in it.

    Args:
        base: The address that paths are appended to.
        protocol: What its answers mean.
        pace: How fast it may be asked.
        sleep: Waits for so many seconds.
    """

    def __init__(
        self,
        base: str,
        protocol: Protocol,
        pace: Pace,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._base = base.rstrip("/")
        self._protocol = protocol
        self._pace = pace
        self._sleep = sleep
        self._session: aiohttp.ClientSession | None = None

    async def call(
        self, method: str, path: str, tokens: Tokens | None = None, **options: Any
    ) -> Answer:
        """Asks, with a token if there are any, until there is an answer that counts.

        Args:
            method: Of HTTP.
            path: Below the address, or an address of its own.
            tokens: Where the token comes from. One that is refused is renewed once.
            **options: `json`, `params`, or `make_data` for a form, as a function since
                a form can be sent only once.

        Raises:
            SendError: If the platform does not take it.
        """
        token = await tokens.current() if tokens else None
        renewed, pause = False, _FIRST_PAUSE
        for attempt in range(1, _ATTEMPTS + 1):
            answer = await self._ask(method, path, token, options)
            verdict = self._protocol.judge(answer) if answer else Verdict.BUSY
            if answer and verdict is Verdict.DONE:
                return answer
            if tokens and token and verdict is Verdict.TOKEN and not renewed:
                token, renewed = await tokens.renewed(token), True
                continue
            if verdict is not Verdict.BUSY or attempt == _ATTEMPTS:
                raise self._error(path, answer)
            wished = answer.retry_after if answer else None
            await self._sleep(min(wished or pause, _LONGEST_PAUSE))
            pause *= 2
        raise self._error(path, answer)

    async def close(self) -> None:
        """Ends the connections; another call opens new ones."""
        session, self._session = self._session, None
        if session:
            await session.close()

    async def _ask(
        self, method: str, path: str, token: str | None, options: Mapping[str, Any]
    ) -> Answer | None:
        """One request; None if it did not get there."""
        query, headers = self._protocol.authorise(token) if token else ({}, {})
        make_data = options.get("make_data")
        body = options.get("json")
        if body is not None:
            # Readable, not \u4f60: WeChat would show it as it stands.
            data: Any = json.dumps(body, ensure_ascii=False).encode()
            headers = {**headers, "Content-Type": "application/json; charset=utf-8"}
        else:
            data = make_data() if make_data else None
        await self._pace.wait()
        try:
            async with self._opened().request(
                method,
                path if "://" in path else self._base + path,
                params={**query, **(options.get("params") or {})},
                headers=headers,
                data=data,
            ) as response:
                return await _answer_of(response)
        except aiohttp.ClientConnectorError as error:
            # It was never heard: said again, it is not said twice.
            logger.warning("%s cannot be reached: %s", self._protocol.name, error)
            return None
        except (aiohttp.ClientError, asyncio.TimeoutError) as error:
            raise SendError(
                f"{self._protocol.name} gave no answer to {_place(path)} "
                f"({type(error).__name__}). It may have taken it, so it is not said "
                "again."
            ) from None

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(timeout=_TIMEOUT, trust_env=True)
        return self._session

    def _error(self, path: str, answer: Answer | None) -> SendError:
        if answer is None:
            return SendError(
                f"{self._protocol.name} cannot be reached for {_place(path)}, after "
                f"{_ATTEMPTS} attempts. Check the network, or a proxy."
            )
        return SendError(
            f"{self._protocol.name} refused {_place(path)}: "
            f"{self._protocol.explain(answer)}"
        )


async def body_within(response: aiohttp.ClientResponse) -> bytes:
    """A body, of which no more is read than any file of a platform may have."""
    parts = bytearray()
    # A single read brings what has come so far, and no more.
    while len(parts) < _LONGEST_ANSWER:
        part = await response.content.read(_LONGEST_ANSWER - len(parts))
        if not part:
            break
        parts += part
    return bytes(parts)


async def _answer_of(response: aiohttp.ClientResponse) -> Answer:
    body = await body_within(response)
    try:
        content = json.loads(body)
    except ValueError:
        content = None
    wished = response.headers.get("Retry-After", "")
    return Answer(
        response.status,
        content if isinstance(content, dict) else {},
        body,
        float(wished) if wished.isdigit() else None,
    )


def _place(path: str) -> str:
    """A path for messages: without the query, which may hold a secret."""
    return path.partition("?")[0]
