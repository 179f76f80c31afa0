"""Events as Rasa keeps them, with our indexes; facts; snapshots.

Adopts databases of Rasa's SQLTrackerStore, and ours from before there were steps:
what is there stays, what is absent is made.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "1"
down_revision = None

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
    """Makes what is absent, and gives Rasa's times on MySQL their eight bytes."""
    there = set(sa.inspect(op.get_bind()).get_table_names())
    if "events" in there:
        _widen_times()
    else:
        _make_events()
    _index("ix_events_sender_id", ["sender_id"])
    _index("ix_events_sender_id_id", ["sender_id", "id"])
    _index("ix_events_sender_id_type_name_id", ["sender_id", "type_name", "id"])
    if "tracker_snapshots" not in there:
        _make_snapshots()
    if "user_facts" not in there:
        _make_facts()


def _make_events() -> None:
    op.create_table(
        "events",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("sender_id", sa.String(255), nullable=False),
        sa.Column("type_name", sa.String(255), nullable=False),
        sa.Column("timestamp", _DOUBLE),
        sa.Column("intent_name", sa.String(255)),
        sa.Column("action_name", sa.String(255)),
        sa.Column("data", sa.Text),
    )


def _make_snapshots() -> None:
    op.create_table(
        "tracker_snapshots",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("sender_id", sa.String(255), nullable=False),
        sa.Column("event_id", sa.Integer, nullable=False),
        sa.Column("slots", sa.Text, nullable=False),
        sa.UniqueConstraint("sender_id", "event_id", name="uq_tracker_snapshots"),
    )


def _make_facts() -> None:
    op.create_table(
        "user_facts",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("user_id", sa.String(255), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("value", sa.String(64), nullable=False),
        sa.Column("said_at", _DOUBLE, nullable=False),
        sa.UniqueConstraint("user_id", "kind", "value", name="uq_user_facts"),
        **_UTF8,
    )
    op.create_index("ix_user_facts_user_id", "user_facts", ["user_id"])


def _index(name: str, columns: list[str]) -> None:
    found = sa.inspect(op.get_bind()).get_indexes("events")
    if all(index["name"] != name for index in found):
        op.create_index(name, "events", columns)


def _widen_times() -> None:
    """In the four bytes of MySQL's FLOAT, seconds since 1970 are minutes off."""
    if op.get_bind().dialect.name in ("mysql", "mariadb"):
        op.alter_column("events", "timestamp", type_=mysql.DOUBLE(asdecimal=False))
