"""Libraries that only some kinds of documents need."""

from __future__ import annotations

import importlib
from typing import Any

from framework_plugin.errors import DocumentError


def load_library(name: str, file: str) -> Any:
    """Imports a library of the extra `documents`.

    Args:
        name: The module.
        file: The name of the file that needs it.

    Raises:
        DocumentError: If it is not installed.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise DocumentError(
            f"{file}: cannot be read, since '{error.name or name}' is not installed. "
            "Install the extra: pip install 'personal-chat[documents]'."
        ) from error
