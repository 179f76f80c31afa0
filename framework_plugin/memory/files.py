"""Files that hold somebody's conversation, for their owner alone."""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO, Any


def open_private(path: Path, mode: str) -> IO[Any]:
    """Opens a file that, if it is made here, nobody else may read.

    Args:
        path: The file.
        mode: As for `open`; text is UTF-8.

    Raises:
        OSError: As `open`.
    """
    encoding = None if "b" in mode else "utf-8"
    return open(path, mode, encoding=encoding, opener=_opener)


def replace_private(path: Path, content: bytes) -> None:
    """Gives a file a new content, whole or not at all.

    Args:
        path: The file.
        content: All of it.

    Raises:
        OSError: If the disk does not take it; the old content stays then.
    """
    new = path.with_name(f"{path.name}.new")
    with open_private(new, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


def _opener(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
