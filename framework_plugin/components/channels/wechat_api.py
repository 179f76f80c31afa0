"""What WeChat and WeCom are asked: tokens, messages, pictures."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from framework_plugin.components.channels.codes import Codes
from framework_plugin.components.channels.notes import Clock
from framework_plugin.components.channels.pictures import Picture, uploaded
from framework_plugin.components.channels.sending import (
    Answer,
    Protocol,
    SendError,
    Wire,
)
from framework_plugin.components.channels.shared_notes import SharedNotes
from framework_plugin.components.channels.tokens import Token, Tokens

_MEDIA_KEPT = 2 * 86_400.0
"""Seconds; the platforms keep what was uploaded for three days."""

_UNSEEN = 81013
_CODES = Codes(
    code="errcode",
    message="errmsg",
    token={40001, 40014, 41001, 42001},
    busy={-1, 45011},
    help={
        40003: "this user is unknown to the account",
        40013: "check the app id",
        40125: "check the app secret",
        40164: "add the address of this server to the account's IP whitelist",
        43004: "the user does not follow the account",
        45009: "the quota of the day is used up",
        45015: "the user has said nothing for 48 hours; only then may they be "
        "written to",
        45047: "too many messages since the user's last one",
        48001: "the account may not do this; it needs to be verified",
        60020: "add the address of this server to the app's trusted IPs",
        _UNSEEN: "the app is not visible to this user",
    },
)


def protocol(name: str) -> Protocol:
    """The way of both platforms: the token in the query, errors in the body."""
    return Protocol(
        name,
        lambda token: ({"access_token": token}, {}),
        lambda answer: _CODES.judge(_owned_up(answer)),
        lambda answer: _CODES.explain(_owned_up(answer)),
    )


def _owned_up(answer: Answer) -> Answer:
    """WeCom says yes, and beside it whom it did not write to."""
    if not answer.content.get("invaliduser"):
        return answer
    return replace(answer, content={**answer.content, "errcode": _UNSEEN})


class WeChatApi:
    """The interface of one account or app.

    Args:
        wire: To the platform.
        notes: What the servers share.
        app: Names the account among others, such as `wechat:wx1234`.
        fetch: Asks for a token; see `wechat_token` and `wecom_token`.
        clock: What time it is.
    """

    def __init__(
        self,
        wire: Wire,
        notes: SharedNotes,
        app: str,
        fetch: Callable[[Wire], Awaitable[Token]],
        clock: Clock = time.time,
    ) -> None:
        self.wire = wire
        self._notes = notes
        self._app = app
        self._tokens = Tokens(notes, app, lambda: fetch(wire), clock)

    async def post(self, path: str, body: dict[str, Any]) -> Answer:
        """Sends JSON.

        Raises:
            SendError: If the platform does not take it.
        """
        return await self.wire.call("POST", path, self._tokens, json=body)

    async def download(self, media_id: str) -> bytes:
        """What a user has sent.

        Raises:
            SendError: If the platform does not give it.
        """
        query = {"media_id": media_id}
        answer = await self.wire.call(
            "GET", "/cgi-bin/media/get", self._tokens, params=query
        )
        return answer.body

    async def picture(self, url: str) -> str:
        """Uploads the picture at an address, once in two days.

        Returns:
            Its media id.

        Raises:
            SendError: If it cannot be read, or the platform does not take it.
        """
        name = f"media:{self._app}:{url}"
        return await uploaded(self._notes, name, url, _MEDIA_KEPT, self._upload)

    async def _upload(self, picture: Picture) -> str | None:
        answer = await self.wire.call(
            "POST",
            "/cgi-bin/media/upload",
            self._tokens,
            params={"type": "image"},
            make_data=lambda: picture.form("media"),
        )
        return answer.content.get("media_id")


def wechat_token(app_id: str, secret: str) -> Callable[[Wire], Awaitable[Token]]:
    """How an Official Account gets its token.

    It is the stable one: another program that asks for one leaves ours good.
    Source: https://developers.weixin.qq.com/doc/offiaccount/Basic_Information/
    getStableAccessToken.html
    """

    async def fetch(wire: Wire) -> Token:
        body = {
            "grant_type": "client_credential",
            "appid": app_id,
            "secret": secret,
        }
        return _token_in(await wire.call("POST", "/cgi-bin/stable_token", json=body))

    return fetch


def wecom_token(corp_id: str, secret: str) -> Callable[[Wire], Awaitable[Token]]:
    """How an app of WeCom gets its token.

    Source: https://developer.work.weixin.qq.com/document/path/91039
    """

    async def fetch(wire: Wire) -> Token:
        query = {"corpid": corp_id, "corpsecret": secret}
        return _token_in(await wire.call("GET", "/cgi-bin/gettoken", params=query))

    return fetch


def _token_in(answer: Answer) -> Token:
    value = answer.content.get("access_token")
    if not isinstance(value, str) or not value:
        raise SendError("The platform answered without an access token.")
    return Token(value, float(answer.content.get("expires_in") or 7_200))
