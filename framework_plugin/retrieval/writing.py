"""Writing the passages of one document, within a transaction that is open."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy.engine import Connection

from framework_plugin.retrieval import statements as sql
from framework_plugin.retrieval.document import Draft, Status
from framework_plugin.retrieval.numbering import with_ids
from framework_plugin.retrieval.passages import Passage


def count_up(connection: Connection) -> int:
    """Begins a change: waits for those of other processes, and gives its revision."""
    connection.execute(sql.COUNT_UP)
    return int(connection.execute(sql.REVISION).scalar_one())


def put_document(connection: Connection, draft: Draft) -> Status:
    """Puts a document, new or changed; only passages that differ are written.

    Args:
        connection: Within a transaction that has written nothing yet.
        draft: The document.

    Returns:
        `ADDED`, `CHANGED`, or `UNCHANGED` if it was there with the same passages.
    """
    revision = count_up(connection)
    document = {"document": draft.id}
    before = connection.execute(sql.DOCUMENT, document).one_or_none()
    rows = connection.execute(sql.PASSAGES_OF, document)
    old = [(row.position, row.since, sql.passage_of(row)) for row in rows]
    last = before.last_number if before else 0
    new, last = with_ids(draft.passages(), [passage for *_, passage in old], last)
    columns = {**sql.document_row(draft, revision), "last_number": last}
    if before is None:
        connection.execute(sql.PUT_DOCUMENT, {"id": draft.id, **columns})
    else:
        connection.execute(sql.CHANGE_DOCUMENT.values(**columns), document)
    differs = _put_passages(connection, new, old, revision)
    if before is None:
        return Status.ADDED
    return Status.CHANGED if differs else Status.UNCHANGED


def drop_document(connection: Connection, document: str) -> int | None:
    """Removes a document and its passages.

    Returns:
        How many passages; None if there is no such document.
    """
    revision = count_up(connection)
    named = {"document": document}
    if connection.execute(sql.DOCUMENT, named).one_or_none() is None:
        return None
    ids = [row.id for row in connection.execute(sql.PASSAGES_OF, named)]
    _note_removed(connection, ids, revision)
    connection.execute(sql.DROP_PASSAGES_OF, named)
    connection.execute(sql.DROP_DOCUMENT, named)
    return len(ids)


def _put_passages(
    connection: Connection,
    new: Sequence[Passage],
    old: Sequence[tuple[int, int, Passage]],
    revision: int,
) -> bool:
    """Writes what differs; whether anything does.

    Args:
        connection: Within a transaction.
        new: The passages in their order.
        old: Position, first revision and content of those before.
        revision: Of this change.
    """
    before = {found[2].id: found for found in old}
    gone = list(before.keys() - {passage.id for passage in new})
    moved: list[dict[str, Any]] = []
    written: list[dict[str, Any]] = []
    came: list[str] = []
    replaced: list[str] = []
    for position, passage in enumerate(new):
        place, since, content = before.get(passage.id, (position, revision, None))
        if passage == content:
            if place != position:
                moved.append({"passage": passage.id, "place": position})
            continue
        (came if content is None else replaced).append(passage.id)
        written.append(sql.passage_row(passage, position, since, revision))
    _each(connection, sql.DROP_PASSAGE, (*gone, *replaced))
    _note_removed(connection, gone, revision)
    _each(connection, sql.BACK_AGAIN, came)
    if written:
        connection.execute(sql.PUT_PASSAGE, written)
    if moved:
        connection.execute(sql.MOVE_PASSAGE, moved)
    return bool(gone or written or moved)


def _note_removed(connection: Connection, ids: Sequence[str], revision: int) -> None:
    if ids:
        rows = [{"id": id_, "revision": revision} for id_ in ids]
        connection.execute(sql.NOTE_REMOVED, rows)


def _each(connection: Connection, statement: Any, ids: Iterable[str]) -> None:
    rows = [{"passage": id_} for id_ in ids]
    if rows:
        connection.execute(statement, rows)
