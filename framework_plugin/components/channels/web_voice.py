"""Speech at the chat page: what visitors say, and replies that are spoken."""

from __future__ import annotations

import logging
import re
from typing import Any

from sanic import Sanic, response
from sanic.request import Request
from sanic.response import HTTPResponse

from framework_plugin.components.channels.hearing import (
    heard_by,
    shared_voice,
    voice_here,
)
from framework_plugin.components.channels.web_guard import (
    PRIVATE,
    Guard,
    answer,
    content_of,
)
from framework_plugin.components.channels.web_parts import Parts
from framework_plugin.components.channels.web_visitor import Visitor
from framework_plugin.components.guarded_routes import Refused, body_of
from framework_plugin.voice.trouble import NotHeard, Trouble

logger = logging.getLogger(__name__)

_STATUS = {
    Trouble.OFF: 404,
    Trouble.BUSY: 503,
    Trouble.SLOW: 503,
    Trouble.TOO_LONG: 413,
    Trouble.UNREADABLE: 422,
    Trouble.SILENT: 422,
    Trouble.UNCLEAR: 422,
    Trouble.BROKEN: 503,
}
_PART_ID = re.compile(r"[A-Za-z0-9]{8,64}")
_START = re.compile(r"[0-9]{1,9}")
_LONGEST_TEXT = 4_000
"""Characters of a reply; what is spoken of it is less."""


class WebVoice:
    """What `voice.yml` sets up, for the page.

    Args:
        guard: Counts what visitors do.

    Raises:
        ComponentError: If `voice.yml` cannot be used.
    """

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._voice = voice_here()
        self._parts = Parts(self._voice.settings.limits.bytes)

    @property
    def hears(self) -> bool:
        """Whether visitors may speak."""
        return self._voice.hears

    @property
    def speaks(self) -> bool:
        """Whether replies may be spoken."""
        return self._voice.speaks

    def told(self) -> dict[str, Any]:
        """What the page needs to know of it."""
        seconds = self._voice.settings.limits.seconds
        return {"hears": self.hears, "speaks": self.speaks, "seconds": seconds}

    async def serve(self, app: Sanic, *_: Any) -> None:
        """Takes what the server shares."""
        self._voice = shared_voice(app, self._voice)

    async def close(self, *_: Any) -> None:
        """Ends what was started for it, once the server has stopped."""
        await self._voice.close()

    async def wake(self, request: Request, visitor: Visitor) -> HTTPResponse:
        """Somebody begins to speak: the engine is loaded until they have done."""
        await content_of(request)
        self._voice.wake()
        return answer({"awake": True})

    async def hear(self, request: Request, visitor: Visitor) -> HTTPResponse:
        """The words of a recording; the page sends them as a message then."""
        kind = request.headers.get("content-type", "")
        if not kind.startswith("audio/"):
            raise Refused(415, "The body must be a recording, of a type audio/….")
        self._guard.count_sound(visitor)
        self._parts.drop(visitor.id)
        data = await body_of(request, self._voice.settings.limits.bytes)
        try:
            heard = await heard_by(self._voice, data)
        except NotHeard as error:
            return _excuse(error)
        sure = heard.confidence
        return answer({"text": heard.text, "confidence": sure})

    async def hear_part(self, request: Request, visitor: Visitor) -> HTTPResponse:
        """Takes a part of a recording that goes on, and tells the words so far.

        `text` is null where there are none to tell, and `more` false where the engine
        cannot keep up: then the page waits until all is said.
        """
        kind = request.headers.get("content-type", "")
        if not kind.startswith("audio/"):
            raise Refused(415, "The body must be a recording, of a type audio/….")
        id_, start = request.args.get("id") or "", request.args.get("start") or ""
        if not _PART_ID.fullmatch(id_) or not _START.fullmatch(start):
            raise Refused(
                400, "'id' must be 8 to 64 letters or digits, 'start' a number."
            )
        self._guard.count_part(visitor)
        part = await body_of(request, self._voice.settings.limits.bytes)
        growing = self._parts.add(visitor.id, id_, int(start), part)
        if growing.slow:
            return answer({"text": None, "more": False})
        data = bytes(growing.data)
        try:
            # Ids are the page's own, and others may use the same one.
            heard = await self._voice.hear_so_far(f"{visitor.id} {id_}", data)
        except NotHeard as error:
            return _excuse(error)
        if heard is not None:
            self._parts.took(growing, heard.took)
        text = heard.text if heard else None
        return answer({"text": text, "more": not growing.slow})

    async def speak(self, request: Request, visitor: Visitor) -> HTTPResponse:
        """A reply as sound."""
        text = (await content_of(request)).get("text")
        if not isinstance(text, str) or not text.strip():
            raise Refused(400, "'text' must be a text that is not blank.")
        if len(text) > _LONGEST_TEXT:
            raise Refused(413, f"The text has more than {_LONGEST_TEXT} characters.")
        self._guard.count_sound(visitor)
        try:
            sound = await self._voice.speak(text)
        except NotHeard as error:
            return _excuse(error)
        return response.raw(sound, 200, dict(PRIVATE), "audio/wav")


def _excuse(error: NotHeard) -> HTTPResponse:
    """Why there are no words or no sound; the page has its own for each trouble."""
    level = logging.ERROR if error.trouble is Trouble.BROKEN else logging.INFO
    logger.log(level, "Speech at the chat page: %s", error)
    content = {"error": "There is no result.", "trouble": error.trouble.value}
    said = answer(content, _STATUS[error.trouble])
    if error.trouble is Trouble.BUSY:
        said.headers["Retry-After"] = "5"
    return said
