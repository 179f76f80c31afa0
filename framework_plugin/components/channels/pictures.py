"""Pictures at an address, for platforms that want them uploaded."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import aiohttp

from framework_plugin.components.channels.sending import SendError
from framework_plugin.components.channels.shared_notes import SharedNotes

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

    def form(self, field: str, **values: str) -> aiohttp.FormData:
        """A form with the picture in a field, behind other values."""
        data = aiohttp.FormData()
        for name, value in values.items():
            data.add_field(name, value)
        data.add_field(field, self.content, filename=self.name, content_type=self.type)
        return data


async def uploaded(
    notes: SharedNotes,
    name: str,
    url: str,
    seconds: float,
    upload: Callable[[Picture], Awaitable[str | None]],
) -> str:
    """What a platform calls the picture at an address, uploaded if it is not yet.

    Args:
        notes: What the servers share.
        name: Under which they note it.
        url: Of the picture.
        seconds: How long the platform keeps it.
        upload: Gives it to the platform.

    Raises:
        SendError: If it cannot be read, or the platform does not take it.
    """
    known = await notes.read(name)
    if known:
        return known
    key = await upload(await fetched(url))
    if not key:
        raise SendError(f"The picture {url} was uploaded, but no id came back for it.")
    await notes.write(name, str(key), seconds)
    return str(key)


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
