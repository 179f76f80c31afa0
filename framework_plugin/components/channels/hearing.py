"""Words out of what users send that is no text, and what they are told without them.

A recogniser that a channel names makes words of whatever it likes. Else speech goes to
the engine of `voice.yml`, which all channels of a server share.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from sanic import Sanic

from framework_plugin.components.channels.attachments import (
    SAID,
    Attachment,
    Download,
    Kind,
    Recogniser,
)
from framework_plugin.components.channels.sending import SendError
from framework_plugin.components.readable_errors import readable_errors
from framework_plugin.components.serving.metrics import HEARING_SECONDS, SPEECH_HEARD
from framework_plugin.voice.service import Heard, VoiceService
from framework_plugin.voice.settings import FILE
from framework_plugin.voice.trouble import NotHeard, Trouble, said_of

logger = logging.getLogger(__name__)

UNDERSTOOD = "（我听到的是：{words}）"
"""What a user is shown of their own speech, in front of the answer."""

Tell = Callable[[str], Awaitable[None]]


def voice_here() -> VoiceService:
    """What the `voice.yml` beside `credentials.yml` sets up.

    Raises:
        ComponentError: If it cannot be used, or something that it names is missing.
    """
    with readable_errors(FILE):
        return VoiceService(Path(FILE))


def shared_voice(app: Sanic, own: VoiceService) -> VoiceService:
    """The one service of a server; the first channel brings it."""
    if not hasattr(app.ctx, "personal_chat_voice"):
        app.ctx.personal_chat_voice = own
    found: VoiceService = app.ctx.personal_chat_voice
    return found


async def heard_by(voice: VoiceService, data: bytes) -> Heard:
    """The words of a recording, counted in the metrics.

    Args:
        voice: Hears it.
        data: As for `VoiceService.hear`.

    Raises:
        NotHeard: If there are none.
    """
    begun, outcome = time.perf_counter(), "understood"
    try:
        heard = await voice.hear(data)
        SPEECH_HEARD.inc(heard.seconds)
        return heard
    except NotHeard as error:
        outcome = error.trouble.value
        raise
    finally:
        HEARING_SECONDS.labels(outcome).observe(time.perf_counter() - begun)


def spoken_metadata(words: str) -> dict[str, Any]:
    """What a message says of itself that was spoken."""
    return {"spoken": True, "transcript": words}


class Hearing:
    """The words of attachments.

    Args:
        recogniser: That the channel names; None for that of `voice.yml`.

    Raises:
        ComponentError: If `voice.yml` cannot be used.
    """

    def __init__(self, recogniser: Recogniser | None = None) -> None:
        self._recogniser = recogniser
        self._voice = voice_here()

    def serve(self, app: Sanic) -> None:
        """Takes what the server shares."""
        self._voice = shared_voice(app, self._voice)

    async def close(self) -> None:
        """Ends what was started for it, once the server has stopped."""
        await self._voice.close()

    async def words(
        self, attachment: Attachment, download: Download, tell: Tell
    ) -> str | None:
        """What an attachment says.

        Args:
            attachment: What the platform tells of it.
            download: Brings it.
            tell: Says something to the user.

        Returns:
            None if nobody can tell, and the user was told so.
        """
        if attachment.words:
            return attachment.words
        try:
            if self._recogniser is not None:
                words = await self._recogniser.words(attachment, download)
            elif attachment.kind is Kind.VOICE:
                words = await self._heard(download, tell)
            else:
                words = None
        except SendError as error:
            logger.error("An attachment could not be fetched: %s", error)
            words = None
        except NotHeard as error:
            await tell(self._excuse(error))
            return None
        if not words:
            await tell(SAID[attachment.kind])
        return words or None

    async def _heard(self, download: Download, tell: Tell) -> str | None:
        if not self._voice.hears:
            return None
        heard = await heard_by(self._voice, await download())
        if self._voice.settings.show_words:
            await tell(UNDERSTOOD.format(words=heard.text))
        return heard.text

    def _excuse(self, error: NotHeard) -> str:
        """What the user is told; the log learns more."""
        level = logging.ERROR if error.trouble is Trouble.BROKEN else logging.INFO
        logger.log(level, "Speech was not understood: %s", error)
        return said_of(error.trouble, self._voice.settings.limits.seconds)
