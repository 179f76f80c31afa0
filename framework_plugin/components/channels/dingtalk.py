"""Robots of DingTalk (钉钉).

In `credentials.yml`; see `docs/channels/dingtalk.md`:

    framework_plugin.components.channels.dingtalk.DingTalkInput:
      client_id: ding…
      client_secret: ${DINGTALK_CLIENT_SECRET}
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any

from sanic import response
from sanic.request import Request
from sanic.response import HTTPResponse

from framework_plugin.components.channels.attachments import (
    Attachment,
    recogniser_of,
)
from framework_plugin.components.channels.credentials import credentials_of, needed
from framework_plugin.components.channels.dingtalk_api import PROTOCOL, DingTalkApi
from framework_plugin.components.channels.dingtalk_messages import incoming_of
from framework_plugin.components.channels.dingtalk_output import DingTalkOutput
from framework_plugin.components.channels.incoming import Incoming
from framework_plugin.components.channels.messenger import MessengerInput
from framework_plugin.components.channels.pace import Pace
from framework_plugin.components.channels.sending import Wire
from framework_plugin.components.channels.shared_notes import SharedNotes
from framework_plugin.components.channels.signatures import (
    dingtalk_hmac,
    is_fresh,
    same,
)
from framework_plugin.components.guarded_routes import Refused

PATH = "framework_plugin.components.channels.dingtalk.DingTalkInput"
_APP = "It stands in open-dev.dingtalk.com, in the app, under 凭证与基础信息."


@dataclass(frozen=True)
class DingTalkSettings:
    """The section of `credentials.yml`.

    Args:
        client_id: Client ID, in older apps AppKey.
        client_secret: Client Secret, in older apps AppSecret.
        robot_code: RobotCode; by default the client id, which it is in new apps.
        recogniser: Module path of a `Recogniser`; none by default.
        api: Where the platform is.
    """

    client_id: str = needed(_APP)
    client_secret: str = needed(_APP)
    robot_code: str = ""
    recogniser: str = ""
    api: str = "https://api.dingtalk.com"


class DingTalkInput(MessengerInput):
    """Brings what members of a company say to a robot, alone or in groups.

    Answers go by the robot's own interface, never to an address in a message: the
    signature of DingTalk does not cover what the message says.

    Args:
        settings: The app.
        notes: What the servers share.
    """

    def __init__(
        self, settings: DingTalkSettings, notes: SharedNotes | None = None
    ) -> None:
        super().__init__(notes, recogniser_of(settings.recogniser))
        self._settings = settings
        self.api = DingTalkApi(
            Wire(settings.api, PROTOCOL, Pace(15, 15)),
            self.notes,
            settings.client_id,
            settings.client_secret,
            settings.robot_code or settings.client_id,
        )

    @classmethod
    def name(cls) -> str:
        """What Rasa calls it."""
        return "dingtalk"

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> DingTalkInput:
        """Makes it from its section of `credentials.yml`.

        Raises:
            ComponentError: If something is missing, unknown or impossible.
        """
        return cls(credentials_of(DingTalkSettings, credentials, PATH))

    def get_output_channel(self) -> DingTalkOutput:
        """For what the assistant says first."""
        return DingTalkOutput(self.api, self.choices, raises=True)

    def wires(self) -> tuple[Wire, ...]:
        """See `MessengerInput`."""
        return (self.api.wire,)

    async def download(self, attachment: Attachment, incoming: Incoming) -> bytes:
        """See `MessengerInput`."""
        return await self.api.download(attachment.media_id)

    async def receive(self, request: Request, body: bytes) -> HTTPResponse:
        """See `MessengerInput`."""
        if request.method == "GET":
            return response.json({"status": "ok"})
        self._check(request, time.time())
        try:
            content = json.loads(body)
        except ValueError:
            content = None
        if not isinstance(content, dict):
            raise Refused(400, "The body is not the JSON of a message.")
        incoming = incoming_of(content, self.name())
        if incoming is not None and await self.duplicates.is_first(incoming.id):
            output = DingTalkOutput(self.api, self.choices, raises=False)
            self.begin(incoming, output)
        return response.json({})

    def _check(self, request: Request, now: float) -> None:
        """Lets pass what is signed, and of now.

        The documents allow an hour; within the window of `signatures` is enough for
        the platform, and less for whoever has overheard a signature.
        """
        timestamp = request.headers.get("timestamp", "")
        expected = dingtalk_hmac(timestamp, self._settings.client_secret)
        if not same(request.headers.get("sign", ""), expected):
            raise Refused(403, "The signature is wrong; check the client secret.")
        if not is_fresh(timestamp[:-3], now):
            raise Refused(
                403, "The request is too old; check the clock of the server, too."
            )
