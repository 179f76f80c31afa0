"""What all messengers share of what they send."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Iterable, Sequence
from typing import Any

from rasa.core.channels.channel import OutputChannel

from framework_plugin.components.channels.choices import Choices
from framework_plugin.components.channels.rendering import (
    Button,
    buttons_of,
    numbered,
    split,
)
from framework_plugin.components.channels.sending import SendError

logger = logging.getLogger(__name__)


class MessengerOutput(OutputChannel):
    """Says what the assistant says, in what the platform has for it.

    Args:
        choices: Where buttons are noted that the user can only answer in words.
        raises: Whether what a platform does not take is an error. In the middle of a
            turn it is not: Rasa would lose the turn, and all that it taught.
    """

    longest = 2_048
    """The most bytes of a text message."""

    def __init__(self, choices: Choices, *, raises: bool) -> None:
        self.choices = choices
        self._raises = raises

    async def say(self, recipient: str, text: str) -> None:
        """Sends a text that is not too long.

        Raises:
            SendError: If the platform does not take it.
        """
        raise NotImplementedError

    async def show_buttons(
        self, recipient: str, text: str, buttons: Sequence[Button]
    ) -> None:
        """Sends buttons; here as numbered lines.

        Raises:
            SendError: If the platform does not take it.
        """
        await self.choices.offer(recipient, buttons)
        for piece in split(numbered(text, buttons), self.longest):
            await self.say(recipient, piece)

    async def show_image(self, recipient: str, url: str) -> None:
        """Sends a picture; here as its address.

        Raises:
            SendError: If the platform does not take it.
        """
        await self.say(recipient, url)

    async def show_custom(self, recipient: str, content: dict[str, Any]) -> None:
        """Sends a message in the platform's own terms; here as text.

        Raises:
            SendError: If the platform does not take it.
        """
        await self.say(recipient, json.dumps(content, ensure_ascii=False))

    async def send_text_message(
        self, recipient_id: str, text: str, **kwargs: Any
    ) -> None:
        """See `OutputChannel`."""
        for piece in split(text, self.longest):
            await self._send(self.say(recipient_id, piece))

    async def send_text_with_buttons(
        self,
        recipient_id: str,
        text: str,
        buttons: list[dict[str, Any]],
        **kwargs: Any,
    ) -> None:
        """See `OutputChannel`."""
        found = buttons_of(buttons)
        if not found:
            await self.send_text_message(recipient_id, text)
            return
        await self._send(self.show_buttons(recipient_id, text, found))

    async def send_image_url(
        self, recipient_id: str, image: str, **kwargs: Any
    ) -> None:
        """See `OutputChannel`."""
        await self._send(self.show_image(recipient_id, image))

    async def send_attachment(
        self, recipient_id: str, attachment: Any, **kwargs: Any
    ) -> None:
        """See `OutputChannel`."""
        address = attachment if isinstance(attachment, str) else None
        if isinstance(attachment, dict):
            address = (attachment.get("payload") or {}).get("src")
        await self.send_text_message(recipient_id, str(address or attachment))

    async def send_elements(
        self, recipient_id: str, elements: Iterable[dict[str, Any]], **kwargs: Any
    ) -> None:
        """See `OutputChannel`."""
        for element in elements:
            parts = (element.get("title"), element.get("subtitle"))
            text = "\n".join(str(one) for one in parts if one)
            await self.send_text_with_buttons(
                recipient_id, text, element.get("buttons") or []
            )

    async def send_custom_json(
        self, recipient_id: str, json_message: dict[str, Any], **kwargs: Any
    ) -> None:
        """See `OutputChannel`."""
        await self._send(self.show_custom(recipient_id, dict(json_message)))

    async def _send(self, sent: Awaitable[None]) -> None:
        try:
            await sent
        except SendError as error:
            if self._raises:
                raise
            logger.error("An answer did not get to the user: %s", error)
