"""Where the memory lives: the database that `endpoints.yml` names, and its engine."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa
from sqlalchemy.engine import URL, Engine, make_url

from framework_plugin.corpus.user_context import TIME_ZONE
from framework_plugin.errors import MemoryStoreError, SettingsError
from framework_plugin.memory.dates import zone_of
from framework_plugin.memory.encryption import Cipher, encrypt_with
from framework_plugin.memory.pooling import notice_gone
from framework_plugin.memory.privacy import PRIVACY_KEYS, PrivacySettings
from framework_plugin.memory.reaching import CONNECT_SECONDS, spare_waiting
from framework_plugin.settings_file import filled_in

WRITES = "personal_chat_writes"
"""Execution option of connections that will write."""

_BUSY_MILLISECONDS = 10_000
_CALLED = ("psycopg2", "pymysql")
"""Drivers that know `connect_timeout`; without it psycopg2 calls for two minutes."""
_OF_ENDPOINT = {
    *("type", "store_type", "window", "journal", "archive", "time_zone"),
    *PRIVACY_KEYS,
}
"""Keys that say nothing of the database."""


@dataclass(frozen=True)
class DatabaseSettings:
    """The section `tracker_store` of `endpoints.yml`, with Rasa's keys and meanings.

    Args:
        dialect: SQLAlchemy's name of the database and driver.
        url: The host, `host:port`, or a whole URL, which then stands for all the rest.
        port: The port, if `url` does not name it.
        db: The database, or the file with SQLite.
        username: Who connects.
        password: The password.
        login_db: A database to log in to where `db` is yet to be created (PostgreSQL).
        query: Options for the driver.

    Raises:
        SettingsError: If a key is unknown or a value has a wrong type.
    """

    dialect: str = "sqlite"
    url: str | None = None
    port: int | None = None
    db: str = "rasa.db"
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    login_db: str | None = None
    query: Mapping[str, str] | None = None

    def __post_init__(self) -> None:
        for name in ("dialect", "url", "db", "username", "password", "login_db"):
            value = getattr(self, name)
            if not isinstance(value, str) and (
                value is not None or name in ("dialect", "db")
            ):
                raise SettingsError(
                    f"'{name}' of the tracker store is a {type(value).__name__}; "
                    "expected text. Put it in quotes in endpoints.yml."
                )
        if self.query is not None and not isinstance(self.query, Mapping):
            raise SettingsError(
                "'query' of the tracker store must be a mapping of the driver's "
                "options, such as {sslmode: require}."
            )

    @classmethod
    def from_mapping(cls, options: Mapping[str, Any]) -> DatabaseSettings:
        """Settings from the keys of the section; variables `${NAME}` are filled in."""
        valid = [f.name for f in fields(cls)]
        unknown = sorted(set(options) - set(valid))
        if unknown:
            raise SettingsError(
                f"Unknown key '{unknown[0]}' for the tracker store. Valid keys: type, "
                "window, journal, archive, time_zone, "
                f"{', '.join((*PRIVACY_KEYS, *valid))} (the host is called 'url', as "
                "in Rasa)."
            )
        values = {key: filled_in(value) for key, value in options.items()}
        if values.get("port") is not None:
            values["port"] = _port(values["port"])
        return cls(**values)

    def to_url(self) -> URL:
        """The address of the database for SQLAlchemy."""
        if self.url and "://" in self.url:
            return _parsed(self.url)
        host, port = self.url, self.port
        if host:
            parts = urlsplit(f"scheme://{host}")
            host, port = parts.hostname or host, parts.port or port
        return URL.create(
            self.dialect,
            username=self.username,
            password=self.password,
            host=host,
            port=port,
            database=self.db,
            query=dict(self.query or {}),
        )


def database_url(endpoints: Mapping[str, Any]) -> URL:
    """The database that Rasa's tracker store uses, from the parsed `endpoints.yml`.

    Raises:
        SettingsError: If the section holds no SQL tracker store, or impossible values.
    """
    section = _tracker_store(endpoints)
    options = {k: v for k, v in section.items() if k not in _OF_ENDPOINT}
    return DatabaseSettings.from_mapping(options).to_url()


def endpoint_journal(endpoints: Mapping[str, Any]) -> Path:
    """The journal of the same tracker store.

    Raises:
        SettingsError: See `database_url`.
    """
    named = _tracker_store(endpoints).get("journal")
    return journal_path(database_url(endpoints), named)


def endpoint_archive(endpoints: Mapping[str, Any]) -> Path | None:
    """The folder for old sessions, the key `archive` of the tracker store, if any.

    Raises:
        SettingsError: If it is no text.
    """
    named = _tracker_store(endpoints).get("archive")
    if named is None:
        return None
    if not isinstance(named, str) or not named:
        raise SettingsError(
            f"'archive' of the tracker store is {named!r}; expected the path of a "
            "folder, or nothing to keep no old sessions."
        )
    return Path(named)


def endpoint_time_zone(endpoints: Mapping[str, Any]) -> str:
    """Where the days of users begin and end, the key `time_zone` of the tracker store.

    Raises:
        SettingsError: If it names no time zone.
    """
    named = _tracker_store(endpoints).get("time_zone", TIME_ZONE)
    zone_of(named)
    return str(named)


def endpoint_privacy(endpoints: Mapping[str, Any]) -> PrivacySettings:
    """How the same tracker store protects what users say.

    Raises:
        SettingsError: If a value is none that is understood.
    """
    return privacy_settings(_tracker_store(endpoints))


def privacy_settings(section: Mapping[str, Any]) -> PrivacySettings:
    """`endpoint_privacy` of the section itself."""
    return PrivacySettings.from_mapping(
        {key: filled_in(section[key]) for key in PRIVACY_KEYS if key in section}
    )


def _tracker_store(endpoints: Mapping[str, Any]) -> Mapping[str, Any]:
    section = endpoints.get("tracker_store") or {}
    if not isinstance(section, Mapping):
        raise SettingsError("'tracker_store' in endpoints.yml must hold keys.")
    kind = str(section.get("type", section.get("store_type", "sql")))
    if kind.lower() in ("redis", "mongod", "dynamo"):
        raise SettingsError(
            f"The tracker store is of type '{kind}'; the memory needs an SQL database. "
            "Use 'framework_plugin.components.tracker_store.MemoryTrackerStore'."
        )
    return section


def journal_path(url: URL, named: str | None) -> Path:
    """The file for what a database does not take.

    Args:
        url: Of the database.
        named: What the settings say; None for a file beside an SQLite file, or here
            with a server, by a name that tells servers apart.

    Raises:
        SettingsError: If `named` is no text.
    """
    if named is not None:
        if not isinstance(named, str) or not named:
            raise SettingsError(
                f"'journal' of the tracker store is {named!r}; expected the path of a "
                "file, or nothing for one of its own."
            )
        return Path(named)
    name = f"memory-{hashlib.sha256(safe_url(url).encode()).hexdigest()[:12]}"
    if url.get_backend_name() == "sqlite" and _is_file(url):
        name = str(url.database)
    return Path(f"{name}.unsaved.jsonl")


def open_engine(url: str | URL, cipher: Cipher | None = None) -> Engine:
    """An engine for a database that answers.

    SQLite files are created with their folder; they use a write-ahead log, so that the
    action server can read while Rasa writes. PostgreSQL honours Rasa's environment
    variables POSTGRESQL_SCHEMA, POSTGRESQL_POOL_SIZE and POSTGRESQL_MAX_OVERFLOW.

    Args:
        url: The database.
        cipher: Seals what users say; None stores it as it is.

    Raises:
        MemoryStoreError: If the database or its driver cannot be used.
    """
    address = _parsed(url) if isinstance(url, str) else url
    try:
        with store_errors(address, "open"):
            if address.get_backend_name() == "sqlite" and _is_file(address):
                Path(address.database).parent.mkdir(parents=True, exist_ok=True)
            engine = sa.create_engine(address, future=True, **_options(address))
            encrypt_with(engine, cipher)
            if engine.dialect.name == "sqlite":
                _prepare_sqlite(engine)
            if engine.dialect.driver == "psycopg2":
                notice_gone(engine)
            if engine.dialect.name != "sqlite":
                spare_waiting(engine)
            with engine.connect() as connection:
                connection.execute(sa.text("SELECT 1"))
    except (ImportError, OSError) as error:
        raise MemoryStoreError(
            f"Cannot open the memory database {safe_url(address)}: {error}. Expected "
            "an installed driver and a folder that can be written to."
        ) from error
    return engine


def reading_engine(engine: Engine) -> Engine:
    """The same database for those who only read.

    PostgreSQL reads in no transaction: by `READ COMMITTED` each statement sees the
    newest anyway, and to begin and end one takes two round trips.
    """
    if engine.dialect.name != "postgresql":
        return engine
    return engine.execution_options(isolation_level="AUTOCOMMIT")


def clear_log(engine: Engine) -> bool:
    """Empties the write-ahead log of an SQLite file, which holds what was deleted.

    Returns:
        Whether it is empty now; False while another process is reading. With servers
        True: when they remove what was deleted is up to them.
    """
    if engine.dialect.name != "sqlite":
        return True
    connection = engine.raw_connection()
    try:
        cursor = connection.cursor()
        (busy, _, _) = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        cursor.close()
        return not busy
    finally:
        connection.close()


def create_database(settings: DatabaseSettings) -> None:
    """Creates the database named `db` by way of `login_db`, if it is absent.

    Raises:
        SettingsError: If the server is not PostgreSQL.
        MemoryStoreError: If it does not allow it.
    """
    url = settings.to_url()
    if url.get_backend_name() != "postgresql":
        raise SettingsError("'login_db' of the tracker store is for PostgreSQL only.")
    engine = open_engine(url.set(database=settings.login_db))
    with store_errors(url, "create"):
        autocommit = engine.execution_options(isolation_level="AUTOCOMMIT")
        with autocommit.connect() as connection:
            found = connection.execute(
                sa.text("SELECT 1 FROM pg_catalog.pg_database WHERE datname = :name"),
                {"name": settings.db},
            ).scalar()
            if not found:
                name = engine.dialect.identifier_preparer.quote(settings.db)
                connection.execute(sa.text(f"CREATE DATABASE {name}"))
    engine.dispose()


@contextmanager
def store_errors(url: URL, doing: str) -> Iterator[None]:
    """Turns errors of the database into ours, which name the URL but no password."""
    try:
        yield
    except sa.exc.SQLAlchemyError as error:
        cause = getattr(error, "orig", None) or error
        raise MemoryStoreError(
            f"Cannot {doing} the memory database {safe_url(url)}: "
            f"{str(cause).strip()}. Check that it runs, that user and password in "
            "endpoints.yml are right, and that there is space left."
        ) from error


def safe_url(url: URL) -> str:
    """The URL without anything secret."""
    return str(url.set(query={}).render_as_string(hide_password=True))


def _parsed(url: str) -> URL:
    try:
        return make_url(url)
    except (sa.exc.ArgumentError, ValueError):
        # The original error repeats the URL, with its password.
        raise MemoryStoreError(
            "The URL of the memory database cannot be read. Expected the form "
            "dialect://user:password@host:port/database, with special characters in "
            "the password percent-encoded."
        ) from None


def _port(value: Any) -> int:
    try:
        port = int(value)
    except (TypeError, ValueError):
        port = 0
    if not 0 < port < 65536:
        raise SettingsError(
            f"'port' of the tracker store is {value!r}; expected 1 to 65535."
        )
    return port


def _is_file(url: URL) -> bool:
    name = url.database
    return bool(name) and name != ":memory:" and not str(name).startswith("file:")


def _options(url: URL) -> dict[str, Any]:
    options: dict[str, Any] = {"pool_pre_ping": url.get_driver_name() != "psycopg2"}
    if url.get_backend_name() == "sqlite" and _is_file(url):
        # SQLAlchemy would open a file anew for every transaction.
        options["poolclass"] = sa.pool.QueuePool
        options["connect_args"] = {"check_same_thread": False}
    elif url.get_backend_name() == "sqlite":
        # In memory, every thread would otherwise have a database of its own.
        options["poolclass"] = sa.pool.StaticPool
        options["connect_args"] = {"check_same_thread": False}
    if url.get_backend_name() in ("mysql", "mariadb"):
        # As with PostgreSQL; the default locks gaps, where strangers deadlock.
        options["isolation_level"] = "READ COMMITTED"
    if url.get_driver_name() in _CALLED and "connect_timeout" not in url.query:
        options["connect_args"] = {"connect_timeout": CONNECT_SECONDS}
    if url.get_backend_name() == "postgresql":
        schema = os.environ.get("POSTGRESQL_SCHEMA")
        if schema:
            arguments = options.setdefault("connect_args", {})
            arguments["options"] = f"-csearch_path={schema}"
        options["pool_size"] = int(os.environ.get("POSTGRESQL_POOL_SIZE", "50"))
        options["max_overflow"] = int(os.environ.get("POSTGRESQL_MAX_OVERFLOW", "100"))
    return options


def _prepare_sqlite(engine: Engine) -> None:
    """Settings of every connection, and transactions that lock when they begin."""
    sa.event.listen(engine, "connect", _on_sqlite_connect)
    sa.event.listen(engine, "begin", _on_sqlite_begin)


def _on_sqlite_connect(connection: Any, _: Any) -> None:
    # The driver would otherwise begin transactions late, by rules of its own.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={_BUSY_MILLISECONDS}")
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute("PRAGMA foreign_keys=ON")
    # What is forgotten shall not be found in the file.
    cursor.execute("PRAGMA secure_delete=ON")
    cursor.close()


def _on_sqlite_begin(connection: Any) -> None:
    # A reader that turns writer in the middle could fail at once, whatever the
    # timeout: https://www.sqlite.org/isolation.html
    writes = connection.get_execution_options().get(WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
