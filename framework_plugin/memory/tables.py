"""The SQL tables: Rasa's `events`, which we read and append to, and our own.

They are as the last of `migrations` leaves them, which a test holds.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

metadata = sa.MetaData()

# On MySQL a plain FLOAT has four bytes: seconds since the epoch would be minutes off.
_TIMESTAMP = (
    sa.Float()
    .with_variant(mysql.DOUBLE(), "mysql")
    .with_variant(mysql.DOUBLE(), "mariadb")
)

events = sa.Table(
    "events",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("sender_id", sa.String(255), nullable=False, index=True),
    sa.Column("type_name", sa.String(255), nullable=False),
    sa.Column("timestamp", _TIMESTAMP),
    sa.Column("intent_name", sa.String(255)),
    sa.Column("action_name", sa.String(255)),
    sa.Column("data", sa.Text),
    sa.Index("ix_events_sender_id_id", "sender_id", "id"),
    sa.Index("ix_events_sender_id_type_name_id", "sender_id", "type_name", "id"),
)
"""Column for column the table of Rasa's SQLTrackerStore, with indexes of our own."""

tracker_snapshots = sa.Table(
    "tracker_snapshots",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("sender_id", sa.String(255), nullable=False),
    sa.Column("event_id", sa.Integer, nullable=False),
    sa.Column("slots", sa.Text, nullable=False),
    sa.UniqueConstraint("sender_id", "event_id", name="uq_tracker_snapshots"),
)
"""The slots of a conversation right after an event, as JSON; see `snapshots`."""

user_facts = sa.Table(
    "user_facts",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("user_id", sa.String(255), nullable=False, index=True),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("value", sa.String(64), nullable=False),
    sa.Column("said_at", _TIMESTAMP, nullable=False),
    sa.UniqueConstraint("user_id", "kind", "value", name="uq_user_facts"),
    # Other collations of MySQL take rare characters, or cases, for one another.
    mysql_charset="utf8mb4",
    mysql_collate="utf8mb4_bin",
    mariadb_charset="utf8mb4",
    mariadb_collate="utf8mb4_bin",
)
"""What users told about themselves. `said_at` is in seconds since the epoch."""
