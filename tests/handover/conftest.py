from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import Engine

from framework_plugin.handover.outbox import Outbox
from framework_plugin.handover.place import QueueDatabase
from framework_plugin.handover.queue import HandoverQueue
from framework_plugin.memory.database import open_engine
from framework_plugin.memory.holding import hold
from framework_plugin.memory.repository import MemoryRepository
from framework_plugin.memory.tables import (
    handover_notices,
    handover_replies,
    handovers,
)
from tests.memory.conftest import emptied, mariadb_url, postgres_url

__all__ = ["mariadb_url", "postgres_url"]


def database_of(engine: Engine) -> QueueDatabase:
    """The database of a queue, its tables brought up to date."""
    repository = MemoryRepository(engine)
    repository.migrate()
    read, write = repository.reading, repository.writing
    tables = handovers, handover_replies, handover_notices
    return QueueDatabase(*tables, read, write, hold)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[QueueDatabase]:
    engine = open_engine(f"sqlite:///{tmp_path / 'rasa.db'}")
    yield database_of(engine)
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def each_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database of each kind, empty."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'rasa.db'}"
        return
    fixture = "postgres_url" if request.param == "postgresql" else "mariadb_url"
    server = request.getfixturevalue(fixture)
    emptied(server).dispose()
    yield server
    emptied(server).dispose()


@pytest.fixture
def queue(database: QueueDatabase) -> HandoverQueue:
    return HandoverQueue(database)


@pytest.fixture
def outbox(database: QueueDatabase) -> Outbox:
    return Outbox(database)
