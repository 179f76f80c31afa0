"""The SQL tables of the documents and of what was read from them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

metadata = sa.MetaData()

LONGEST_DOCUMENT_ID = 255
LONGEST_PASSAGE_ID = 400

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
    metadata,
    sa.Column("id", sa.String(LONGEST_DOCUMENT_ID), primary_key=True),
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
"""Files, with what whoever added them said of them.

`path` is that of the file, relative to the project's root if it lies below; `digest`
that of its content, of what was said of it and of the readers; `added_at`, as the
validity, is in seconds since the epoch; `last_number` is the highest number that one
of its passages ever had; `audience` is a JSON list.
"""

passages = sa.Table(
    "passages",
    metadata,
    sa.Column("id", sa.String(LONGEST_PASSAGE_ID), primary_key=True),
    sa.Column(
        "document_id",
        sa.String(LONGEST_DOCUMENT_ID),
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
"""See `Passage`. `since` is the revision with which it came, `revision` the one that
changed it last; `questions`, `keywords` and `audience` are JSON lists."""

removed_passages = sa.Table(
    "removed_passages",
    metadata,
    sa.Column("id", sa.String(LONGEST_PASSAGE_ID), primary_key=True),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Index("ix_removed_passages_revision", "revision"),
    **_UTF8,
)
"""The ids of passages that are gone, without their texts, for indexes to drop them."""

document_revision = sa.Table(
    "document_revision",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("revision", sa.Integer, nullable=False),
)
"""One row, whose id is 1: how often the documents were changed.

Every change counts it up first. Its row is so the lock that puts writers in line, and
revisions are committed in their order.
"""
