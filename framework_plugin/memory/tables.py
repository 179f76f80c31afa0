"""The SQL tables: Rasa's `events`, which we read and append to, and our own.

They are as the last of `migrations` leaves them, which a test holds.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from framework_plugin.memory.encryption import Sealed, fact_digest

metadata = sa.MetaData()

# On MySQL a plain FLOAT has four bytes: seconds since the epoch would be minutes off.
_TIMESTAMP = (
    sa.Float()
    .with_variant(mysql.DOUBLE(asdecimal=False), "mysql")
    .with_variant(mysql.DOUBLE(asdecimal=False), "mariadb")
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
    sa.Column("data", Sealed),
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
    sa.Column("slots", Sealed, nullable=False),
    sa.UniqueConstraint("sender_id", "event_id", name="uq_tracker_snapshots"),
)
"""The slots of a conversation right after an event, as JSON; see `snapshots`."""

user_facts = sa.Table(
    "user_facts",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("user_id", sa.String(255), nullable=False, index=True),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("value", Sealed, nullable=False),
    # Sealed values differ each time: this tells whether two are the same.
    sa.Column(
        "digest",
        sa.String(64),
        nullable=False,
        default=fact_digest,
        onupdate=fact_digest,
    ),
    sa.Column("said_at", _TIMESTAMP, nullable=False),
    sa.Index("uq_user_facts", "user_id", "kind", "digest", unique=True),
    # Other collations of MySQL take rare characters, or cases, for one another.
    mysql_charset="utf8mb4",
    mysql_collate="utf8mb4_bin",
    mariadb_charset="utf8mb4",
    mariadb_collate="utf8mb4_bin",
)
"""What users told about themselves. `said_at` is in seconds since the epoch."""

consents = sa.Table(
    "consents",
    metadata,
    sa.Column("user_id", sa.String(255), primary_key=True),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("changed_at", _TIMESTAMP, nullable=False),
)
"""Whether users agreed to be remembered; see `consent`. No row: nobody has asked."""

memory_audit = sa.Table(
    "memory_audit",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("at", _TIMESTAMP, nullable=False),
    sa.Column("actor", sa.String(64), nullable=False),
    sa.Column("action", sa.String(32), nullable=False),
    sa.Column("user_id", sa.String(255), index=True),
    sa.Column("detail", sa.String(255), nullable=False),
)
"""Who looked at or changed whose memory, and when; never what was in it."""

encryption_check = sa.Table(
    "encryption_check",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("known", Sealed, nullable=False),
)
"""One row with a known text, in an encrypted database: to tell whether a key fits."""
