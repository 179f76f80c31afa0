"""The SQL tables: Rasa's `events`, which we read and append to, and our own.

They are as the last of `migrations` leaves them, which a test holds.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from framework_plugin.memory.encryption import Keyed, Sealed, fact_digest

metadata = sa.MetaData()

# On MySQL a plain FLOAT has four bytes: seconds since the epoch would be minutes off.
_DOUBLE = (
    sa.Float()
    .with_variant(mysql.DOUBLE(asdecimal=False), "mysql")
    .with_variant(mysql.DOUBLE(asdecimal=False), "mariadb")
)

# Other collations of MySQL take rare characters, or cases, for one another.
_EXACT: Any = {
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
    "mariadb_charset": "utf8mb4",
    "mariadb_collate": "utf8mb4_bin",
}

memory_version = sa.Table(
    "memory_version",
    metadata,
    sa.Column("version_num", sa.String(32), primary_key=True),
)
"""Which step of `migrations` the database has reached, as alembic notes it."""

events = sa.Table(
    "events",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("sender_id", sa.String(255), nullable=False),
    sa.Column("type_name", sa.String(255), nullable=False),
    sa.Column("timestamp", _DOUBLE),
    sa.Column("intent_name", sa.String(255)),
    sa.Column("action_name", sa.String(255)),
    sa.Column("data", Sealed),
    # Stands in for Rasa's index of `sender_id` alone.
    sa.Index("ix_events_sender_id_id", "sender_id", "id"),
)
"""Column for column the table of Rasa's SQLTrackerStore, with indexes of our own."""


def of_type(type_name: str) -> Any:
    """The condition that an event is of one of the types of the index below.

    The type stands in the statement itself: only then does a database know that it is
    one of them.
    """
    return events.c.type_name == sa.literal_column(f"'{type_name}'")


_SAID = sa.or_(*map(of_type, ("user", "bot", "session_started")))

# Most events are neither messages nor beginnings; where an index can, it leaves them
# out.
sa.Index(
    "ix_events_sender_id_type_name_id",
    events.c.sender_id,
    events.c.type_name,
    events.c.id,
    sqlite_where=_SAID,
    postgresql_where=_SAID,
)

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
    # Whoever changes a value, or whose it is, must change it too.
    sa.Column("digest", sa.String(64), nullable=False, default=fact_digest),
    sa.Column("said_at", _DOUBLE, nullable=False),
    sa.Column("confidence", _DOUBLE, nullable=False, server_default="1"),
    sa.Column("source", sa.String(255), nullable=False, server_default=""),
    sa.Column("day", sa.String(10), nullable=False, server_default=""),
    sa.Column("valid_from", _DOUBLE),
    sa.Column("valid_until", _DOUBLE),
    sa.Column("asked", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("ended_at", _DOUBLE, nullable=False, server_default="0"),
    sa.Column("closed_at", _DOUBLE),
    sa.Index(
        "uq_user_facts",
        *("user_id", "kind", "digest", "day", "ended_at"),
        unique=True,
    ),
    **_EXACT,
)
"""What users told about themselves, the past included; see `Fact`.

Times are in seconds since the epoch; `day` is an ISO date or empty. `asked` marks what
the user has yet to agree to. `ended_at` is 0 while it is true: nulls would not be
unique. `closed_at` is since when nobody is to ask how a plan went; see `plans`.
"""

identities = sa.Table(
    "identities",
    metadata,
    sa.Column("sender_id", sa.String(255), primary_key=True),
    sa.Column("user_id", sa.String(255), nullable=False, index=True),
    sa.Column("channel", sa.String(255)),
    sa.Column("linked_at", _DOUBLE, nullable=False),
    **_EXACT,
)
"""Senders that are one person; who has no row here is a user of their own."""

held_users = sa.Table(
    "held_users",
    metadata,
    sa.Column("user_id", sa.String(255), primary_key=True),
    **_EXACT,
)
"""Always empty: on MySQL and MariaDB a row is the lock of whoever is about to write."""

link_codes = sa.Table(
    "link_codes",
    metadata,
    sa.Column("sender_id", sa.String(255), primary_key=True),
    sa.Column("digest", sa.String(64), unique=True),
    sa.Column("channel", sa.String(255)),
    sa.Column("expires_at", _DOUBLE),
    sa.Column("wrong_at", sa.String(255), nullable=False),
    sa.Column("keep_until", _DOUBLE, nullable=False),
    **_EXACT,
)
"""By sender: the hash of the code they were given, if any, and when they said wrong
ones, as a JSON list of seconds since the epoch; of no use after `keep_until`."""


consents = sa.Table(
    "consents",
    metadata,
    sa.Column("user_id", sa.String(255), primary_key=True),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("changed_at", _DOUBLE, nullable=False),
)
"""Whether users agreed to be remembered; see `consent`. No row: nobody has asked."""

memory_audit = sa.Table(
    "memory_audit",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("at", _DOUBLE, nullable=False),
    sa.Column("actor", sa.String(64), nullable=False),
    sa.Column("action", sa.String(32), nullable=False),
    sa.Column("user_id", sa.String(255), index=True),
    sa.Column("detail", sa.String(255), nullable=False),
)
"""Who looked at or changed whose memory, and when; never what was in it."""

turn_terms = sa.Table(
    "turn_terms",
    metadata,
    sa.Column("sender_id", sa.String(255), primary_key=True),
    sa.Column("term", Keyed(32), primary_key=True),
    sa.Column("event_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("said_at", _DOUBLE, nullable=False),
    sa.Column("importance", sa.SmallInteger, nullable=False),
    # The key is the whole table: nothing is stored twice, nothing looked up twice.
    sqlite_with_rowid=False,
    **_EXACT,
)
"""By which words the messages of a user are found again; see `search`. `importance`
is in percent."""

session_summaries = sa.Table(
    "session_summaries",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("sender_id", sa.String(255), nullable=False),
    sa.Column("first_event_id", sa.Integer, nullable=False),
    sa.Column("last_event_id", sa.Integer, nullable=False),
    sa.Column("started_at", _DOUBLE, nullable=False),
    sa.Column("ended_at", _DOUBLE, nullable=False),
    sa.Column("topics", Sealed, nullable=False),
    sa.Column("mood", _DOUBLE),
    sa.Column("plans", Sealed, nullable=False),
    sa.Column("questions", Sealed, nullable=False),
    sa.UniqueConstraint("sender_id", "first_event_id", name="uq_session_summaries"),
    **_EXACT,
)
"""What remains of a session; see `summaries`. `topics`, `plans` and `questions` are
JSON lists."""

unanswered_questions = sa.Table(
    "unanswered_questions",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("sender_id", sa.String(255), nullable=False, index=True),
    sa.Column("question", Sealed, nullable=False),
    sa.Column("reason", sa.String(16), nullable=False),
    sa.Column("asked_at", _DOUBLE, nullable=False),
    sa.Column("state", sa.String(16), nullable=False, index=True),
    sa.Column("closed_at", _DOUBLE),
    **_EXACT,
)
"""What users asked and got no answer to; see `unanswered`."""

answer_feedback = sa.Table(
    "answer_feedback",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("sender_id", sa.String(255), nullable=False, index=True),
    sa.Column("passage_id", sa.String(400), nullable=False, index=True),
    sa.Column("question", Sealed, nullable=False),
    sa.Column("answered_at", _DOUBLE, nullable=False),
    sa.Column("helpful", sa.Boolean, nullable=False),
    sa.Column("given_at", _DOUBLE, nullable=False),
    **_EXACT,
)
"""Whether an answer from the documents helped; see `answer_feedback`."""

encryption_check = sa.Table(
    "encryption_check",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("known", Sealed, nullable=False),
)
"""One row with a known text, in an encrypted database: to tell whether a key fits."""

handovers = sa.Table(
    "handovers",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("sender_id", sa.String(255), nullable=False, index=True),
    sa.Column("open_for", sa.String(255)),
    sa.Column("channel", sa.String(255)),
    sa.Column("reason", sa.String(16), nullable=False),
    sa.Column("asked_at", _DOUBLE, nullable=False),
    sa.Column("taken_at", _DOUBLE),
    sa.Column("taken_by", sa.String(64)),
    sa.Column("held_until", _DOUBLE),
    sa.Column("closed_at", _DOUBLE),
    sa.Column("outcome", sa.String(16)),
    sa.UniqueConstraint("open_for", name="uq_handovers_open_for"),
    **_EXACT,
)
"""Conversations that wait for a person, are with one or were; see the package
`handover`. `open_for` is the user while it is open, then null: one is open at a time.
`held_until`: when the person counts as gone, unless they speak before."""

handover_replies = sa.Table(
    "handover_replies",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("handover_id", sa.Integer, nullable=False),
    sa.Column("sender_id", sa.String(255), nullable=False),
    sa.Column("speaker", sa.String(64)),
    sa.Column("text", Sealed, nullable=False),
    sa.Column("said_at", _DOUBLE, nullable=False),
    sa.Column("claimed_at", _DOUBLE),
    sa.Column("sent_at", _DOUBLE),
    sa.Index("ix_handover_replies_sender_id_sent_at", "sender_id", "sent_at"),
    sa.Index("ix_handover_replies_sent_at", "sent_at"),
    **_EXACT,
)
"""What a person, or without `speaker` the assistant, has to say to a user.
`claimed_at`: when somebody went to say it; `sent_at`: when it was said."""

handover_notices = sa.Table(
    "handover_notices",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("handover_id", sa.Integer, nullable=False, index=True),
    sa.Column("sender_id", sa.String(255), nullable=False, index=True),
    sa.Column("body", Sealed, nullable=False),
    sa.Column("made_at", _DOUBLE, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("due_at", _DOUBLE, nullable=False),
    **_EXACT,
)
"""What another system is yet to be told of handovers, as JSON. `due_at`: when it is
tried next, or, while somebody is at it, when they count as gone."""

channel_notes = sa.Table(
    "channel_notes",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(64), nullable=False, unique=True),
    sa.Column("sender_id", sa.String(255), index=True),
    sa.Column("value", Sealed, nullable=False),
    sa.Column("keep_until", _DOUBLE, nullable=False, index=True),
    **_EXACT,
)
"""What the servers share about messengers until a time, in seconds since the epoch.

`name` is a SHA-256, since some names hold the id of a message or an account;
`sender_id` is of whom it tells, or null.
"""
