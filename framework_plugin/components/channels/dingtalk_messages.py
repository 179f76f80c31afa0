"""What users do in DingTalk, read from the JSON of a robot's message."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from framework_plugin.components.channels.attachments import Attachment, Kind
from framework_plugin.components.channels.incoming import Incoming

_KINDS = {
    "audio": Kind.VOICE,
    "picture": Kind.IMAGE,
    "video": Kind.VIDEO,
    "file": Kind.FILE,
}


def incoming_of(content: Mapping[str, Any], channel: str) -> Incoming | None:
    """A message.

    Args:
        content: The body.
        channel: In front of the id.

    Returns:
        None if there is nothing to answer: nobody of the company has said it, or in a
        group to others.
    """
    user = str(content.get("senderStaffId") or "")
    id_ = str(content.get("msgId") or "")
    if not user or not id_:
        return None
    metadata: dict[str, Any] = {}
    recipient = f"{channel}:{user}"
    if str(content.get("conversationType")) != "1":
        group = str(content.get("conversationId") or "")
        if not group or not content.get("isInAtList"):
            return None
        # In a group each has a conversation of their own: what somebody told the
        # assistant alone is not known to it there.
        recipient = f"{channel}:{group}|{user}"
        metadata["group"] = group
    kind = str(content.get("msgtype") or "")
    if kind == "text":
        text = str(_part(content, "text").get("content") or "").strip()
        return Incoming(id_, recipient, text, metadata=metadata)
    inner = _part(content, "content")
    if kind == "richText":
        text = _rich_text(inner).strip()
        if text:
            return Incoming(id_, recipient, text, metadata=metadata)
    attachment = Attachment(
        _KINDS.get(kind, Kind.OTHER),
        str(inner.get("downloadCode") or ""),
        format="amr" if kind == "audio" else "",
        words=str(inner.get("recognition") or "").strip(),
    )
    return Incoming(id_, recipient, attachment=attachment, metadata=metadata)


def place_of(recipient: str) -> tuple[str, str]:
    """The group, empty if there is none, and the user of a conversation."""
    group, _, user = recipient.partition(":")[2].rpartition("|")
    return group, user


def _rich_text(content: Mapping[str, Any]) -> str:
    parts = content.get("richText")
    found = parts if isinstance(parts, list) else []
    return "".join(str(one.get("text") or "") for one in found if isinstance(one, dict))


def _part(content: Mapping[str, Any], name: str) -> dict[str, Any]:
    part = content.get(name)
    return part if isinstance(part, dict) else {}
