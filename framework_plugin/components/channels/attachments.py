"""Speech and pictures that users send, and whoever may make words of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol

from rasa.shared.utils.common import class_from_module_path

from framework_plugin.components.readable_errors import ComponentError


class Kind(Enum):
    """What was sent."""

    VOICE = "voice"
    IMAGE = "image"
    VIDEO = "video"
    FILE = "file"
    PLACE = "place"
    OTHER = "other"


SAID = {
    Kind.VOICE: "语音我还听不懂，麻烦您打字告诉我，好吗？",
    Kind.IMAGE: "图片我还看不懂，麻烦您用文字说说，好吗？",
    Kind.VIDEO: "视频我还看不懂，麻烦您用文字说说，好吗？",
    Kind.FILE: "文件我还打不开，麻烦您用文字说说，好吗？",
    Kind.PLACE: "位置我收到了，可我还不会看地图，麻烦您用文字说说，好吗？",
    Kind.OTHER: "这种消息我还看不懂，麻烦您用文字说说，好吗？",
}
"""What is said of what nobody makes words of."""


@dataclass(frozen=True)
class Attachment:
    """Something that is no text.

    Args:
        kind: What it is.
        media_id: Under which the platform has it; empty if it has none.
        url: Where it can be read, if the platform says so.
        format: Such as `amr`, `silk`, `opus`; empty if the platform does not say.
        words: What the platform itself has heard; empty if nothing.
    """

    kind: Kind
    media_id: str = ""
    url: str = ""
    format: str = ""
    words: str = ""

    def as_json(self) -> dict[str, str]:
        """For the metadata of a message."""
        pairs = {"media_id": self.media_id, "url": self.url, "format": self.format}
        return {"kind": self.kind.value, **{k: v for k, v in pairs.items() if v}}


Download = Callable[[], Awaitable[bytes]]
"""Brings what an attachment holds. Raises `SendError` if the platform does not."""


class Recogniser(Protocol):
    """Makes words of attachments; named by `recogniser` in `credentials.yml`.

    It is made without arguments.
    """

    async def words(self, attachment: Attachment, download: Download) -> str | None:
        """The words of an attachment; None if it makes none of its kind."""


def recogniser_of(path: str) -> Recogniser | None:
    """The recogniser that a section names.

    Args:
        path: Of the class, `package.module.Class`; empty for none.

    Raises:
        ComponentError: If there is no such class.
    """
    if not path:
        return None
    try:
        made: Any = class_from_module_path(path)()
    except Exception as error:
        raise ComponentError(
            f"The recogniser '{path}' cannot be made: {error}. Expected the path of a "
            "class without arguments, with a method 'words'."
        ) from error
    if not callable(getattr(made, "words", None)):
        raise ComponentError(f"The recogniser '{path}' has no method 'words'.")
    return made  # type: ignore[no-any-return]


def metadata_of(attachment: Attachment | None) -> Mapping[str, Any]:
    """What a message says of its attachment."""
    return {"attachment": attachment.as_json()} if attachment else {}
