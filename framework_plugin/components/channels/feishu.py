"""Bots of Feishu (飞书) and Lark.

In `credentials.yml`; see `docs/channels/feishu.md`:

    framework_plugin.components.channels.feishu.FeishuInput:
      app_id: cli_…
      app_secret: ${FEISHU_APP_SECRET}
      encrypt_key: ${FEISHU_ENCRYPT_KEY}
      verification_token: ${FEISHU_VERIFICATION_TOKEN}
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sanic import response
from sanic.request import Request
from sanic.response import HTTPResponse

from framework_plugin.components.channels.attachments import (
    Attachment,
    Kind,
    recogniser_of,
)
from framework_plugin.components.channels.credentials import credentials_of, needed
from framework_plugin.components.channels.feishu_api import PROTOCOL, FeishuApi
from framework_plugin.components.channels.feishu_crypt import (
    check_signature,
    event_of,
)
from framework_plugin.components.channels.feishu_messages import (
    ENTERED,
    MENU,
    MESSAGE,
    PRESSED,
    event_text,
    message_of,
    pressed_of,
)
from framework_plugin.components.channels.feishu_output import FeishuOutput
from framework_plugin.components.channels.incoming import Incoming
from framework_plugin.components.channels.messenger import MessengerInput
from framework_plugin.components.channels.pace import Pace
from framework_plugin.components.channels.sending import SendError, Wire
from framework_plugin.components.channels.shared_notes import SharedNotes
from framework_plugin.components.channels.signatures import same
from framework_plugin.components.guarded_routes import Refused

logger = logging.getLogger(__name__)

PATH = "framework_plugin.components.channels.feishu.FeishuInput"
_APP = "It stands in open.feishu.cn, in the app, under 凭证与基础信息."
_EVENTS = "It stands in open.feishu.cn, in the app, under 事件与回调 > 加密策略."


@dataclass(frozen=True)
class FeishuSettings:
    """The section of `credentials.yml`.

    Args:
        app_id: App ID.
        app_secret: App Secret.
        encrypt_key: Encrypt Key: without it events would be neither encrypted nor
            signed.
        verification_token: Verification Token.
        on_enter: What somebody says who opens the chat with the bot, as text or
            intent.
        recogniser: Module path of a `Recogniser`; none by default.
        api: Where the platform is; for Lark `https://open.larksuite.com`.
    """

    app_id: str = needed(_APP)
    app_secret: str = needed(_APP)
    encrypt_key: str = needed(_EVENTS)
    verification_token: str = needed(_EVENTS)
    on_enter: str = ""
    recogniser: str = ""
    api: str = "https://open.feishu.cn"


class FeishuInput(MessengerInput):
    """Brings what users say to a bot, alone or in groups.

    Args:
        settings: The app.
        notes: What the servers share.
    """

    def __init__(
        self, settings: FeishuSettings, notes: SharedNotes | None = None
    ) -> None:
        super().__init__(notes, recogniser_of(settings.recogniser))
        self._settings = settings
        self.api = FeishuApi(
            Wire(settings.api, PROTOCOL, Pace(20, 20)),
            *(self.notes, settings.app_id, settings.app_secret),
        )

    @classmethod
    def name(cls) -> str:
        """What Rasa calls it."""
        return "feishu"

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> FeishuInput:
        """Makes it from its section of `credentials.yml`.

        Raises:
            ComponentError: If something is missing, unknown or impossible.
        """
        return cls(credentials_of(FeishuSettings, credentials, PATH))

    def get_output_channel(self) -> FeishuOutput:
        """For what the assistant says first."""
        return FeishuOutput(self.api, self.choices, raises=True)

    def wires(self) -> tuple[Wire, ...]:
        """See `MessengerInput`."""
        return (self.api.wire,)

    async def download(self, attachment: Attachment, incoming: Incoming) -> bytes:
        """See `MessengerInput`."""
        kind = "image" if attachment.kind is Kind.IMAGE else "file"
        message_id = str(incoming.metadata.get("message_id", ""))
        return await self.api.download(message_id, attachment.media_id, kind)

    async def receive(self, request: Request, body: bytes) -> HTTPResponse:
        """See `MessengerInput`."""
        if request.method == "GET":
            return response.json({"status": "ok"})
        event = event_of(body, self._settings.encrypt_key)
        header = event.get("header")
        token = header.get("token") if isinstance(header, dict) else event.get("token")
        if not same(str(token or ""), self._settings.verification_token):
            raise Refused(403, "The Verification Token is wrong.")
        if event.get("type") == "url_verification":
            # The only event that the platform does not sign.
            return response.json({"challenge": event.get("challenge", "")})
        check_signature(request.headers, body, self._settings.encrypt_key, time.time())
        if isinstance(header, dict) and isinstance(event.get("event"), dict):
            await self._take(header, event["event"])
        return response.json({})

    async def _take(self, header: Mapping[str, Any], event: Mapping[str, Any]) -> None:
        """Has an event answered in the background: the platform waits three seconds."""
        event_id = str(header.get("event_id") or "")
        incoming = await self._incoming(str(header.get("event_type")), event_id, event)
        if incoming is None or not await self.duplicates.is_first(incoming.id):
            return
        self.begin(incoming, FeishuOutput(self.api, self.choices, raises=False))

    async def _incoming(
        self, kind: str, id_: str, event: Mapping[str, Any]
    ) -> Incoming | None:
        if kind == MESSAGE:
            return message_of(event, self.name(), await self._bot_id(event))
        if kind == PRESSED:
            return pressed_of(event, self.name(), id_)
        if kind == ENTERED:
            return event_text(event, self.name(), id_, self._settings.on_enter)
        if kind == MENU:
            text = str(event.get("event_key") or "")
            return event_text(event, self.name(), id_, text)
        return None

    async def _bot_id(self, event: Mapping[str, Any]) -> str | None:
        """Who the bot is, where that matters."""
        message = event.get("message")
        if not isinstance(message, dict) or not message.get("mentions"):
            return None
        try:
            return await self.api.bot_id()
        except SendError as error:
            logger.error("A message to the bot in a group is not answered: %s", error)
            return None
