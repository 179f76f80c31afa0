"""What is said in DingTalk: texts, cards with buttons, pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from framework_plugin.components.channels.choices import Choices
from framework_plugin.components.channels.dingtalk_api import DingTalkApi
from framework_plugin.components.channels.dingtalk_messages import place_of
from framework_plugin.components.channels.outgoing import MessengerOutput
from framework_plugin.components.channels.rendering import Button, cut, split

_MOST_BUTTONS = 5


class DingTalkOutput(MessengerOutput):
    """Messages of a robot.

    Args:
        api: Of the app.
        choices: See `MessengerOutput`.
        raises: See `MessengerOutput`.
    """

    longest = 6_000

    def __init__(self, api: DingTalkApi, choices: Choices, *, raises: bool) -> None:
        super().__init__(choices, raises=raises)
        self._api = api

    @classmethod
    def name(cls) -> str:
        """What Rasa calls it."""
        return "dingtalk"

    async def say(self, recipient: str, text: str) -> None:
        """See `MessengerOutput`."""
        await self._deliver(recipient, "sampleText", {"content": text})

    async def show_buttons(
        self, recipient: str, text: str, buttons: Sequence[Button]
    ) -> None:
        """A card, whose buttons say their titles in the user's name.

        One without buttons that can be pressed, or with too many, is numbered lines; so
        is one in a group, where the robot would not hear what a button says.
        """
        group, _ = place_of(recipient)
        if group or not 2 <= len(buttons) <= _MOST_BUTTONS:
            await super().show_buttons(recipient, text, buttons)
            return
        await self.choices.offer(recipient, buttons)
        *before, head = split(text, self.longest) or ["请选择"]
        for piece in before:
            await self.say(recipient, piece)
        card = {"title": cut(head, 20), "text": _plain(head)}
        for number, one in enumerate(buttons, 1):
            card[f"actionTitle{number}"] = one.title
            card[f"actionURL{number}"] = one.url or _saying(one.title)
        await self._deliver(recipient, f"sampleActionCard{len(buttons)}", card)

    async def show_image(self, recipient: str, url: str) -> None:
        """A picture, which the platform fetches itself."""
        await self._deliver(recipient, "sampleImageMsg", {"photoURL": url})

    async def show_custom(self, recipient: str, content: dict[str, Any]) -> None:
        """A message in the terms of the platform: `msgKey` and `msgParam`."""
        key, param = content.get("msgKey"), content.get("msgParam")
        if not isinstance(key, str) or not isinstance(param, dict):
            await super().show_custom(recipient, content)
            return
        await self._deliver(recipient, key, param)

    async def _deliver(self, recipient: str, key: str, param: dict[str, Any]) -> None:
        group, user = place_of(recipient)
        await self._api.send(group, user, key, param)


def _saying(title: str) -> str:
    """An address that says something in the chat, in the user's name."""
    return f"dtmd://dingtalkclient/sendMessage?content={quote(title, safe='')}"


def _plain(text: str) -> str:
    """A text for the Markdown of a card: its lines stay lines."""
    return text.replace("\n", "  \n")
