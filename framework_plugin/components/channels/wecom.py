"""Apps of WeCom (企业微信).

In `credentials.yml`; see `docs/channels/wecom.md`:

    framework_plugin.components.channels.wecom.WeComInput:
      corp_id: ww…
      agent_id: 1000002
      app_secret: ${WECOM_APP_SECRET}
      token: ${WECOM_TOKEN}
      encoding_aes_key: ${WECOM_AES_KEY}
"""

from __future__ import annotations

import time
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
from framework_plugin.components.channels.wechat_api import (
    WeChatApi,
    protocol,
    wecom_token,
)
from framework_plugin.components.channels.wechat_crypt import (
    MessageCrypt,
    fields_of,
)
from framework_plugin.components.channels.wechat_input import EncryptedInput
from framework_plugin.components.channels.wechat_messages import incoming_of
from framework_plugin.components.channels.wecom_output import WeComOutput
from framework_plugin.components.guarded_routes import Refused

PATH = "framework_plugin.components.channels.wecom.WeComInput"
_APP = "It stands in work.weixin.qq.com under 应用管理, in the app."
_RECEIVE = f"{_APP} Look under 接收消息 > 设置API接收."
_PRESSED = "已选择"


@dataclass(frozen=True)
class WeComSettings:
    """The section of `credentials.yml`.

    Args:
        corp_id: 企业ID.
        agent_id: AgentId of the app.
        app_secret: Secret of the app.
        token: The one chosen for receiving messages.
        encoding_aes_key: The EncodingAESKey beside it.
        on_enter: What somebody says who opens the app, as text or intent.
        on_subscribe: What somebody says who gets to see the app for the first time.
        recogniser: Module path of a `Recogniser`; none by default.
        api: Where the platform is.
    """

    corp_id: str = needed(
        "It stands in work.weixin.qq.com under 我的企业 > 企业信息, at the very end."
    )
    agent_id: int = 0
    app_secret: str = needed(_APP)
    token: str = needed(_RECEIVE)
    encoding_aes_key: str = needed(_RECEIVE)
    on_enter: str = ""
    on_subscribe: str = ""
    recogniser: str = ""
    api: str = "https://qyapi.weixin.qq.com"


class WeComInput(EncryptedInput):
    """Brings what members say to an app; answers are sent as messages of the app.

    An app may always speak first, so no answer waits for the five seconds of a request.

    Args:
        settings: The app.
        notes: What the servers share.
    """

    def __init__(
        self, settings: WeComSettings, notes: SharedNotes | None = None
    ) -> None:
        key = settings.encoding_aes_key
        crypt = MessageCrypt(settings.token, key, settings.corp_id)
        super().__init__(crypt, notes, recogniser_of(settings.recogniser))
        self._settings = settings
        self.api = WeChatApi(
            Wire(settings.api, protocol("WeCom"), Pace(10, 20)),
            self.notes,
            f"{self.name()}:{settings.corp_id}:{settings.agent_id}",
            wecom_token(settings.corp_id, settings.app_secret),
        )

    @classmethod
    def name(cls) -> str:
        """What Rasa calls it."""
        return "wecom"

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> WeComInput:
        """Makes it from its section of `credentials.yml`.

        Raises:
            ComponentError: If something is missing, unknown or impossible.
        """
        return cls(credentials_of(WeComSettings, credentials, PATH))

    def get_output_channel(self) -> WeComOutput:
        """For what the assistant says first."""
        return self._output(raises=True)

    async def receive(self, request: Request, body: bytes) -> HTTPResponse:
        """See `MessengerInput`."""
        now = time.time()
        get = request.args.get
        outer = {} if request.method == "GET" else fields_of(body)
        encrypted = outer.get("Encrypt") if outer else get("echostr", "")
        if not isinstance(encrypted, str):
            raise Refused(400, "The message has no encrypted part.")
        opened = self._crypt.opened(
            encrypted,
            get("msg_signature", ""),
            get("timestamp", ""),
            get("nonce", ""),
            now,
        )
        if request.method == "GET":
            return response.text(opened)
        return await self._take(fields_of(opened), now)

    async def _take(self, fields: dict[str, Any], now: float) -> HTTPResponse:
        said = {
            "enter_agent": self._settings.on_enter,
            "subscribe": self._settings.on_subscribe,
        }
        incoming = incoming_of(fields, self.name(), said)
        if incoming is None or not await self.duplicates.is_first(incoming.id):
            return response.text("")
        self.begin(incoming, self._output(raises=False))
        if incoming.metadata.get("event") != "template_card_event":
            return response.text("")
        # Or the buttons of the card would look as if nobody had pressed them.
        pressed = {"MsgType": "update_button", "Button": {"ReplaceName": _PRESSED}}
        return self._closed_answer(fields, pressed, now)

    def _output(self, *, raises: bool) -> WeComOutput:
        return WeComOutput(
            self.api, self._settings.agent_id, self.choices, raises=raises
        )
