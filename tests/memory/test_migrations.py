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
from cryptography.fernet import Fernet
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
from framework_plugin.memory.encryption import Cipher, encrypt_with
from framework_plugin.memory.migrations import LATEST, migrate, reached_version
from framework_plugin.memory.plans import SOMETIME, open_plans
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


def rows_of_the_third_version(engine, seal=str):
    """Plans of alice, and of a person who speaks by two senders."""
    plan = ("sender_id", "event_id", "number", "plan", "said_at", "due_at", "closed_at")
    fact = ("user_id", "kind", "value", "digest", "said_at", "source", "day")
    day, week = 86_400.0, 7 * 86_400.0
    at = SAID_AT
    plans = [
        # Known as a fact and open; known and asked about; told of, in other words.
        ("alice", 1, 0, seal("去面试"), at, at + week, None),
        ("alice", 2, 0, seal("答辩"), at + 1, at + week, at + 9 * day),
        ("alice", 2, 1, seal("搬家"), at + 1, at + 2 * week, None),
        # Not known: without a day, with one, closed.
        ("alice", 3, 0, seal("考研"), at + 2, at + 2 + 14 * day, None),
        ("wx", 9, 0, seal("复查𠮷"), at + 3, at + week, None),
        ("wx", 9, 1, seal("出差"), at + 4, at + week, at + 5),
    ]
    facts = [
        ("alice", "plan", seal("上午去面试"), "d1", at, "alice", "2026-09-17"),
        ("alice", "plan", seal("答辩"), "d2", at + 1, "alice", "2026-09-17"),
        ("alice", "plan", seal("搬家"), "d3", at + 1, "alice", "2026-09-24"),
    ]
    untils = [at + week - 1e-6, at + week - 1e-6, at + 2 * week - 1e-6]
    with engine.begin() as connection:
        for table, columns, rows in (
            ("user_plans", plan, plans),
            (
                "user_facts",
                (*fact, "valid_until"),
                [(*f, until) for f, until in zip(facts, untils, strict=True)],
            ),
            (
                "identities",
                ("sender_id", "user_id", "linked_at"),
                [("wx", "person-1", 1.0), ("web", "person-1", 1.0)],
            ),
        ):
            names = ", ".join(columns)
            slots = ", ".join(f":{name}" for name in columns)
            insert = sa.text(f"INSERT INTO {table} ({names}) VALUES ({slots})")
            connection.execute(
                insert, [dict(zip(columns, row, strict=True)) for row in rows]
            )


def check_plans_are_facts(engine):
    repository = MemoryRepository(engine)
    assert repository.migrate() == "3"
    assert not sa.inspect(engine).has_table("user_plans")
    facts = repository.export("alice")["facts"]
    assert [(f["value"], bool(f["closed_at"])) for f in facts] == [
        ("上午去面试", False),
        ("答辩", True),
        ("搬家", False),
        ("考研", False),
    ]
    with repository.reading() as connection:
        hers = open_plans(connection, "alice")
        assert open_plans(connection, "wx") == open_plans(connection, "web")
        (theirs,) = open_plans(connection, "web")
    assert {plan.what for plan in hers} == {"去面试", "搬家", "考研"}
    undated = next(plan for plan in hers if plan.what == "考研")
    assert undated.due_at == SAID_AT + 2 + SOMETIME
    assert (theirs.what, theirs.due_at) == ("复查𠮷", SAID_AT + 7 * 86_400.0)
    # Told again, it is known.
    again = FactChange.telling(FactKind.PLAN, "考研")
    repository.learn("alice", [again], SAID_AT + 86_400)
    assert len(repository.export("alice")["facts"]) == 4


@pytest.mark.slow
def test_plans_of_the_third_version_become_facts(url, monkeypatch):
    engine = open_engine(url)
    monkeypatch.setattr(migrations, "LATEST", "3")
    migrate(engine)
    rows_of_the_third_version(engine)
    monkeypatch.undo()
    check_plans_are_facts(engine)


def test_plans_that_were_sealed_become_sealed_facts(engine, monkeypatch):
    cipher = Cipher([Fernet.generate_key().decode()])
    encrypt_with(engine, cipher)
    monkeypatch.setattr(migrations, "LATEST", "3")
    MemoryRepository(engine).migrate()
    rows_of_the_third_version(engine, cipher.seal)
    monkeypatch.undo()
    check_plans_are_facts(engine)
    with engine.connect() as connection:
        values = connection.execute(sa.text("SELECT value FROM user_facts")).scalars()
        assert all(value.startswith(cipher.mark) for value in values)


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
