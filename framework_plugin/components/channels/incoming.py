"""A message as a messenger brings it, whichever it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from framework_plugin.components.channels.attachments import Attachment


@dataclass(frozen=True)
class Incoming:
    """One message or event of a user.

    Args:
        id: By which it is known when it comes again.
        recipient: Where answers go: Rasa's `sender_id`, with the channel in front.
        text: What was said, or the payload of what was pressed; empty with an
            attachment alone.
        attachment: What else was sent.
        chosen: Whether the text is a payload, and no words to look up a choice by.
        metadata: For the `UserMessage`.
    """

    id: str
    recipient: str
    text: str = ""
    attachment: Attachment | None = None
    chosen: bool = False
    metadata: Mapping[str, Any] = field(default_factory=dict)
