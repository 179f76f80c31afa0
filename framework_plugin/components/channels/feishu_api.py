"""What Feishu and Lark are asked: tokens, messages, pictures."""

from __future__ import annotations

import json
import time
import uuid
from typing import Any

from framework_plugin.components.channels.codes import Codes
from framework_plugin.components.channels.notes import Clock
from framework_plugin.components.channels.pictures import Picture, uploaded
from framework_plugin.components.channels.sending import Protocol, SendError, Wire
from framework_plugin.components.channels.shared_notes import SharedNotes
from framework_plugin.components.channels.tokens import Token, Tokens

_PICTURE_KEPT = 30 * 86_400.0
_CODES = Codes(
    code="code",
    message="msg",
    token={99991661, 99991663, 99991664, 99991665, 99991668, 99991671},
    busy={99991400, 230020, 11232, 11233},
    help={
        10003: "check the app id",
        10014: "check the app secret",
        230002: "the bot is not in the group",
        230006: "switch the bot on in the app's settings",
        230013: "the app is not visible to this user",
        99991672: "the app lacks a permission; add it and publish a version",
    },
)
PROTOCOL = Protocol(
    "Feishu",
    lambda token: ({}, {"Authorization": f"Bearer {token}"}),
    _CODES.judge,
    _CODES.explain,
)


class FeishuApi:
    """The interface of one app of a company's own.

    Args:
        wire: To the platform.
        notes: What the servers share.
        app_id: App ID.
        app_secret: App Secret.
        clock: What time it is.
    """

    def __init__(
        self,
        wire: Wire,
        notes: SharedNotes,
        app_id: str,
        app_secret: str,
        clock: Clock = time.time,
    ) -> None:
        self.wire = wire
        self._notes = notes
        self._app_id = app_id
        self._app_secret = app_secret
        self._tokens = Tokens(notes, f"feishu:{app_id}", self._fetch, clock)
        self._bot_id: str | None = None

    async def send(
        self, to: str, is_group: bool, kind: str, content: dict[str, Any]
    ) -> None:
        """Sends a message.

        Args:
            to: The `open_id` of a user, or the `chat_id` of a group.
            is_group: Which of them.
            kind: The `msg_type`.
            content: What it holds.

        Raises:
            SendError: If the platform does not take it.
        """
        body = {
            "receive_id": to,
            "msg_type": kind,
            "content": json.dumps(content, ensure_ascii=False),
            # Said twice within an hour, it is shown once.
            "uuid": uuid.uuid4().hex,
        }
        query = {"receive_id_type": "chat_id" if is_group else "open_id"}
        await self.wire.call(
            "POST", "/open-apis/im/v1/messages", self._tokens, json=body, params=query
        )

    async def bot_id(self) -> str:
        """The `open_id` of the bot, asked for once.

        Raises:
            SendError: If the platform does not tell.
        """
        if self._bot_id is None:
            answer = await self.wire.call("GET", "/open-apis/bot/v3/info", self._tokens)
            bot = answer.content.get("bot") or {}
            if not bot.get("open_id"):
                raise SendError("Feishu did not say who the bot is.")
            self._bot_id = str(bot["open_id"])
        return self._bot_id

    async def download(self, message_id: str, key: str, kind: str) -> bytes:
        """What a message holds.

        Raises:
            SendError: If the platform does not give it.
        """
        path = f"/open-apis/im/v1/messages/{message_id}/resources/{key}"
        answer = await self.wire.call("GET", path, self._tokens, params={"type": kind})
        return answer.body

    async def picture(self, url: str) -> str:
        """Uploads the picture at an address, once.

        Returns:
            Its `image_key`.

        Raises:
            SendError: If it cannot be read, or the platform does not take it.
        """
        name = f"media:feishu:{self._app_id}:{url}"
        return await uploaded(self._notes, name, url, _PICTURE_KEPT, self._upload)

    async def _upload(self, picture: Picture) -> str | None:
        answer = await self.wire.call(
            "POST",
            "/open-apis/im/v1/images",
            self._tokens,
            make_data=lambda: picture.form("image", image_type="message"),
        )
        return (answer.content.get("data") or {}).get("image_key")

    async def _fetch(self) -> Token:
        body = {"app_id": self._app_id, "app_secret": self._app_secret}
        path = "/open-apis/auth/v3/tenant_access_token/internal"
        answer = await self.wire.call("POST", path, json=body)
        value = answer.content.get("tenant_access_token")
        if not isinstance(value, str) or not value:
            raise SendError("Feishu answered without an access token.")
        return Token(value, float(answer.content.get("expire") or 7_200))
