"""What DingTalk is asked: tokens, messages, what users have sent."""

from __future__ import annotations

import json
import time
from typing import Any

from framework_plugin.components.channels.notes import Clock
from framework_plugin.components.channels.sending import (
    Answer,
    Protocol,
    SendError,
    Verdict,
    Wire,
)
from framework_plugin.components.channels.shared_notes import SharedNotes
from framework_plugin.components.channels.tokens import Token, Tokens

_TOKEN = {"InvalidAuthentication", "Forbidden.AccessToken.InvalidToken"}
_HELP = {
    "Forbidden.AccessDenied.AccessTokenPermissionDenied": (
        "add the permission to send messages of robots in the app's settings"
    ),
    "invalidClientIdOrSecret": "check the client id and secret",
    "invalidParameter.robotCode.notExsit": "check the robot code",
}


def _judge(answer: Answer) -> Verdict:
    code = answer.content.get("code", "")
    if answer.status == 401 or code in _TOKEN:
        return Verdict.TOKEN
    if answer.status == 429 or answer.status >= 500 or "Throttling" in str(code):
        return Verdict.BUSY
    if answer.status >= 400 or answer.content.get("invalidStaffIdList"):
        return Verdict.REFUSED
    return Verdict.DONE


def _explain(answer: Answer) -> str:
    if answer.content.get("invalidStaffIdList"):
        return "the user is unknown, or the robot is not visible to them"
    code = str(answer.content.get("code", answer.status))
    message = str(answer.content.get("message", ""))[:200]
    known = _HELP.get(code)
    return f"{code} {message}" + (f" ({known})" if known else "")


PROTOCOL = Protocol(
    "DingTalk",
    lambda token: ({}, {"x-acs-dingtalk-access-token": token}),
    _judge,
    _explain,
)


class DingTalkApi:
    """The interface of one app with a robot.

    Args:
        wire: To the platform.
        notes: What the servers share.
        client_id: Client ID (AppKey).
        client_secret: Client Secret (AppSecret).
        robot_code: Of the robot.
        clock: What time it is.
    """

    def __init__(
        self,
        wire: Wire,
        notes: SharedNotes,
        client_id: str,
        client_secret: str,
        robot_code: str,
        clock: Clock = time.time,
    ) -> None:
        self.wire = wire
        self._client_id = client_id
        self._client_secret = client_secret
        self._robot_code = robot_code
        self._tokens = Tokens(notes, f"dingtalk:{client_id}", self._fetch, clock)

    async def send(
        self, group: str, user: str, key: str, param: dict[str, Any]
    ) -> None:
        """Sends a message of the robot.

        Source: https://open.dingtalk.com/document/orgapp/
        robot-message-types-and-data-format

        Args:
            group: Its `conversationId`; empty to write to the user alone.
            user: The `staffId`.
            key: The `msgKey`.
            param: The `msgParam`.

        Raises:
            SendError: If the platform does not take it.
        """
        body = {
            "robotCode": self._robot_code,
            "msgKey": key,
            "msgParam": json.dumps(param, ensure_ascii=False),
        }
        path = "groupMessages/send" if group else "oToMessages/batchSend"
        to: dict[str, Any] = (
            {"openConversationId": group} if group else {"userIds": [user]}
        )
        await self.wire.call(
            "POST", f"/v1.0/robot/{path}", self._tokens, json={**body, **to}
        )

    async def download(self, code: str) -> bytes:
        """What a message holds.

        Raises:
            SendError: If the platform does not give it.
        """
        body = {"downloadCode": code, "robotCode": self._robot_code}
        answer = await self.wire.call(
            "POST", "/v1.0/robot/messageFiles/download", self._tokens, json=body
        )
        address = str(answer.content.get("downloadUrl") or "")
        if not address.startswith(("https://", "http://")):
            raise SendError("DingTalk did not say where the file is.")
        return (await self.wire.call("GET", address)).body

    async def _fetch(self) -> Token:
        body = {"appKey": self._client_id, "appSecret": self._client_secret}
        answer = await self.wire.call("POST", "/v1.0/oauth2/accessToken", json=body)
        value = answer.content.get("accessToken")
        if not isinstance(value, str) or not value:
            raise SendError("DingTalk answered without an access token.")
        return Token(value, float(answer.content.get("expireIn") or 7_200))
