"""What the server and its voice process say to each other over a pipe.

A frame is two lengths, a JSON object and bytes. Nothing is unpickled: a file that takes
over the decoder does not take over the server.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO

from framework_plugin.errors import VoiceError

_LENGTHS = struct.Struct(">II")
_LONGEST = 64 * 1024 * 1024

Frame = tuple[dict[str, Any], bytes]


def packed(content: Mapping[str, Any], data: bytes = b"") -> bytes:
    """A frame as bytes."""
    said = json.dumps(content, ensure_ascii=False).encode()
    return _LENGTHS.pack(len(said), len(data)) + said + data


def read_frame(read: Callable[[int], bytes]) -> Frame | None:
    """The next frame.

    Args:
        read: Brings exactly so many bytes, or fewer at the end.

    Returns:
        None at the end.

    Raises:
        VoiceError: If what comes is no frame.
    """
    head = read(_LENGTHS.size)
    if len(head) < _LENGTHS.size:
        return None
    said, data = _LENGTHS.unpack(head)
    if said + data > _LONGEST:
        raise VoiceError("The voice process sends something that is no frame.")
    body = read(said + data)
    if len(body) < said + data:
        return None
    try:
        content = json.loads(body[:said])
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise VoiceError("The voice process sends something that is no frame.")
    return content, body[said:]


def write_frame(file: BinaryIO, content: Mapping[str, Any], data: bytes = b"") -> None:
    """Sends a frame."""
    file.write(packed(content, data))
    file.flush()
