"""What WeChat and WeCom have in common in what they are sent."""

from __future__ import annotations

import logging
from abc import abstractmethod
from typing import Any

from framework_plugin.components.channels.choices import Choices
from framework_plugin.components.channels.outgoing import MessengerOutput
from framework_plugin.components.channels.sending import SendError
from framework_plugin.components.channels.wechat_api import WeChatApi

logger = logging.getLogger(__name__)

Parcel = dict[str, Any]
"""A message as both interfaces take it, without its receiver."""


class ParcelOutput(MessengerOutput):
    """Messages that are parcels of JSON with a `msgtype`.

    Args:
        api: Of the account or app.
        choices: See `MessengerOutput`.
        raises: See `MessengerOutput`.
    """

    def __init__(self, api: WeChatApi, choices: Choices, *, raises: bool) -> None:
        super().__init__(choices, raises=raises)
        self._api = api

    async def say(self, recipient: str, text: str) -> None:
        """See `MessengerOutput`."""
        await self._deliver(recipient, text_parcel(text))

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

    @abstractmethod
    async def _deliver(self, recipient: str, parcel: Parcel) -> None:
        """Sends one parcel."""


def text_parcel(text: str) -> Parcel:
    """A parcel of words."""
    return {"msgtype": "text", "text": {"content": text}}
