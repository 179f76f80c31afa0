"""The documents of the company in an SQL database, changed a file at a time."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from framework_plugin.errors import DocumentError
from framework_plugin.retrieval import statements as sql
from framework_plugin.retrieval.document import (
    Added,
    Changes,
    Document,
    Draft,
    Outcome,
    Status,
    Terms,
    digest_of,
    document_id,
    path_in,
)
from framework_plugin.retrieval.passages import Passage
from framework_plugin.retrieval.readers.opening import (
    READER_VERSION,
    document_files,
    read_document,
)
from framework_plugin.retrieval.writing import drop_document, put_document

OnFile = Callable[[Outcome, int], None]
"""Is told what became of a file, and how many files there are."""

_ROWS_AT_ONCE = 500


class DocumentRepository:
    """Documents and their passages.

    A file is written in a transaction of its own: what was added stays if the next one
    fails. Several processes may write at once; they wait for one another.

    Args:
        engine: A database that was brought up to date; see `memory.migrations`.
        root: Folder to which paths are relative; the current one when left out.
    """

    def __init__(self, engine: Engine, root: Path | None = None) -> None:
        self._engine = engine
        self._root = (root or Path()).resolve()

    def add(
        self,
        path: Path,
        *,
        at: float,
        valid_from: float | None = None,
        valid_until: float | None = None,
        audience: tuple[str, ...] = (),
        url: str | None = None,
        on_file: OnFile | None = None,
    ) -> Added:
        """Adds a file, or all documents of a folder; what changed replaces the old.

        Unchanged files are not read again. Of a file that cannot be read, what was
        read of it earlier stays. What is left out of the terms stays as it was.

        Args:
            path: The file or folder.
            at: The time, in seconds since the epoch.
            valid_from: From when on it holds, in seconds since the epoch.
            valid_until: From when on it no longer holds.
            audience: Groups of users whom it is for.
            url: Where it is published.
            on_file: Is told of each file as it is done. It may raise, to stop.

        Raises:
            DocumentError: If there is no such path, the terms are impossible, or the
                database cannot be written. Files that cannot be read are outcomes.
        """
        terms = Terms(valid_from, valid_until, audience, url)
        terms.check()
        files, others = _files(path)
        outcomes = []
        for file in files:
            outcomes.append(self._add(file, terms, at))
            if on_file:
                on_file(outcomes[-1], len(files))
        return Added(tuple(outcomes), self._missing(path), others)

    def reindex(self, *, at: float, on_file: OnFile | None = None) -> Added:
        """Reads all documents anew from their files, changed or not.

        Args:
            at: The time, in seconds since the epoch.
            on_file: See `add`.

        Raises:
            DocumentError: If the database cannot be read or written.
        """
        outcomes, missing = [], []
        known = self.documents()
        for document in known:
            file = self._root / document.path
            if not file.is_file():
                missing.append(document.id)
                continue
            outcomes.append(self._add(file, Terms(), at, anew=True))
            if on_file:
                on_file(outcomes[-1], len(known))
        return Added(tuple(outcomes), tuple(missing))

    def remove(self, document: str) -> int:
        """Removes a document with its passages.

        Returns:
            How many passages it had.

        Raises:
            DocumentError: If there is none of that id, or the database fails.
        """
        with self._writing() as connection:
            passages = drop_document(connection, document)
        if passages is None:
            near = difflib.get_close_matches(
                document, [known.id for known in self.documents()], cutoff=0.5
            )
            hint = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
            raise DocumentError(
                f"There is no document '{document}'. Expected an id as 'personal-chat "
                f"documents list' shows it.{hint}"
            )
        return passages

    def documents(self) -> tuple[Document, ...]:
        """All documents, by their ids.

        Raises:
            DocumentError: If the database cannot be read.
        """
        with self._reading() as connection:
            return tuple(map(sql.document_of, connection.execute(sql.DOCUMENTS)))

    def passages(self) -> Iterator[Passage]:
        """All passages, document by document, as a stream.

        An index that shall take up later changes asks for `revision` first, and then
        for the `changes_since`.

        Raises:
            DocumentError: If the database cannot be read.
        """
        with self._reading() as connection:
            streaming = connection.execution_options(
                stream_results=True, max_row_buffer=_ROWS_AT_ONCE
            )
            yield from map(sql.passage_of, streaming.execute(sql.PASSAGES))

    def revision(self) -> int:
        """How often the documents were changed.

        Raises:
            DocumentError: If the database cannot be read.
        """
        with self._reading() as connection:
            return int(connection.execute(sql.REVISION).scalar_one())

    def changes_since(self, revision: int) -> Changes:
        """What an index of a revision must take up to be up to date.

        Raises:
            DocumentError: If the database cannot be read.
        """
        with self._reading() as connection:
            now = int(connection.execute(sql.REVISION).scalar_one())
            whole = revision > now
            # What others commit meanwhile is of a later revision, and comes next time.
            between = {"since": 0 if whole else revision, "until": now}
            rows = connection.execute(sql.PASSAGES_BETWEEN, between).all()
            removed = connection.execute(sql.REMOVED_BETWEEN, between).scalars().all()
        added = [row for row in rows if row.since > between["since"]]
        changed = [row for row in rows if row.since <= between["since"]]
        return Changes(
            now,
            tuple(map(sql.passage_of, added)),
            tuple(map(sql.passage_of, changed)),
            () if whole else tuple(removed),
            whole,
        )

    def _add(self, file: Path, terms: Terms, at: float, anew: bool = False) -> Outcome:
        path = path_in(file, self._root)
        if not _is_utf8(path):
            shown = path.encode(errors="backslashreplace").decode()
            problem = f"{shown}: its name is not in UTF-8; rename the file."
            return Outcome(shown, Status.SKIPPED, problems=(problem,))
        id_ = document_id(path)
        known = self._known(id_)
        if known:
            terms = terms.over(known.terms)
        try:
            terms.check()
            digest = digest_of(_content(file), terms, READER_VERSION)
            if known and known.digest == digest and not anew:
                return Outcome(id_, Status.UNCHANGED, known.passages)
            reading = read_document(file)
        except DocumentError as error:
            kept = known.passages if known else 0
            stays = f" The {kept} passages read earlier stay." if kept else ""
            return Outcome(id_, Status.SKIPPED, 0, (f"{error}{stays}",))
        draft = Draft(id_, path, digest, reading, terms, at)
        with self._writing() as connection:
            status = put_document(connection, draft)
        problems = (*reading.problems, *_never(file.name, draft))
        return Outcome(id_, status, len(reading.pieces), problems)

    def _known(self, document: str) -> Document | None:
        with self._reading() as connection:
            row = connection.execute(sql.DOCUMENT, {"document": document}).one_or_none()
            return sql.document_of(row) if row else None

    def _missing(self, folder: Path) -> tuple[str, ...]:
        """The documents whose files lay in a folder and are gone."""
        if not folder.is_dir():
            return ()
        place = folder.resolve()
        paths = {known.id: self._root / known.path for known in self.documents()}
        return tuple(
            id_
            for id_, path in paths.items()
            if path.is_relative_to(place) and not path.exists()
        )

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with _errors(self._engine, "read"), self._engine.connect() as opened:
            yield opened

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with _errors(self._engine, "write"), self._engine.begin() as opened:
            yield opened


def _files(path: Path) -> tuple[list[Path], dict[str, int]]:
    if path.is_dir():
        return document_files(path)
    if path.is_file():
        return [path], {}
    raise DocumentError(
        f"There is no '{path}'. Expected a document or a folder of documents; check "
        "the path."
    )


def _is_utf8(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise DocumentError(
            f"{file.name}: cannot be read: {error.strerror}. Check that you may read "
            "it."
        ) from error


def _never(name: str, draft: Draft) -> tuple[str, ...]:
    """A sentence on passages that hold at no time, their own and outer terms taken."""
    never = sum(
        passage.valid_from is not None
        and passage.valid_until is not None
        and passage.valid_until <= passage.valid_from
        for _, passage in draft.passages()
    )
    if not never:
        return ()
    return (
        f"{name}: {never} passages never hold, since their own validity and that of "
        "the whole document do not overlap; correct one of them.",
    )


@contextmanager
def _errors(engine: Engine, doing: str) -> Iterator[None]:
    """Turns errors of the database into ours, which name the URL but no password."""
    try:
        yield
    except sa.exc.SQLAlchemyError as error:
        url = engine.url.set(query={}).render_as_string(hide_password=True)
        cause = str(getattr(error, "orig", None) or error).strip()
        raise DocumentError(
            f"Cannot {doing} the documents in the database {url}: {cause}. Check that "
            "it runs and is up to date ('personal-chat memory migrate'), and that "
            "there is space left."
        ) from error
