"""Notices that wait are the user's data: exported, forgotten and retired with them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from cryptography.fernet import Fernet

from framework_plugin.handover.entry import Reason
from framework_plugin.handover.notices import Notices
from framework_plugin.handover.queue import HandoverQueue
from framework_plugin.memory.database import open_engine
from framework_plugin.memory.encryption import Cipher, encrypt_with
from framework_plugin.memory.repository import MemoryRepository
from framework_plugin.memory.retention import retire
from framework_plugin.memory.tables import events
from tests.handover.conftest import database_of

NOW = 1_789_000_000.125


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[MemoryRepository]:
    engine = open_engine(f"sqlite:///{tmp_path / 'rasa.db'}")
    encrypt_with(engine, Cipher([Fernet.generate_key().decode()]))
    database = database_of(engine)
    queue = HandoverQueue(database, Notices(database))
    entry = queue.ask("alice", "alice", "rest", Reason.ASKED, NOW).entry.id
    queue.close(entry, NOW + 1.0)
    queue.ask("bob", "bob", "rest", Reason.ASKED, NOW)
    yield MemoryRepository(engine)
    engine.dispose()


def bodies(repository: MemoryRepository) -> list[str]:
    query = sa.text("SELECT body FROM handover_notices ORDER BY id")
    with repository.reading() as connection:
        return list(connection.execute(query).scalars())


def test_what_is_yet_to_be_told_is_exported_readably_and_stored_sealed(
    repository: MemoryRepository,
) -> None:
    (handover,) = repository.export("alice")["handovers"]
    told = [notice["body"]["event"] for notice in handover["notices"]]
    assert told == ["handover.opened", "handover.closed"]
    assert handover["notices"][0]["made_at"].startswith("2026-09-1")
    assert not any("handover.opened" in body for body in bodies(repository))


def test_what_is_yet_to_be_told_of_a_user_is_forgotten_with_them(
    repository: MemoryRepository,
) -> None:
    repository.forget("alice")
    assert len(bodies(repository)) == 1


def test_it_goes_with_old_conversations(repository: MemoryRepository) -> None:
    said = {"sender_id": "alice", "type_name": "user", "timestamp": NOW, "data": "{}"}
    with repository.writing() as connection:
        connection.execute(events.insert(), said)
        retire(connection, "alice", NOW + 10.0, None)
    assert len(bodies(repository)) == 1
