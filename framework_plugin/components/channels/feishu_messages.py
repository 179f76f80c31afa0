"""What users do in Feishu, read from its events."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from framework_plugin.components.channels.attachments import Attachment, Kind
from framework_plugin.components.channels.incoming import Incoming

MESSAGE = "im.message.receive_v1"
PRESSED = "card.action.trigger"
ENTERED = "im.chat.access_event.bot_p2p_chat_entered_v1"
MENU = "application.bot.menu_v6"

_KINDS = {
    "audio": (Kind.VOICE, "file_key"),
    "image": (Kind.IMAGE, "image_key"),
    "media": (Kind.VIDEO, "file_key"),
    "file": (Kind.FILE, "file_key"),
    "location": (Kind.PLACE, ""),
}
_MENTION = re.compile(r"@_user_\d+|@_all")


def recipient_of(channel: str, user: str, group: str = "") -> str:
    """Whose conversation it is: in a group each has one of their own.

    What somebody told the assistant alone is not known to it in a group.
    """
    return f"{channel}:{group}/{user}" if group else f"{channel}:{user}"


def place_of(recipient: str) -> tuple[str, str]:
    """The group, empty if there is none, and the user of a conversation."""
    place = recipient.partition(":")[2]
    group, _, user = place.rpartition("/")
    return group, user


def message_of(
    event: Mapping[str, Any], channel: str, bot_id: str | None
) -> Incoming | None:
    """A message.

    Args:
        event: The part `event`.
        channel: In front of the id.
        bot_id: The `open_id` of the bot; None if it is not known, which is taken for
            not mentioned.

    Returns:
        None if there is nothing to answer: it was said by an app, or in a group to
        others.
    """
    message = _part(event, "message")
    sender = _part(event, "sender")
    user = str(_part(sender, "sender_id").get("open_id") or "")
    id_ = str(message.get("message_id") or "")
    if not user or not id_ or sender.get("sender_type") != "user":
        return None
    group = ""
    if message.get("chat_type") != "p2p":
        if bot_id is None or not _mentions(message, bot_id):
            return None
        group = str(message.get("chat_id") or "")
    content = _content(message)
    kind = str(message.get("message_type") or "")
    recipient = recipient_of(channel, user, group)
    metadata = {"message_id": id_, **({"group": group} if group else {})}
    if kind == "text":
        text = _named(str(content.get("text") or ""), message, bot_id)
        return Incoming(id_, recipient, text, metadata=metadata)
    if kind == "post":
        text = _named(_post_text(content), message, bot_id)
        return Incoming(id_, recipient, text, metadata=metadata)
    found, key = _KINDS.get(kind, (Kind.OTHER, ""))
    attachment = Attachment(
        found,
        str(content.get(key) or "") if key else "",
        format="opus" if found is Kind.VOICE else "",
    )
    return Incoming(id_, recipient, attachment=attachment, metadata=metadata)


def pressed_of(event: Mapping[str, Any], channel: str, id_: str) -> Incoming | None:
    """A button of a card of ours; None if it was none of ours."""
    value = _part(_part(event, "action"), "value")
    user = str(_part(event, "operator").get("open_id") or "")
    says, group = value.get("says"), value.get("group")
    if not user or not isinstance(says, str) or not isinstance(group, str):
        return None
    recipient = recipient_of(channel, user, group)
    metadata = {"event": "button", **({"group": group} if group else {})}
    return Incoming(id_, recipient, says, chosen=True, metadata=metadata)


def event_text(
    event: Mapping[str, Any], channel: str, id_: str, text: str
) -> Incoming | None:
    """Something that a user has done alone with the bot, in the words set for it."""
    operator = _part(event, "operator")
    ids = operator.get("operator_id") or event.get("operator_id")
    user = str((ids if isinstance(ids, dict) else {}).get("open_id") or "")
    if not user or not text:
        return None
    return Incoming(id_, recipient_of(channel, user), text, chosen=True)


def _mentions(message: Mapping[str, Any], bot_id: str) -> bool:
    return any(_open_id(one) == bot_id for one in message.get("mentions") or ())


def _named(text: str, message: Mapping[str, Any], bot_id: str | None) -> str:
    """A text with names in place of keys; the bot's own is left out."""
    names = {
        str(one.get("key")): "" if _open_id(one) == bot_id else f"@{one.get('name')}"
        for one in message.get("mentions") or ()
        if isinstance(one, dict)
    }
    return _MENTION.sub(lambda found: names.get(found[0], ""), text).strip()


def _open_id(mention: Any) -> str:
    return str(_part(mention, "id").get("open_id") or "") if mention else ""


def _post_text(content: Mapping[str, Any]) -> str:
    """The words of rich text, a line a paragraph."""
    lines = [str(content.get("title") or "")]
    for paragraph in content.get("content") or ():
        words = []
        for one in paragraph if isinstance(paragraph, list) else ():
            if one.get("tag") in ("text", "a"):
                words.append(str(one.get("text") or ""))
            elif one.get("tag") == "at":
                words.append(str(one.get("user_id") or ""))
        lines.append("".join(words))
    return "\n".join(line for line in lines if line)


def _content(message: Mapping[str, Any]) -> dict[str, Any]:
    try:
        content = json.loads(str(message.get("content") or "{}"))
    except ValueError:
        content = None
    return content if isinstance(content, dict) else {}


def _part(content: Any, name: str) -> dict[str, Any]:
    part = content.get(name) if isinstance(content, Mapping) else None
    return part if isinstance(part, dict) else {}
