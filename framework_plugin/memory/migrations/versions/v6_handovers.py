"""Conversations that a person takes over, and what that person says."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "6"
down_revision = "5"

_metadata = sa.MetaData()

# On MySQL a plain FLOAT has four bytes: seconds since the epoch would be minutes off.
_TIMESTAMP = (
    sa.Float()
    .with_variant(mysql.DOUBLE(), "mysql")
    .with_variant(mysql.DOUBLE(), "mariadb")
)
# Other collations of MySQL take rare characters, or cases, for one another.
_UTF8: dict[str, Any] = {
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
    "mariadb_charset": "utf8mb4",
    "mariadb_collate": "utf8mb4_bin",
}

handovers = sa.Table(
    "handovers",
    _metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("sender_id", sa.String(255), nullable=False, index=True),
    sa.Column("open_for", sa.String(255)),
    sa.Column("channel", sa.String(255)),
    sa.Column("reason", sa.String(16), nullable=False),
    sa.Column("asked_at", _TIMESTAMP, nullable=False),
    sa.Column("taken_at", _TIMESTAMP),
    sa.Column("taken_by", sa.String(64)),
    sa.Column("held_until", _TIMESTAMP),
    sa.Column("closed_at", _TIMESTAMP),
    sa.Column("outcome", sa.String(16)),
    sa.UniqueConstraint("open_for", name="uq_handovers_open_for"),
    **_UTF8,
)

handover_replies = sa.Table(
    "handover_replies",
    _metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("handover_id", sa.Integer, nullable=False),
    sa.Column("sender_id", sa.String(255), nullable=False),
    sa.Column("speaker", sa.String(64)),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("said_at", _TIMESTAMP, nullable=False),
    sa.Column("claimed_at", _TIMESTAMP),
    sa.Column("sent_at", _TIMESTAMP),
    sa.Index("ix_handover_replies_sender_id_sent_at", "sender_id", "sent_at"),
    sa.Index("ix_handover_replies_sent_at", "sent_at"),
    **_UTF8,
)


def upgrade() -> None:
    """Makes the tables."""
    _metadata.create_all(op.get_bind())
