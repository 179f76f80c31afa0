"""Speech in Rasa's own channels, which take text alone."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from rasa.core.channels.channel import OutputChannel, UserMessage
from sanic import Sanic

from framework_plugin.components.channels.attachments import (
    Attachment,
    Download,
    Kind,
)
from framework_plugin.components.channels.hearing import Hearing, spoken_metadata
from framework_plugin.components.channels.sending import SendError, body_within

logger = logging.getLogger(__name__)

_TIMEOUT = aiohttp.ClientTimeout(total=15, connect=5)
_SPEECH = Attachment(Kind.VOICE)

OnNewMessage = Callable[[UserMessage], Awaitable[Any]]


async def _nothing() -> None:
    return None


@dataclass(frozen=True)
class Spoken:
    """A recording that came in.

    Args:
        sender_id: Whose.
        output: For what is said to it.
        download: Brings it.
        metadata: For the `UserMessage`.
        close: Called when all is said.
    """

    sender_id: str
    output: OutputChannel
    download: Download
    metadata: Mapping[str, Any] = field(default_factory=dict)
    close: Callable[[], Awaitable[None]] = _nothing


class SpokenTurns:
    """Turns that begin with speech, in the background: platforms do not wait.

    Args:
        channel: Its name.
        on_new_message: Rasa's.

    Raises:
        ComponentError: If `voice.yml` cannot be used.
    """

    def __init__(self, channel: str, on_new_message: OnNewMessage) -> None:
        self._channel = channel
        self._on_new_message = on_new_message
        self._hearing = Hearing()
        self._turns: set[asyncio.Task[None]] = set()

    async def serve(self, app: Sanic, *_: Any) -> None:
        """Takes what the server shares."""
        self._hearing.serve(app)

    async def close(self, *_: Any) -> None:
        """Ends what was started for it, once the server has stopped."""
        await self._hearing.close()

    def begin(self, spoken: Spoken) -> None:
        """Has a recording answered."""
        turn = asyncio.ensure_future(self._answer(spoken))
        self._turns.add(turn)
        turn.add_done_callback(self._turns.discard)

    async def _answer(self, spoken: Spoken) -> None:
        try:
            words = await self._hearing.words(
                _SPEECH,
                spoken.download,
                lambda said: spoken.output.send_text_message(spoken.sender_id, said),
            )
            if words is None:
                return
            message = UserMessage(
                words,
                spoken.output,
                spoken.sender_id,
                input_channel=self._channel,
                metadata={**spoken.metadata, **spoken_metadata(words)},
            )
            await self._on_new_message(message)
        except Exception:
            # As Rasa's own channels do: nobody waits for this any more.
            logger.exception("Speech on channel '%s' was not answered.", self._channel)
        finally:
            await spoken.close()


async def fetched(url: str, headers: Mapping[str, str] | None = None) -> bytes:
    """A recording at an address that the platform has signed.

    Raises:
        SendError: If it cannot be read.
    """
    try:
        async with (
            aiohttp.ClientSession(timeout=_TIMEOUT, trust_env=True) as session,
            session.get(url, headers=headers) as response,
        ):
            response.raise_for_status()
            return await body_within(response)
    except (aiohttp.ClientError, asyncio.TimeoutError, ValueError) as error:
        # The address may hold a secret.
        raise SendError(
            f"The recording cannot be read ({type(error).__name__})."
        ) from None
