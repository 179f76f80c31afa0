"""All places in which something is kept of users, as `endpoints.yml` names them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from framework_plugin.memory.archive import Archive
from framework_plugin.memory.database import (
    database_url,
    endpoint_archive,
    endpoint_journal,
    endpoint_privacy,
    endpoint_time_zone,
    open_engine,
)
from framework_plugin.memory.forgetting import Forgotten
from framework_plugin.memory.journal import Journal
from framework_plugin.memory.masked_logs import mask_logs
from framework_plugin.memory.portability import Exported
from framework_plugin.memory.privacy import PrivacySettings
from framework_plugin.memory.repository import MemoryRepository


@dataclass(frozen=True)
class Memory:
    """A database, the journal beside it, and the archive if there is one.

    Args:
        repository: The database.
        journal: What the database has not taken yet.
        archive: Old sessions; None if none are kept.
        privacy: How all of it is protected.
    """

    repository: MemoryRepository
    journal: Journal
    archive: Archive | None
    privacy: PrivacySettings

    def export(self, user_id: str) -> Exported:
        """All that is stored of a user, wherever it is.

        Raises:
            MemoryStoreError: If something of it cannot be read.
        """
        archived = self.archive.read if self.archive else None
        return self.repository.export(user_id, self.journal.entries(), archived)

    def forget(self, user_id: str) -> Forgotten:
        """Removes all that is stored of a person, wherever it is, by all their senders.

        Raises:
            MemoryStoreError: If the database cannot be written.
            OSError: If a file cannot be changed.
        """
        person = self.repository.person(user_id)
        forgotten = self.repository.forget(user_id)
        for sender in person.senders:
            self.journal.remove(sender.sender_id)
            if self.archive:
                self.archive.remove(sender.sender_id)
        return forgotten


def open_memory(endpoints: Mapping[str, Any]) -> Memory:
    """Opens what the tracker store of a parsed `endpoints.yml` keeps.

    Raises:
        SettingsError: If a key is unknown or a value is impossible.
        MemoryStoreError: If the database cannot be opened, or not with these keys.
    """
    privacy = endpoint_privacy(endpoints)
    if privacy.masking:
        mask_logs()
    cipher = privacy.cipher
    engine = open_engine(database_url(endpoints), cipher)
    repository = MemoryRepository(engine, endpoint_time_zone(endpoints))
    repository.migrate()
    folder = endpoint_archive(endpoints)
    return Memory(
        repository,
        Journal(endpoint_journal(endpoints), cipher),
        Archive(folder, cipher) if folder else None,
        privacy,
    )
