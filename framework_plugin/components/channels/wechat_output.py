"""What is said in a WeChat Official Account: in the answer, or by customer service."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence

from framework_plugin.components.channels.choices import Choices
from framework_plugin.components.channels.rendering import Button, cut, split
from framework_plugin.components.channels.shared_notes import SharedNotes
from framework_plugin.components.channels.wechat_api import WeChatApi
from framework_plugin.components.channels.wechat_parcels import (
    Parcel,
    ParcelOutput,
    text_parcel,
)

_SEND = "/cgi-bin/message/custom/send"
_LATE_KEPT = 3_600.0
"""Seconds for which what came too late waits for the next message."""


class WeChatOutput(ParcelOutput):
    """Messages by the customer-service interface; see `ParcelOutput`."""

    @classmethod
    def name(cls) -> str:
        """What Rasa calls it."""
        return "wechat"

    async def show_buttons(
        self, recipient: str, text: str, buttons: Sequence[Button]
    ) -> None:
        """A menu to press where there is one: not in the answer to a request."""
        pressed = [one for one in buttons if one.payload]
        if not self._has_menus() or len(pressed) != len(buttons):
            await super().show_buttons(recipient, text, buttons)
            return
        # What is pressed comes back as the title.
        await self.choices.offer(recipient, buttons)
        *before, head = split(text, self.longest) or [""]
        for piece in before:
            await self.say(recipient, piece)
        entries = [
            {"id": str(number), "content": cut(one.title, 60)}
            for number, one in enumerate(pressed, 1)
        ]
        menu = {"head_content": head, "list": entries, "tail_content": ""}
        await self._deliver(recipient, {"msgtype": "msgmenu", "msgmenu": menu})

    def _has_menus(self) -> bool:
        return True

    async def _deliver(self, recipient: str, parcel: Parcel) -> None:
        user = recipient.partition(":")[2]
        await self._api.post(_SEND, {**parcel, "touser": user})


class WeChatReply(WeChatOutput):
    """What answers one message: held for the request, until that would be too late.

    Args:
        api: Of the account.
        choices: See `MessengerOutput`.
        notes: Where is kept what comes too late for an account that may not speak
            first.
        customer_service: Whether it may.
    """

    def __init__(
        self,
        api: WeChatApi,
        choices: Choices,
        notes: SharedNotes,
        *,
        customer_service: bool,
    ) -> None:
        super().__init__(api, choices, raises=False)
        self._notes = notes
        self._customer_service = customer_service
        self._held: list[Parcel] | None = []
        self._turn = asyncio.Lock()

    async def bring_late(self, recipient: str) -> None:
        """Puts what came too late for earlier messages in front."""
        if self._customer_service:
            return
        note = await self._notes.read(_late(recipient))
        if note is not None and self._held is not None:
            await self._notes.remove(_late(recipient))
            self._held[:0] = json.loads(note)

    async def release(self, recipient: str) -> None:
        """Sends what is held, and from now on each message at once."""
        async with self._turn:
            held, self._held = self._held or [], None
            for parcel in held:
                await self._send(self._pass_on(recipient, parcel))

    async def passive(self, recipient: str) -> Parcel | None:
        """The one message that answers the request.

        Returns:
            None if there is none, or more than one: then all are to be released, so
            that they come in their order.
        """
        async with self._turn:
            if not self._held:
                return None
            first, rest = _joined(self._held, self.longest)
            if rest and self._customer_service:
                return None
            self._held = None
            for parcel in rest:
                await self._send(self._pass_on(recipient, parcel))
            return first

    def _has_menus(self) -> bool:
        return self._held is None and self._customer_service

    async def _deliver(self, recipient: str, parcel: Parcel) -> None:
        async with self._turn:
            if self._held is not None:
                self._held.append(parcel)
                return
            await self._pass_on(recipient, parcel)

    async def _pass_on(self, recipient: str, parcel: Parcel) -> None:
        if self._customer_service:
            await super()._deliver(recipient, parcel)
            return
        key = _late(recipient)
        kept = json.loads(await self._notes.read(key) or "[]")
        note = json.dumps([*kept, parcel], ensure_ascii=False)
        await self._notes.write(key, note, _LATE_KEPT, recipient)


def _joined(held: list[Parcel], longest: int) -> tuple[Parcel | None, list[Parcel]]:
    """As many messages as one can hold, and the others."""
    first, *rest = held
    if first["msgtype"] not in ("text", "image"):
        return None, held
    while rest and first["msgtype"] == rest[0]["msgtype"] == "text":
        text = f"{first['text']['content']}\n\n{rest[0]['text']['content']}"
        if len(text.encode()) > longest:
            break
        first, rest = text_parcel(text), rest[1:]
    return first, rest


def _late(recipient: str) -> str:
    return f"late:{recipient}"
