"""Questions without an answer, and whether answers helped."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "5"
down_revision = "4"

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

_metadata = sa.MetaData()

unanswered_questions = sa.Table(
    "unanswered_questions",
    _metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("sender_id", sa.String(255), nullable=False, index=True),
    sa.Column("question", sa.Text, nullable=False),
    sa.Column("reason", sa.String(16), nullable=False),
    sa.Column("asked_at", _DOUBLE, nullable=False),
    sa.Column("state", sa.String(16), nullable=False, index=True),
    sa.Column("closed_at", _DOUBLE),
    **_EXACT,
)

answer_feedback = sa.Table(
    "answer_feedback",
    _metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("sender_id", sa.String(255), nullable=False, index=True),
    sa.Column("passage_id", sa.String(400), nullable=False, index=True),
    sa.Column("question", sa.Text, nullable=False),
    sa.Column("answered_at", _DOUBLE, nullable=False),
    sa.Column("helpful", sa.Boolean, nullable=False),
    sa.Column("given_at", _DOUBLE, nullable=False),
    **_EXACT,
)


def upgrade() -> None:
    """Makes the tables."""
    _metadata.create_all(op.get_bind())
