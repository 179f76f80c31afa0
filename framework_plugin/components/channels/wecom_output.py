"""What is said by an app of WeCom."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from framework_plugin.components.channels.choices import Choices
from framework_plugin.components.channels.rendering import Button, cut, split
from framework_plugin.components.channels.wechat_api import WeChatApi
from framework_plugin.components.channels.wechat_parcels import Parcel, ParcelOutput

_MOST_BUTTONS = 6
_LONGEST_KEY = 1_024


class WeComOutput(ParcelOutput):
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
        super().__init__(api, choices, raises=raises)
        self._agent_id = agent_id

    @classmethod
    def name(cls) -> str:
        """What Rasa calls it."""
        return "wecom"

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

    async def _deliver(self, recipient: str, parcel: Parcel) -> None:
        user = recipient.partition(":")[2]
        to = {"touser": user, "agentid": self._agent_id}
        await self._api.post("/cgi-bin/message/send", {**parcel, **to})
