"""What WeChat and WeCom have in common in what they bring, and in their answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sanic import response
from sanic.response import HTTPResponse

from framework_plugin.components.channels.attachments import Attachment, Recogniser
from framework_plugin.components.channels.incoming import Incoming
from framework_plugin.components.channels.messenger import MessengerInput
from framework_plugin.components.channels.sending import Wire
from framework_plugin.components.channels.shared_notes import SharedNotes
from framework_plugin.components.channels.wechat_api import WeChatApi
from framework_plugin.components.channels.wechat_crypt import MessageCrypt, xml_of


class EncryptedInput(MessengerInput):
    """Messages in encrypted XML; the API is set when the channel knows its account.

    Args:
        crypt: Opens and closes the XML.
        notes: What the servers share.
        recogniser: See `MessengerInput`.
    """

    api: WeChatApi

    def __init__(
        self,
        crypt: MessageCrypt,
        notes: SharedNotes | None = None,
        recogniser: Recogniser | None = None,
    ) -> None:
        super().__init__(notes, recogniser)
        self._crypt = crypt

    def wires(self) -> tuple[Wire, ...]:
        """See `MessengerInput`."""
        return (self.api.wire,)

    async def download(self, attachment: Attachment, incoming: Incoming) -> bytes:
        """See `MessengerInput`."""
        return await self.api.download(attachment.media_id)

    def _closed_answer(
        self, fields: Mapping[str, Any], content: Mapping[str, Any], now: float
    ) -> HTTPResponse:
        """The answer to a request, from us to the user, closed.

        Args:
            fields: Of the message that is answered.
            content: `MsgType`, and what belongs to it.
            now: The present moment, in seconds since the epoch.
        """
        answer = {
            "ToUserName": fields["FromUserName"],
            "FromUserName": fields.get("ToUserName", ""),
            "CreateTime": str(int(now)),
            **content,
        }
        closed = self._crypt.closed(xml_of(answer), now)
        return response.text(closed, content_type="application/xml; charset=utf-8")
