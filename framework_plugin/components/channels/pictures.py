"""Pictures at an address, for platforms that want them uploaded."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import aiohttp

from framework_plugin.components.channels.sending import SendError

LARGEST = 10 * 1024 * 1024
_TIMEOUT = aiohttp.ClientTimeout(total=10, connect=5)
_ENDINGS = {"image/jpeg": "jpg", "image/png": "png", "image/gif": "gif"}


@dataclass(frozen=True)
class Picture:
    """A picture.

    Args:
        content: Its bytes.
        type: Its media type.
        name: A file name with the right ending.
    """

    content: bytes
    type: str
    name: str


async def fetched(url: str) -> Picture:
    """Reads a picture that the assistant shows.

    Raises:
        SendError: If it cannot be read, is too large, or no JPEG, PNG or GIF.
    """
    try:
        async with (
            aiohttp.ClientSession(timeout=_TIMEOUT, trust_env=True) as session,
            session.get(url) as response,
        ):
            response.raise_for_status()
            kind = response.content_type
            content = await response.content.read(LARGEST + 1)
            while len(content) <= LARGEST and not response.content.at_eof():
                content += await response.content.read(LARGEST + 1 - len(content))
    except (aiohttp.ClientError, asyncio.TimeoutError, ValueError) as error:
        raise SendError(
            f"The picture {url} cannot be read ({type(error).__name__}). Check the "
            "address in the response."
        ) from error
    if kind not in _ENDINGS or len(content) > LARGEST:
        raise SendError(
            f"The picture {url} is of type '{kind}' with {len(content)} bytes or more; "
            f"expected a JPEG, PNG or GIF of at most {LARGEST} bytes."
        )
    return Picture(content, kind, f"picture.{_ENDINGS[kind]}")
