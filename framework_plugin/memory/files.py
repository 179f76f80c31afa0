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


def _opener(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
