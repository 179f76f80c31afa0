"""Text files in the encodings that Chinese offices use."""

from __future__ import annotations

from pathlib import Path

from framework_plugin.errors import DocumentError

ENCODINGS = ("utf-8-sig", "gb18030")
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


def decode(data: bytes, name: str) -> str:
    """The text of a file in UTF-8 or GB18030; in UTF-16 with a byte order mark.

    Excel saves "Unicode text" in UTF-16.

    Args:
        data: The content of the file.
        name: What to call the file in the error.

    Raises:
        DocumentError: If it is in none of these.
    """
    encodings = ("utf-16",) if data.startswith(_UTF16_MARKS) else ENCODINGS
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise DocumentError(
        f"{name}: neither UTF-8 nor GB18030; expected a text file in one of these. "
        "Save it as UTF-8."
    )


def read_text(file: Path) -> str:
    """The decoded content of a file, its line ends those of Unix.

    Raises:
        DocumentError: If it cannot be read.
    """
    try:
        text = decode(file.read_bytes(), file.name)
    except OSError as error:
        raise DocumentError(
            f"{file.name}: cannot be read: {error.strerror}. Check that it is there "
            "and that you may read it."
        ) from error
    return text.replace("\r\n", "\n").replace("\r", "\n")
