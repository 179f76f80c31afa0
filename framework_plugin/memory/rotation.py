"""All that is stored, sealed anew with the newest key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from framework_plugin.memory.database import WRITES, store_errors
from framework_plugin.memory.encryption import (
    Cipher,
    Sealed,
    digest_of,
    opened,
    renew_known_text,
)
from framework_plugin.memory.tables import encryption_check, metadata

BATCH = 500
"""Rows that are read, sealed and written in one transaction."""


def rows_to_rotate(engine: Engine) -> int:
    """How many rows hold sealed columns, whatever they are sealed with.

    Raises:
        MemoryStoreError: If the database cannot be read.
    """
    with store_errors(engine.url, "read"), engine.connect() as connection:
        return sum(
            int(connection.execute(sa.select(sa.func.count()).select_from(t)).scalar())
            for t in _tables()
        )


def rotate(engine: Engine, cipher: Cipher, batch: int = BATCH) -> Iterator[int]:
    """Seals with the newest key whatever it did not seal, plain text too.

    Every batch is a transaction of its own, and what is done is passed over: an
    interrupted run goes on where it was.

    Args:
        engine: The database, with the same cipher.
        cipher: Its newest key seals; the others open what is there.
        batch: Rows of a transaction.

    Yields:
        After each batch, how many rows were looked at in it.

    Raises:
        MemoryStoreError: If a key is missing, or the database cannot be written. What
            was done until then stays done.
    """
    writer = engine.execution_options(**{WRITES: True})
    for table in _tables():
        last = 0
        while True:
            with store_errors(engine.url, "write to"), writer.begin() as connection:
                rows = _next_rows(connection, table, last, batch)
                _reseal(connection, table, rows, cipher)
            if not rows:
                break
            last = rows[-1].id
            yield len(rows)
    # Last, for with this the older keys are no longer asked for.
    with store_errors(engine.url, "write to"), writer.begin() as connection:
        renew_known_text(connection, encryption_check)


def _tables() -> list[sa.Table]:
    return [
        table
        for table in metadata.sorted_tables
        if table is not encryption_check and _sealed_columns(table)
    ]


def _sealed_columns(table: sa.Table) -> list[sa.Column]:
    return [column for column in table.columns if isinstance(column.type, Sealed)]


def _next_rows(
    connection: Connection, table: sa.Table, last: int, batch: int
) -> list[Any]:
    """Rows behind an id, with sealed columns as they stand in the database."""
    sealed = {column.name for column in _sealed_columns(table)}
    columns = [
        sa.type_coerce(c, sa.Text).label(c.name) if c.name in sealed else c
        for c in table.columns
    ]
    query = (
        sa.select(*columns)
        .where(table.c.id > last)
        .order_by(table.c.id)
        .limit(batch)
        # Nobody shall change a row between our reading and our writing it.
        .with_for_update()
    )
    return list(connection.execute(query))


def _reseal(
    connection: Connection, table: sa.Table, rows: list[Any], cipher: Cipher
) -> None:
    names = [column.name for column in _sealed_columns(table)]
    changed = []
    for row in rows:
        values = {name: getattr(row, name) for name in names}
        if all(
            text is None or text.startswith(cipher.mark) for text in values.values()
        ):
            continue
        plain = {name: text and opened(text, cipher) for name, text in values.items()}
        # A damaged text stays as it is, for whoever may mend it.
        if all(plain[name] or not values[name] for name in names):
            changed.append((row, plain))
    for row, plain in changed:
        if "digest" in table.c:
            value = plain["value"] or ""
            plain["digest"] = digest_of(cipher, row.user_id, row.kind, value)
        connection.execute(sa.update(table).where(table.c.id == row.id).values(**plain))
