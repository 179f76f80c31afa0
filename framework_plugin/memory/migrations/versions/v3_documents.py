"""Documents and what was read from them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "3"
down_revision = "2"

_metadata = sa.MetaData()

# On MySQL a plain FLOAT has four bytes: seconds since the epoch would be minutes off.
_TIMESTAMP = (
    sa.Float()
    .with_variant(mysql.DOUBLE(), "mysql")
    .with_variant(mysql.DOUBLE(), "mariadb")
)
# On MySQL a plain TEXT ends after 64 KiB.
_TEXT = (
    sa.Text()
    .with_variant(mysql.MEDIUMTEXT(), "mysql")
    .with_variant(mysql.MEDIUMTEXT(), "mariadb")
)
# Other collations of MySQL take rare characters, or cases, for one another.
_UTF8: dict[str, Any] = {
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
    "mariadb_charset": "utf8mb4",
    "mariadb_collate": "utf8mb4_bin",
}

documents = sa.Table(
    "documents",
    _metadata,
    sa.Column("id", sa.String(255), primary_key=True),
    sa.Column("path", _TEXT, nullable=False),
    sa.Column("title", _TEXT, nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("added_at", _TIMESTAMP, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("last_number", sa.Integer, nullable=False),
    sa.Column("url", _TEXT),
    sa.Column("valid_from", _TIMESTAMP),
    sa.Column("valid_until", _TIMESTAMP),
    sa.Column("audience", _TEXT, nullable=False),
    **_UTF8,
)

passages = sa.Table(
    "passages",
    _metadata,
    sa.Column("id", sa.String(400), primary_key=True),
    sa.Column(
        "document_id",
        sa.String(255),
        sa.ForeignKey("documents.id", name="fk_passages_document_id"),
        nullable=False,
    ),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("since", sa.Integer, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("title", _TEXT, nullable=False),
    sa.Column("section", _TEXT, nullable=False),
    sa.Column("text", _TEXT, nullable=False),
    sa.Column("questions", _TEXT, nullable=False),
    sa.Column("keywords", _TEXT, nullable=False),
    sa.Column("url", _TEXT),
    sa.Column("valid_from", _TIMESTAMP),
    sa.Column("valid_until", _TIMESTAMP),
    sa.Column("audience", _TEXT, nullable=False),
    sa.Index("ix_passages_document_id_position", "document_id", "position"),
    sa.Index("ix_passages_revision", "revision"),
    **_UTF8,
)

removed_passages = sa.Table(
    "removed_passages",
    _metadata,
    sa.Column("id", sa.String(400), primary_key=True),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Index("ix_removed_passages_revision", "revision"),
    **_UTF8,
)

document_revision = sa.Table(
    "document_revision",
    _metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("revision", sa.Integer, nullable=False),
)


def upgrade() -> None:
    """Makes the tables, or adopts those of a version that made them itself."""
    _metadata.create_all(op.get_bind())
    bind = op.get_bind()
    if bind.execute(sa.select(document_revision.c.id)).first() is None:
        bind.execute(sa.insert(document_revision).values(id=1, revision=0))
