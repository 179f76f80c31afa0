"""What the servers of an assistant share about messengers, for minutes or hours."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "7"
down_revision = "6"

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

channel_notes = sa.Table(
    "channel_notes",
    _metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(64), nullable=False, unique=True),
    sa.Column("sender_id", sa.String(255), index=True),
    sa.Column("value", sa.Text, nullable=False),
    sa.Column("keep_until", _TIMESTAMP, nullable=False, index=True),
    **_UTF8,
)


def upgrade() -> None:
    """Makes the table, in place of one that the channels once made by themselves."""
    connection = op.get_bind()
    _metadata.drop_all(connection)
    _metadata.create_all(connection)
