"""The database is found as Rasa finds it, and its errors say what to do."""

import pytest
import sqlalchemy as sa
from rasa.core.tracker_store import SQLTrackerStore
from sqlalchemy.dialects import mysql

from framework_plugin.errors import MemoryStoreError, SettingsError
from framework_plugin.memory.database import (
    DatabaseSettings,
    create_database,
    database_url,
    open_engine,
)
from framework_plugin.memory.tables import events, user_facts


@pytest.mark.parametrize(
    "keys",
    [
        {},
        {"db": "data/rasa.db"},
        {"dialect": "postgresql", "url": "db.local", "db": "rasa", "username": "u"},
        {"dialect": "postgresql", "url": "db.local:6543", "port": 5432, "db": "rasa"},
        {"dialect": "postgresql", "url": "db", "port": "5433", "password": "p@:/"},
        {"dialect": "mysql+pymysql", "url": "db", "query": {"charset": "utf8mb4"}},
    ],
)
def test_the_url_is_the_one_that_rasa_builds(keys):
    section = {"type": "SQL", **keys}
    rasas = dict(keys)
    rasas["host"] = rasas.pop("url", None)
    if "port" in rasas:
        rasas["port"] = int(rasas["port"])
    expected = SQLTrackerStore.get_db_url(**rasas)
    assert database_url({"tracker_store": section}) == expected


def test_without_a_section_the_database_is_rasas_default_file():
    assert str(database_url({})) == "sqlite:///rasa.db"


def test_a_whole_url_stands_for_all_keys():
    url = database_url({"tracker_store": {"url": "postgresql://u:p@h:1/d"}})
    assert (url.host, url.port, url.database) == ("h", 1, "d")


def test_variables_of_the_environment_are_filled_in(monkeypatch):
    monkeypatch.setenv("DB_PASSWORD", "geheim")
    section = {"dialect": "postgresql", "url": "h", "password": "${DB_PASSWORD}"}
    assert database_url({"tracker_store": section}).password == "geheim"


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ({"host": "h"}, "'host'.*url"),
        ({"port": "many"}, "port.*65535"),
        ({"db": 3}, "'db'.*text"),
        ({"query": "sslmode"}, "query.*mapping"),
        ({"type": "redis", "url": "h"}, "redis.*SQL"),
    ],
)
def test_impossible_settings_are_named(section, message):
    with pytest.raises(SettingsError, match=message):
        database_url({"tracker_store": section})


def test_login_db_is_for_postgresql_only():
    with pytest.raises(SettingsError, match="PostgreSQL"):
        create_database(DatabaseSettings(login_db="main"))


def test_a_file_is_made_with_its_folder_and_a_write_ahead_log(tmp_path):
    engine = open_engine(f"sqlite:///{tmp_path}/deep/down/rasa.db")
    with engine.connect() as connection:
        mode = connection.exec_driver_sql("PRAGMA journal_mode").scalar()
        keys = connection.exec_driver_sql("PRAGMA foreign_keys").scalar()
    assert (mode, keys) == ("wal", 1)
    assert (tmp_path / "deep" / "down" / "rasa.db").exists()


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:geheim@127.0.0.1:1/rasa?application_name=geheim",
        "nonsense://me:geheim@127.0.0.1/rasa",
        "sqlite+geheim",
    ],
)
def test_no_error_names_the_password(url):
    with pytest.raises(MemoryStoreError) as failure:
        open_engine(url)
    assert "geheim" not in str(failure.value)
    assert "Check" in str(failure.value) or "Expected" in str(failure.value)


@pytest.mark.slow
def test_login_db_creates_the_database(postgres_url):
    server = sa.engine.make_url(postgres_url)
    settings = DatabaseSettings(
        dialect="postgresql",
        url=f"{server.host}:{server.port}",
        username=server.username,
        db="new-shop",
        login_db="postgres",
    )
    create_database(settings)
    create_database(settings)
    assert open_engine(settings.to_url()).url.database == "new-shop"


@pytest.mark.parametrize("table", [events, user_facts])
def test_times_have_eight_bytes_on_mysql(table):
    made = str(sa.schema.CreateTable(table).compile(dialect=mysql.dialect()))
    assert "DOUBLE" in made or "FLOAT(53)" in made
