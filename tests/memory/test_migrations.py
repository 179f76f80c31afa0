"""Whoever made a database, it ends with today's tables, and with all that was in it."""

import asyncio
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from rasa.core.tracker_store import SQLTrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from sqlalchemy.engine import make_url

from framework_plugin.corpus.user_context import FactKind
from framework_plugin.errors import MemoryStoreError
from framework_plugin.memory import migrations
from framework_plugin.memory.changes import FactChange
from framework_plugin.memory.database import open_engine
from framework_plugin.memory.migrations import LATEST, migrate, reached_version
from framework_plugin.memory.repository import MemoryRepository
from framework_plugin.memory.tables import metadata
from framework_plugin.retrieval.tables import metadata as documents_metadata

DOMAIN = Domain.empty()
SAID_AT = 1_789_000_000.123456


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def url(request, tmp_path):
    """An empty database of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'rasa.db'}"
        return
    server = make_url(
        request.getfixturevalue(
            "postgres_url" if request.param == "postgresql" else "mariadb_url"
        )
    )
    engine = sa.create_engine(server, isolation_level="AUTOCOMMIT", future=True)
    name = f"migrated_{uuid4().hex}"
    with engine.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    yield str(server.set(database=name))
    engine.dispose()


def stock_store(url):
    parts = make_url(url)
    return SQLTrackerStore(
        DOMAIN,
        dialect=parts.drivername,
        host=parts.host,
        port=parts.port,
        db=parts.database,
        username=parts.username,
        query=dict(parts.query),
    )


def rasas_database(url):
    """Made and written by Rasa's own store."""
    tracker = DialogueStateTracker("alice", [])
    tracker.update(UserUttered("我叫欧阳翀", timestamp=SAID_AT))
    store = stock_store(url)
    asyncio.run(store.save(tracker))
    store.engine.dispose()


def differences(engine):
    """Between the tables that are there and those that the code works with."""
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"version_table": "memory_version"}
        )
        return compare_metadata(context, [metadata, documents_metadata])


@pytest.mark.slow
def test_an_empty_database_gets_todays_tables(url):
    engine = open_engine(url)
    assert migrate(engine) is None
    assert differences(engine) == []
    assert reached_version(engine) == migrate(engine) == LATEST


@pytest.mark.slow
def test_a_database_of_rasas_own_store_is_adopted_and_stays_readable_by_it(url):
    rasas_database(url)
    engine = open_engine(url)
    assert migrate(engine) is None
    assert differences(engine) == []
    engine.dispose()
    rasas = asyncio.run(stock_store(url).retrieve("alice"))
    assert rasas.latest_message.text == "我叫欧阳翀"


@pytest.mark.slow
def test_facts_of_the_first_version_are_kept(url, monkeypatch):
    engine = open_engine(url)
    monkeypatch.setattr(migrations, "LATEST", "1")
    migrate(engine)
    with engine.begin() as connection:
        connection.execute(
            sa.text(
                "INSERT INTO user_facts (user_id, kind, value, said_at) "
                "VALUES ('alice', 'name', '欧阳翀𠮷', :at), ('bob', 'like', '茶', :at)"
            ),
            {"at": SAID_AT},
        )
    monkeypatch.undo()
    repository = MemoryRepository(engine)
    assert repository.migrate() == "1"
    (fact,) = repository.user_context("alice").facts
    assert (fact.value, fact.said_at) == ("欧阳翀𠮷", SAID_AT)
    # Told again, it is known.
    repository.learn("alice", [FactChange.telling(FactKind.NAME, "欧阳翀𠮷")], 1.0)
    assert len(repository.user_context("alice").facts) == 1


@pytest.mark.slow
def test_times_keep_their_microseconds(url):
    rasas_database(url)
    engine = open_engine(url)
    migrate(engine)
    with engine.begin() as connection:
        connection.execute(
            metadata.tables["events"].insert(),
            {"sender_id": "bob", "type_name": "user", "timestamp": SAID_AT},
        )
        query = sa.text("SELECT timestamp FROM events WHERE sender_id = 'bob'")
        assert connection.execute(query).scalar() == SAID_AT


@pytest.mark.slow
def test_servers_that_start_at_once_do_not_collide(url):
    rasas_database(url)
    start = (
        "import sys; from framework_plugin.memory.database import open_engine; "
        "from framework_plugin.memory.migrations import migrate; "
        "migrate(open_engine(sys.argv[1]))"
    )

    def server(_):
        return subprocess.run(
            [sys.executable, "-c", start, url], capture_output=True, text=True
        )

    with ThreadPoolExecutor(4) as pool:
        ended = list(pool.map(server, range(4)))
    assert [one.stderr for one in ended if one.returncode] == []
    engine = open_engine(url)
    assert reached_version(engine) == LATEST
    with engine.connect() as connection:
        rows = connection.execute(sa.text("SELECT * FROM memory_version")).all()
    assert len(rows) == 1


def test_a_migration_that_fails_leaves_everything_as_it_was(engine, monkeypatch):
    with engine.begin() as connection:
        # Not a table of ours, nor of Rasa's: it lacks all columns that are wanted.
        connection.execute(sa.text("CREATE TABLE events (id INTEGER)"))
    with pytest.raises(MemoryStoreError, match="Cannot bring up to date"):
        MemoryRepository(engine).migrate()
    assert sa.inspect(engine).get_table_names() == ["events"]


def test_a_database_of_a_newer_version_is_left_alone(engine):
    migrate(engine)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE memory_version SET version_num = 'z9'"))
    with pytest.raises(MemoryStoreError, match=r"newer version.*update the package"):
        migrate(engine)
    assert reached_version(engine) == "z9"
