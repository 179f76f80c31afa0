"""WeChat Official Accounts.

In `credentials.yml`; see `docs/channels/wechat.md`:

    framework_plugin.components.channels.wechat.WeChatInput:
      app_id: wx…
      app_secret: ${WECHAT_APP_SECRET}
      token: ${WECHAT_TOKEN}
      encoding_aes_key: ${WECHAT_AES_KEY}
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sanic import response
from sanic.request import Request
from sanic.response import HTTPResponse

from framework_plugin.components.channels.attachments import (
    recogniser_of,
)
from framework_plugin.components.channels.credentials import credentials_of, needed
from framework_plugin.components.channels.pace import Pace
from framework_plugin.components.channels.sending import Wire
from framework_plugin.components.channels.shared_notes import SharedNotes
from framework_plugin.components.channels.signatures import sorted_sha1
from framework_plugin.components.channels.wechat_api import (
    WeChatApi,
    protocol,
    wechat_token,
)
from framework_plugin.components.channels.wechat_crypt import (
    MessageCrypt,
    check,
    fields_of,
)
from framework_plugin.components.channels.wechat_input import EncryptedInput
from framework_plugin.components.channels.wechat_messages import incoming_of
from framework_plugin.components.channels.wechat_output import (
    WeChatOutput,
    WeChatReply,
)
from framework_plugin.components.guarded_routes import Refused
from framework_plugin.settings import require_range

PATH = "framework_plugin.components.channels.wechat.WeChatInput"
_CONSOLE = "It stands in mp.weixin.qq.com under 设置与开发 > 开发接口管理."


@dataclass(frozen=True)
class WeChatSettings:
    """The section of `credentials.yml`.

    Args:
        app_id: AppID (开发者ID).
        app_secret: AppSecret.
        token: The one chosen with the address of the server.
        encoding_aes_key: The EncodingAESKey of the safe mode (安全模式).
        customer_service: Whether the account may write to users by itself (客服消息);
            else what comes too late comes with the next answer.
        answer_seconds: How long an answer may take to be given to the request itself;
            WeChat waits five seconds.
        on_subscribe: What a new follower says to the assistant, as text or intent.
        on_scan: What a follower says who scans a code with a scene.
        recogniser: Module path of a `Recogniser`; none by default.
        api: Where the platform is.

    Raises:
        SettingsError: If a value is impossible.
    """

    app_id: str = needed(_CONSOLE)
    app_secret: str = needed(_CONSOLE)
    token: str = needed(_CONSOLE)
    encoding_aes_key: str = needed(f"{_CONSOLE} Choose the safe mode (安全模式).")
    customer_service: bool = True
    answer_seconds: float = 4.5
    on_subscribe: str = "/greet"
    on_scan: str = ""
    recogniser: str = ""
    api: str = "https://api.weixin.qq.com"

    def __post_init__(self) -> None:
        require_range("answer_seconds", self.answer_seconds, 0.0, 4.8)


class WeChatInput(EncryptedInput):
    """Brings what followers say, and answers in time or by customer service.

    Args:
        settings: The account.
        notes: What the servers share.
    """

    def __init__(
        self, settings: WeChatSettings, notes: SharedNotes | None = None
    ) -> None:
        key = settings.encoding_aes_key
        crypt = MessageCrypt(settings.token, key, settings.app_id)
        super().__init__(crypt, notes, recogniser_of(settings.recogniser))
        self._settings = settings
        self.api = WeChatApi(
            Wire(settings.api, protocol("WeChat"), Pace(50, 50)),
            self.notes,
            f"{self.name()}:{settings.app_id}",
            wechat_token(settings.app_id, settings.app_secret),
        )

    @classmethod
    def name(cls) -> str:
        """What Rasa calls it."""
        return "wechat"

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> WeChatInput:
        """Makes it from its section of `credentials.yml`.

        Raises:
            ComponentError: If something is missing, unknown or impossible.
        """
        return cls(credentials_of(WeChatSettings, credentials, PATH))

    def get_output_channel(self) -> WeChatOutput | None:
        """For what the assistant says first; None if the account may not."""
        if not self._settings.customer_service:
            return None
        return WeChatOutput(self.api, self.choices, raises=True)

    async def receive(self, request: Request, body: bytes) -> HTTPResponse:
        """See `MessengerInput`."""
        now = time.time()
        query = {key: request.args.get(key, "") for key in ("timestamp", "nonce")}
        if request.method == "GET":
            self._check_plain(request, query, now)
            return response.text(request.args.get("echostr", ""))
        encrypted = fields_of(body).get("Encrypt")
        if not isinstance(encrypted, str):
            raise Refused(
                400,
                "The message is not encrypted; choose the safe mode (安全模式) in the "
                "settings of the account.",
            )
        signature = request.args.get("msg_signature", "")
        opened = self._crypt.opened(encrypted, signature, **query, now=now)
        return await self._take(fields_of(opened))

    async def _take(self, fields: Mapping[str, Any]) -> HTTPResponse:
        said = {
            "subscribe": self._settings.on_subscribe,
            "scan": self._settings.on_scan,
        }
        incoming = incoming_of(fields, self.name(), said)
        if incoming is None or not await self.duplicates.is_first(incoming.id):
            return response.text("success")
        reply = WeChatReply(
            self.api,
            self.choices,
            self.notes,
            customer_service=self._settings.customer_service,
        )
        await reply.bring_late(incoming.recipient)
        turn = self.begin(incoming, reply)
        done, _ = await asyncio.wait({turn}, timeout=self._settings.answer_seconds)
        parcel = await reply.passive(incoming.recipient) if done else None
        if parcel is None:
            self.in_background(reply.release(incoming.recipient))
            return response.text("success")
        return self._passive(fields, parcel)

    def _passive(
        self, fields: Mapping[str, Any], parcel: Mapping[str, Any]
    ) -> HTTPResponse:
        """The answer to the request, from us to the user."""
        content: dict[str, Any] = (
            {"Content": parcel["text"]["content"]}
            if (parcel["msgtype"] == "text")
            else {"Image": {"MediaId": parcel["image"]["media_id"]}}
        )
        content["MsgType"] = parcel["msgtype"]
        return self._closed_answer(fields, content, time.time())

    def _check_plain(
        self, request: Request, query: Mapping[str, str], now: float
    ) -> None:
        """The signature of the request with which the address is entered."""
        expected = sorted_sha1(self._settings.token, *query.values())
        given = request.args.get("signature", "")
        check(given, expected, query["timestamp"], now)
