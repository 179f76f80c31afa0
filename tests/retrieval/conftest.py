"""A database of documents, and the servers of the memory's tests."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from framework_plugin.memory.database import open_engine
from framework_plugin.memory.migrations import migrate
from framework_plugin.retrieval.store import DocumentRepository
from tests.memory.conftest import mariadb_url, postgres_url

__all__ = ["mariadb_url", "postgres_url"]


@pytest.fixture
def engine(tmp_path: Path):
    engine = open_engine(f"sqlite:///{tmp_path / 'rasa.db'}")
    yield engine
    engine.dispose()


@pytest.fixture
def repository(engine: sa.engine.Engine, tmp_path: Path) -> DocumentRepository:
    migrate(engine)
    return DocumentRepository(engine, tmp_path)
