"""The SQL of the documents: statements, built once, and rows made of passages."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from framework_plugin.retrieval.document import Document, Draft, Terms
from framework_plugin.retrieval.passages import Passage
from framework_plugin.retrieval.tables import (
    document_revision,
    documents,
    passages,
    removed_passages,
)

COUNT_UP: Any = sa.update(document_revision).values(
    revision=document_revision.c.revision + 1
)
REVISION: Any = sa.select(document_revision.c.revision)


def _of_passages(name: str, value: Any) -> Any:
    """What is computed of the passages of each document."""
    own = sa.select(value).where(passages.c.document_id == documents.c.id)
    return own.scalar_subquery().label(name)


def _if_all(column: Any, value: Any) -> Any:
    """A value if a column is filled in all rows."""
    return sa.case((sa.func.count(column) == sa.func.count(passages.c.id), value))


DOCUMENTS: Any = sa.select(
    documents,
    _of_passages("passages", sa.func.count(passages.c.id)),
    _of_passages(
        "holds_from",
        _if_all(passages.c.valid_from, sa.func.min(passages.c.valid_from)),
    ),
    _of_passages(
        "holds_until",
        _if_all(passages.c.valid_until, sa.func.max(passages.c.valid_until)),
    ),
).order_by(documents.c.id)
DOCUMENT: Any = DOCUMENTS.where(documents.c.id == sa.bindparam("document"))
PUT_DOCUMENT: Any = sa.insert(documents)
CHANGE_DOCUMENT: Any = sa.update(documents).where(
    documents.c.id == sa.bindparam("document")
)
DROP_DOCUMENT: Any = sa.delete(documents).where(
    documents.c.id == sa.bindparam("document")
)

PASSAGES: Any = sa.select(passages).order_by(
    passages.c.document_id, passages.c.position
)
PASSAGES_OF: Any = PASSAGES.where(passages.c.document_id == sa.bindparam("document"))
PASSAGES_BETWEEN: Any = PASSAGES.where(
    passages.c.revision > sa.bindparam("since"),
    passages.c.revision <= sa.bindparam("until"),
)
PUT_PASSAGE: Any = sa.insert(passages)
MOVE_PASSAGE: Any = (
    sa.update(passages)
    .where(passages.c.id == sa.bindparam("passage"))
    .values(position=sa.bindparam("place"))
)
DROP_PASSAGE: Any = sa.delete(passages).where(passages.c.id == sa.bindparam("passage"))
DROP_PASSAGES_OF: Any = sa.delete(passages).where(
    passages.c.document_id == sa.bindparam("document")
)

REMOVED_BETWEEN: Any = (
    sa.select(removed_passages.c.id)
    .where(
        removed_passages.c.revision > sa.bindparam("since"),
        removed_passages.c.revision <= sa.bindparam("until"),
    )
    .order_by(removed_passages.c.id)
)
NOTE_REMOVED: Any = sa.insert(removed_passages)
BACK_AGAIN: Any = sa.delete(removed_passages).where(
    removed_passages.c.id == sa.bindparam("passage")
)


def passage_row(
    passage: Passage, position: int, since: int, revision: int
) -> dict[str, Any]:
    """The row of a passage."""
    return {
        "id": passage.id,
        "document_id": passage.document,
        "position": position,
        "since": since,
        "revision": revision,
        "title": passage.title,
        "section": passage.section,
        "text": passage.text,
        "questions": _json(passage.questions),
        "keywords": _json(passage.keywords),
        "url": passage.url,
        "valid_from": passage.valid_from,
        "valid_until": passage.valid_until,
        "audience": _json(passage.audience),
    }


def passage_of(row: Any) -> Passage:
    """The passage of a row."""
    return Passage(
        row.id,
        row.document_id,
        row.title,
        row.section,
        row.text,
        tuple(json.loads(row.questions)),
        tuple(json.loads(row.keywords)),
        row.url,
        row.valid_from,
        row.valid_until,
        tuple(json.loads(row.audience)),
    )


def document_row(draft: Draft, revision: int) -> dict[str, Any]:
    """The row of a document, without its id."""
    return {
        "path": draft.path,
        "title": draft.reading.title,
        "kind": draft.reading.kind,
        "digest": draft.digest,
        "added_at": draft.at,
        "revision": revision,
        "url": draft.terms.url,
        "valid_from": draft.terms.valid_from,
        "valid_until": draft.terms.valid_until,
        "audience": _json(draft.terms.audience),
    }


def document_of(row: Any) -> Document:
    """The document of a row."""
    audience = tuple(json.loads(row.audience))
    return Document(
        row.id,
        row.path,
        row.title,
        row.kind,
        row.digest,
        row.added_at,
        row.revision,
        row.passages,
        row.holds_from,
        row.holds_until,
        Terms(row.valid_from, row.valid_until, audience, row.url),
    )


def _json(texts: Iterable[str]) -> str:
    return json.dumps(list(texts), ensure_ascii=False)
