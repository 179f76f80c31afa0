"""Office files are packed: how much they unpack to is looked at first."""

from __future__ import annotations

import zipfile
from pathlib import Path

from framework_plugin.errors import DocumentError

MOST_BYTES = 512 * 1024 * 1024


def check_packed(file: Path) -> None:
    """Makes sure that an Office file can be unpacked.

    Raises:
        DocumentError: If it is no such file, is encrypted, or is too large.
        OSError: If it cannot be opened.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            size = sum(member.file_size for member in archive.infolist())
    except zipfile.BadZipFile as error:
        raise DocumentError(
            f"{file.name}: damaged, protected by a password, or no {file.suffix} file "
            f"({error}). Open it in Office, and save it anew without a password."
        ) from error
    if size > MOST_BYTES:
        raise DocumentError(
            f"{file.name}: unpacks to {size / 2**20:,.0f} MiB; expected at most "
            f"{MOST_BYTES // 2**20}. Divide it into several files."
        )
