"""What is said in Feishu and Lark: texts, cards with buttons, pictures."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from framework_plugin.components.channels.choices import Choices
from framework_plugin.components.channels.feishu_api import FeishuApi
from framework_plugin.components.channels.feishu_messages import place_of
from framework_plugin.components.channels.outgoing import MessengerOutput
from framework_plugin.components.channels.rendering import Button
from framework_plugin.components.channels.sending import SendError

logger = logging.getLogger(__name__)


class FeishuOutput(MessengerOutput):
    """Messages of a bot.

    Args:
        api: Of the app.
        choices: See `MessengerOutput`.
        raises: See `MessengerOutput`.
    """

    # The platform takes 150 KB; nobody reads that in one message.
    longest = 8_192

    def __init__(self, api: FeishuApi, choices: Choices, *, raises: bool) -> None:
        super().__init__(choices, raises=raises)
        self._api = api
        self._called: set[str] = set()

    @classmethod
    def name(cls) -> str:
        """What Rasa calls it."""
        return "feishu"

    async def say(self, recipient: str, text: str) -> None:
        """See `MessengerOutput`. In a group the first message names the user."""
        group, user = place_of(recipient)
        # What is said must not name others, or all, by accident or by design.
        text = text.replace("<at", "<\u200bat")
        if group and recipient not in self._called:
            self._called.add(recipient)
            text = f'<at user_id="{user}"></at> {text}'
        await self._deliver(recipient, "text", {"text": text})

    async def show_buttons(
        self, recipient: str, text: str, buttons: Sequence[Button]
    ) -> None:
        """A card, whose buttons carry what they say."""
        group, _ = place_of(recipient)
        actions = [_action(one, group) for one in buttons]
        elements: list[dict[str, Any]] = [{"tag": "action", "actions": actions}]
        if text:
            words = {"tag": "plain_text", "content": text}
            elements.insert(0, {"tag": "div", "text": words})
        card = {"config": {"wide_screen_mode": True}, "elements": elements}
        await self._deliver(recipient, "interactive", card)

    async def show_image(self, recipient: str, url: str) -> None:
        """A picture; its address if it cannot be uploaded."""
        try:
            key = await self._api.picture(url)
        except SendError as error:
            logger.warning("A picture is sent as its address: %s", error)
            await self.say(recipient, url)
            return
        await self._deliver(recipient, "image", {"image_key": key})

    async def show_custom(self, recipient: str, content: dict[str, Any]) -> None:
        """A message in the terms of the platform: `msg_type` and `content`."""
        kind, inner = content.get("msg_type"), content.get("content")
        if not isinstance(kind, str) or not isinstance(inner, dict):
            await super().show_custom(recipient, content)
            return
        await self._deliver(recipient, kind, inner)

    async def _deliver(
        self, recipient: str, kind: str, content: dict[str, Any]
    ) -> None:
        group, user = place_of(recipient)
        await self._api.send(group or user, bool(group), kind, content)


def _action(button: Button, group: str) -> dict[str, Any]:
    title = {"tag": "plain_text", "content": button.title}
    made: dict[str, Any] = {"tag": "button", "text": title}
    if button.url:
        return {**made, "url": button.url}
    return {**made, "value": {"says": button.payload, "group": group}}
