"""What is said by an app of WeCom."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Sequence
from typing import Any

from framework_plugin.components.channels.choices import Choices
from framework_plugin.components.channels.outgoing import MessengerOutput
from framework_plugin.components.channels.rendering import Button, cut, split
from framework_plugin.components.channels.sending import SendError
from framework_plugin.components.channels.wechat_api import WeChatApi

logger = logging.getLogger(__name__)

_MOST_BUTTONS = 6
_LONGEST_KEY = 1_024


class WeComOutput(MessengerOutput):
    """Messages of an app.

    Args:
        api: Of the app.
        agent_id: Its number.
        choices: See `MessengerOutput`.
        raises: See `MessengerOutput`.
    """

    def __init__(
        self, api: WeChatApi, agent_id: int, choices: Choices, *, raises: bool
    ) -> None:
        super().__init__(choices, raises=raises)
        self._api = api
        self._agent_id = agent_id

    @classmethod
    def name(cls) -> str:
        """What Rasa calls it."""
        return "wecom"

    async def say(self, recipient: str, text: str) -> None:
        """See `MessengerOutput`."""
        await self._deliver(recipient, {"msgtype": "text", "text": {"content": text}})

    async def show_buttons(
        self, recipient: str, text: str, buttons: Sequence[Button]
    ) -> None:
        """A card with buttons; numbered lines where it could not hold them.

        What a button says stands in its key, so an old card says it, too.
        """
        fits = len(buttons) <= _MOST_BUTTONS and all(
            one.payload and len(one.payload.encode()) <= _LONGEST_KEY for one in buttons
        )
        if not fits:
            await super().show_buttons(recipient, text, buttons)
            return
        *before, head = split(text, self.longest) or [""]
        for piece in before:
            await self.say(recipient, piece)
        # The title of a card is short; what does not fit stands above it.
        if len(head) > 26:
            await self.say(recipient, head)
            head = "请选择"
        card = {
            "card_type": "button_interaction",
            "main_title": {"title": head or "请选择"},
            "task_id": uuid.uuid4().hex,
            "button_list": [
                {"text": cut(one.title, 10), "style": 1, "key": one.payload}
                for one in buttons
            ],
        }
        await self._deliver(
            recipient, {"msgtype": "template_card", "template_card": card}
        )

    async def show_image(self, recipient: str, url: str) -> None:
        """A picture; its address if it cannot be uploaded."""
        try:
            media_id = await self._api.picture(url)
        except SendError as error:
            logger.warning("A picture is sent as its address: %s", error)
            await self.say(recipient, url)
            return
        image = {"msgtype": "image", "image": {"media_id": media_id}}
        await self._deliver(recipient, image)

    async def show_custom(self, recipient: str, content: dict[str, Any]) -> None:
        """A message in the terms of the platform."""
        if "msgtype" not in content:
            await super().show_custom(recipient, content)
            return
        await self._deliver(recipient, content)

    async def _deliver(self, recipient: str, parcel: dict[str, Any]) -> None:
        user = recipient.partition(":")[2]
        to = {"touser": user, "agentid": self._agent_id}
        await self._api.post("/cgi-bin/message/send", {**parcel, **to})
