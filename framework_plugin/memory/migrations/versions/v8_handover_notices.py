"""What another system is yet to be told of conversations that people take over."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "8"
down_revision = "7"

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

handover_notices = sa.Table(
    "handover_notices",
    _metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("handover_id", sa.Integer, nullable=False, index=True),
    sa.Column("sender_id", sa.String(255), nullable=False, index=True),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("made_at", _TIMESTAMP, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("due_at", _TIMESTAMP, nullable=False),
    **_UTF8,
)


def upgrade() -> None:
    """Makes the table."""
    _metadata.create_all(op.get_bind())
