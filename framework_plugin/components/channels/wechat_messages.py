"""What users do in WeChat and WeCom, read from the fields of its XML."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from framework_plugin.components.channels.attachments import Attachment, Kind
from framework_plugin.components.channels.incoming import Incoming

_KINDS = {
    "voice": Kind.VOICE,
    "image": Kind.IMAGE,
    "video": Kind.VIDEO,
    "shortvideo": Kind.VIDEO,
    "file": Kind.FILE,
    "location": Kind.PLACE,
    "link": Kind.OTHER,
}


def incoming_of(
    fields: Mapping[str, Any], channel: str, said: Mapping[str, str]
) -> Incoming | None:
    """A message or event.

    Args:
        fields: Of the XML, decrypted.
        channel: In front of the user's id.
        said: What events say to the assistant, by their names in small letters.

    Returns:
        None if there is nothing to answer: the user has left, or opened a link.
    """
    user = _text(fields, "FromUserName")
    if not user:
        return None
    recipient = f"{channel}:{user}"
    if _text(fields, "MsgType").lower() == "event":
        return _event(fields, recipient, said)
    id_ = _text(fields, "MsgId")
    if not id_:
        return None
    if _text(fields, "MsgType") == "text":
        return Incoming(id_, recipient, _text(fields, "Content"))
    return Incoming(id_, recipient, attachment=_attachment(fields))


def _event(
    fields: Mapping[str, Any], recipient: str, said: Mapping[str, str]
) -> Incoming | None:
    name = _text(fields, "Event").lower()
    key = _text(fields, "EventKey")
    metadata: dict[str, Any] = {"event": name}
    if name in ("click", "template_card_event"):
        # Menus and cards are our own: what they say is what stands in their keys.
        text = said.get(key, key)
    elif name in ("subscribe", "scan"):
        text = said.get(name, "")
        scene = key.removeprefix("qrscene_")
        if scene:
            metadata["scene"] = scene
    else:
        text = said.get(name, "")
    if not text:
        return None
    # Events have no id; the platform names these two in place of one.
    parts = ("event", name, recipient, _text(fields, "CreateTime"), key)
    return Incoming(":".join(parts), recipient, text, chosen=True, metadata=metadata)


def _attachment(fields: Mapping[str, Any]) -> Attachment:
    return Attachment(
        _KINDS.get(_text(fields, "MsgType"), Kind.OTHER),
        _text(fields, "MediaId"),
        _text(fields, "PicUrl"),
        _text(fields, "Format").lower(),
        _text(fields, "Recognition").strip(),
    )


def _text(fields: Mapping[str, Any], name: str) -> str:
    """A field; empty if it is missing, empty or not flat."""
    value = fields.get(name)
    return value if isinstance(value, str) else ""
