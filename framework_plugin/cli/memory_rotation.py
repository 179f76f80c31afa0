"""Sealing the whole memory anew, with a progress bar."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import Progress

if TYPE_CHECKING:
    from framework_plugin.memory.opening import Memory


def rotate_all(memory: Memory) -> int:
    """Seals the database, the journal and the archive with the newest key.

    Args:
        memory: With a cipher.

    Returns:
        How many rows of the database were looked at.

    Raises:
        MemoryStoreError: If a key is missing, or something cannot be written.
    """
    from framework_plugin.memory.rotation import rotate, rows_to_rotate

    repository, cipher = memory.repository, memory.privacy.cipher
    if cipher is None:
        raise ValueError("expected a memory with a cipher")
    done = 0
    with Progress(console=Console(stderr=True)) as progress:
        # Files first: once the database is done, nothing asks for the older keys.
        memory.journal.reseal()
        if memory.archive:
            for _ in progress.track(memory.archive.reseal(), description="archive"):
                pass
        total = rows_to_rotate(repository.engine)
        task = progress.add_task("database", total=total)
        for rows in rotate(repository.engine, cipher):
            done += rows
            progress.update(task, completed=done)
    repository.clear_log()
    return done
