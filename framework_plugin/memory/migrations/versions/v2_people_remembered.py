"""Facts with their past, which may be encrypted; consent; audit; words and plans."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "2"
down_revision = "1"

_BATCH = 1000
_UTF8: Any = {
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
    "mariadb_charset": "utf8mb4",
    "mariadb_collate": "utf8mb4_bin",
}
_DOUBLE = (
    sa.Float()
    .with_variant(mysql.DOUBLE(asdecimal=False), "mysql")
    .with_variant(mysql.DOUBLE(asdecimal=False), "mariadb")
)


def upgrade() -> None:
    """Makes the tables anew that change, and copies what they hold."""
    there = set(sa.inspect(op.get_bind()).get_table_names())
    # MySQL commits each of these on its own: an interrupted run is gone on with.
    if "user_facts" in there:
        if "user_facts_new" in there:
            op.drop_table("user_facts_new")
        _make_facts()
        op.drop_table("user_facts")
    op.rename_table("user_facts_new", "user_facts")
    _index_facts()
    _index_events()
    for table in _NEW:
        if table.name not in there:
            table.create(op.get_bind())


def _index_events() -> None:
    """Leaves out of the indexes what nobody looks for by them."""
    found = {i["name"] for i in sa.inspect(op.get_bind()).get_indexes("events")}
    # The index of `sender_id` and `id` serves as well, for Rasa's own store too.
    if "ix_events_sender_id" in found:
        op.drop_index("ix_events_sender_id", "events")
    if op.get_bind().dialect.name in ("mysql", "mariadb"):
        return
    name = "ix_events_sender_id_type_name_id"
    if name in found:
        op.drop_index(name, "events")
    said = sa.text(
        "type_name = 'user' OR type_name = 'bot' OR type_name = 'session_started'"
    )
    columns = ["sender_id", "type_name", "id"]
    where = {"sqlite_where": said, "postgresql_where": said}
    op.create_index(name, "events", columns, **where)


_metadata = sa.MetaData()
_NEW = (
    sa.Table(
        "identities",
        _metadata,
        sa.Column("sender_id", sa.String(255), primary_key=True),
        sa.Column("user_id", sa.String(255), nullable=False, index=True),
        sa.Column("channel", sa.String(255)),
        sa.Column("linked_at", _DOUBLE, nullable=False),
        **_UTF8,
    ),
    sa.Table(
        "held_users",
        _metadata,
        sa.Column("user_id", sa.String(255), primary_key=True),
        **_UTF8,
    ),
    sa.Table(
        "link_codes",
        _metadata,
        sa.Column("sender_id", sa.String(255), primary_key=True),
        sa.Column("digest", sa.String(64), unique=True),
        sa.Column("channel", sa.String(255)),
        sa.Column("expires_at", _DOUBLE),
        sa.Column("wrong_at", sa.String(255), nullable=False),
        sa.Column("keep_until", _DOUBLE, nullable=False),
        **_UTF8,
    ),
    sa.Table(
        "consents",
        _metadata,
        sa.Column("user_id", sa.String(255), primary_key=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("changed_at", _DOUBLE, nullable=False),
    ),
    sa.Table(
        "memory_audit",
        _metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("at", _DOUBLE, nullable=False),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("action", sa.String(32), nullable=False),
        sa.Column("user_id", sa.String(255), index=True),
        sa.Column("detail", sa.String(255), nullable=False),
    ),
    sa.Table(
        "encryption_check",
        _metadata,
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("known", sa.Text, nullable=False),
    ),
    sa.Table(
        "turn_terms",
        _metadata,
        sa.Column("sender_id", sa.String(255), primary_key=True),
        sa.Column("term", sa.String(32), primary_key=True),
        sa.Column("event_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("said_at", _DOUBLE, nullable=False),
        sa.Column("importance", sa.SmallInteger, nullable=False),
        sqlite_with_rowid=False,
        **_UTF8,
    ),
    sa.Table(
        "user_plans",
        _metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("sender_id", sa.String(255), nullable=False),
        sa.Column("event_id", sa.Integer, nullable=False),
        sa.Column("number", sa.SmallInteger, nullable=False),
        sa.Column("plan", sa.Text, nullable=False),
        sa.Column("said_at", _DOUBLE, nullable=False),
        sa.Column("due_at", _DOUBLE, nullable=False),
        sa.Column("closed_at", _DOUBLE),
        sa.UniqueConstraint("sender_id", "event_id", "number", name="uq_user_plans"),
        **_UTF8,
    ),
    sa.Table(
        "session_summaries",
        _metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("sender_id", sa.String(255), nullable=False),
        sa.Column("first_event_id", sa.Integer, nullable=False),
        sa.Column("last_event_id", sa.Integer, nullable=False),
        sa.Column("started_at", _DOUBLE, nullable=False),
        sa.Column("ended_at", _DOUBLE, nullable=False),
        sa.Column("topics", sa.Text, nullable=False),
        sa.Column("mood", _DOUBLE),
        sa.Column("plans", sa.Text, nullable=False),
        sa.Column("questions", sa.Text, nullable=False),
        sa.UniqueConstraint("sender_id", "first_event_id", name="uq_session_summaries"),
        **_UTF8,
    ),
)


def _make_facts() -> None:
    """Copies all facts, with what tells two of them apart where they are encrypted."""
    new = op.create_table(
        "user_facts_new",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("user_id", sa.String(255), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("said_at", _DOUBLE, nullable=False),
        sa.Column("confidence", _DOUBLE, nullable=False, server_default="1"),
        sa.Column("source", sa.String(255), nullable=False, server_default=""),
        sa.Column("day", sa.String(10), nullable=False, server_default=""),
        sa.Column("valid_from", _DOUBLE),
        sa.Column("valid_until", _DOUBLE),
        sa.Column("asked", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("ended_at", _DOUBLE, nullable=False, server_default="0"),
        **_UTF8,
    )
    for rows in _facts():
        op.bulk_insert(new, rows)


def _facts() -> Iterator[list[dict[str, Any]]]:
    old = sa.table("user_facts", *map(sa.column, _OLD))
    last = 0
    while True:
        query = sa.select(old).where(old.c.id > last).order_by(old.c.id).limit(_BATCH)
        rows = [dict(row._mapping) for row in op.get_bind().execute(query)]
        if not rows:
            return
        yield [{**row, "digest": _digest(row)} for row in rows]
        last = rows[-1]["id"]


_OLD = ("id", "user_id", "kind", "value", "said_at")


def _digest(row: dict[str, Any]) -> str:
    parts = (row["user_id"], row["kind"], row["value"])
    joined = b"".join(f"{len(part)}:{part}".encode() for part in parts)
    return hashlib.sha256(joined).hexdigest()


def _index_facts() -> None:
    op.create_index("ix_user_facts_user_id", "user_facts", ["user_id"])
    columns = ["user_id", "kind", "digest", "day", "ended_at"]
    op.create_index("uq_user_facts", "user_facts", columns, unique=True)
