"""The schema of the database, brought up to date step by step (alembic).

The steps lie in `versions`, one a file, and are never changed once released: a step
says what it needs itself, whatever the tables of today look like. `memory_version`
notes which step a database has reached. Databases of Rasa's SQLTrackerStore, and our
own from before there were steps, have none: the first step adopts them.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from framework_plugin.errors import MemoryStoreError
from framework_plugin.memory.database import WRITES, safe_url
from framework_plugin.memory.tables import memory_version

if TYPE_CHECKING:
    from alembic.script import ScriptDirectory

logger = logging.getLogger(__name__)

LATEST = "8"
"""The step that this version of the package works with."""

_PATIENCE_SECONDS = 60
_MYSQL_LOCKS = (
    f"GET_LOCK('personal-chat', {_PATIENCE_SECONDS})",
    "RELEASE_LOCK('personal-chat')",
)
_NUMBER = 7_365_727
"""Any number that no other program is likely to lock."""

_LOCKS = {
    "postgresql": (f"pg_advisory_lock({_NUMBER})", f"pg_advisory_unlock({_NUMBER})"),
    "mysql": _MYSQL_LOCKS,
    "mariadb": _MYSQL_LOCKS,
}
_REACHED = sa.select(memory_version.c.version_num)


def reached_version(engine: Engine) -> str | None:
    """The step that a database has reached; None if it knows of none."""
    with engine.connect() as connection:
        if not sa.inspect(connection).has_table(memory_version.name):
            return None
        found: str | None = connection.execute(_REACHED).scalar()
        return found


def migrate(engine: Engine) -> str | None:
    """Brings a database up to date, whoever made it; nothing in it is lost.

    Several processes may start at once: one does the work, the others wait for it.

    Returns:
        The step that it had reached before.

    Raises:
        MemoryStoreError: If a newer version of this package has made it.
        sqlalchemy.exc.SQLAlchemyError: If the database does not allow it.
    """
    before = reached_version(engine)
    if before == LATEST:
        return before
    # Only here: it takes its time to be imported, and is seldom needed.
    from alembic.script import ScriptDirectory

    steps = ScriptDirectory(str(Path(__file__).parent), version_locations=[_versions()])
    writing = engine.execution_options(**{WRITES: True})
    with _alone(engine), writing.begin() as connection:
        _upgrade(connection, steps)
    logger.info(
        "The memory database %s is now at version %s.", safe_url(engine.url), LATEST
    )
    return before


def _versions() -> str:
    return str(Path(__file__).parent / "versions")


def _upgrade(connection: Connection, steps: ScriptDirectory) -> None:
    from alembic.operations import Operations
    from alembic.runtime.migration import MigrationContext
    from alembic.script.revision import ResolutionError
    from alembic.util.exc import CommandError

    context = MigrationContext.configure(
        connection,
        opts={
            "version_table": memory_version.name,
            "fn": lambda reached, _: steps._upgrade_revs(LATEST, reached),
        },
    )
    try:
        with Operations.context(context):
            context.run_migrations()
    except (CommandError, ResolutionError) as error:
        raise MemoryStoreError(
            f"The memory database {safe_url(connection.engine.url)} was made by a "
            f"newer version of personal-chat ({error}). Expected version {LATEST} or "
            "older: update the package, or use a backup from before."
        ) from error


@contextmanager
def _alone(engine: Engine) -> Iterator[None]:
    """Lets one process at a time migrate; SQLite's transactions do so themselves.

    The lock is held by a connection of its own until all is committed.
    """
    locks = _LOCKS.get(engine.dialect.name)
    if locks is None:
        yield
        return
    taken, given = (sa.text(f"SELECT {function}") for function in locks)
    with engine.connect() as connection:
        if connection.execute(taken).scalar() == 0:
            raise MemoryStoreError(
                f"Another process has been migrating {safe_url(engine.url)} for over "
                f"{_PATIENCE_SECONDS} seconds. Wait until it is done, then start again."
            )
        try:
            yield
        finally:
            connection.execute(given)
