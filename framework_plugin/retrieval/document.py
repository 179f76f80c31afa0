"""A document in the database, and what became of files that were added."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path

from framework_plugin.retrieval.dates import checked_validity
from framework_plugin.retrieval.passages import Passage
from framework_plugin.retrieval.readers.entry import checked_url
from framework_plugin.retrieval.readers.piece import Piece, Reading
from framework_plugin.retrieval.tables import LONGEST_DOCUMENT_ID

_HASH_LENGTH = 16


@dataclass(frozen=True)
class Terms:
    """What whoever adds a file says of it, for all in it that says nothing itself.

    Args:
        valid_from: From when on it holds, in seconds since the epoch; None for always.
        valid_until: From when on it no longer holds, in seconds since the epoch.
        audience: Groups of users whom it is for; empty for everyone.
        url: Where it is published.
    """

    valid_from: float | None = None
    valid_until: float | None = None
    audience: tuple[str, ...] = ()
    url: str | None = None

    def check(self) -> None:
        """Makes sure that the values are possible.

        Raises:
            DocumentError: If one is not.
        """
        checked_validity(self.valid_from, self.valid_until)
        checked_url(self.url or "")

    def over(self, before: Terms) -> Terms:
        """These terms, and those said before where nothing is said now."""
        return Terms(
            before.valid_from if self.valid_from is None else self.valid_from,
            before.valid_until if self.valid_until is None else self.valid_until,
            self.audience or before.audience,
            self.url or before.url,
        )


@dataclass(frozen=True)
class Document:
    """A file whose passages are in the database.

    Args:
        id: Its path, relative to the root of the project if it lies below.
        path: The same; longer, if the path is too long for an id.
        title: What is cited.
        kind: `faq`, `responses`, `markdown`, `html`, `pdf` or `docx`.
        digest: Of its content, of its terms and of the readers.
        added_at: When it was added or changed last, in seconds since the epoch.
        revision: Of the change.
        passages: How many it has.
        holds_from: When the first of them begins to hold; None if one always did.
        holds_until: When the last of them ceases to hold; None if one never does.
        terms: What whoever added it said of it.
    """

    id: str
    path: str
    title: str
    kind: str
    digest: str
    added_at: float
    revision: int
    passages: int
    holds_from: float | None
    holds_until: float | None
    terms: Terms


@dataclass(frozen=True)
class Draft:
    """A file that was read and is yet to be written; see `Document`.

    Args:
        id: Of the document.
        path: Of the file.
        digest: Of its content, of its terms and of the readers.
        reading: What was read.
        terms: What was said of it.
        at: The time, in seconds since the epoch.
    """

    id: str
    path: str
    digest: str
    reading: Reading
    terms: Terms
    at: float

    def passages(self) -> list[tuple[str | None, Passage]]:
        """The passages, still without ids, each with its own key or None.

        A piece's own word counts before its file's, and that before the terms.
        """
        said = self.reading
        outer = Terms(said.valid_from, said.valid_until, said.audience, said.url)
        outer = outer.over(self.terms)
        return [
            (piece.key, _passage(self.id, said.title, piece, outer))
            for piece in said.pieces
        ]


class Status(str, Enum):
    """What became of a file."""

    ADDED = "added"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Outcome:
    """What became of one file.

    Args:
        document: Its id.
        status: What was done.
        passages: How many passages it now has; 0 if it was skipped.
        problems: One sentence for each thing left out; with `SKIPPED` the reason.
    """

    document: str
    status: Status
    passages: int = 0
    problems: tuple[str, ...] = ()


@dataclass(frozen=True)
class Added:
    """What became of all files.

    Args:
        outcomes: Of each file.
        missing: Ids of documents whose files lay in the folder and are gone. They
            still answer until they are removed.
        others: For each ending that cannot be read, how many files have it.
    """

    outcomes: tuple[Outcome, ...]
    missing: tuple[str, ...] = ()
    others: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Changes:
    """What changed in the passages between two revisions.

    An index that puts `added` and `changed` and drops `removed` is up to date. It may
    know some of `added` already (they were gone in between), and not know some of
    `removed` (they came and went).

    Args:
        revision: The one that these changes lead to.
        added: Passages that are new.
        changed: Passages whose content changed.
        removed: Ids of passages that are gone.
        whole: Whether the database is another one than the revision asked for came
            from, so that `added` is all that there is: an index must begin anew.
    """

    revision: int
    added: tuple[Passage, ...] = ()
    changed: tuple[Passage, ...] = ()
    removed: tuple[str, ...] = ()
    whole: bool = False


def path_in(file: Path, root: Path) -> str:
    """A file's path relative to a folder if it lies below, else absolute."""
    absolute, base = file.resolve(), root.resolve()
    inside = absolute.is_relative_to(base)
    path = absolute.relative_to(base) if inside else absolute
    return unicodedata.normalize("NFC", path.as_posix())


def document_id(path: str) -> str:
    """The id of a document: its path, with its beginning hashed if it is too long."""
    if len(path) <= LONGEST_DOCUMENT_ID:
        return path
    begin = hashlib.sha256(path.encode()).hexdigest()[:_HASH_LENGTH]
    return f"{begin}…{path[_HASH_LENGTH + 1 - LONGEST_DOCUMENT_ID :]}"


def digest_of(content: bytes, terms: Terms, readers: str) -> str:
    """What tells whether a file must be read anew.

    Args:
        content: Of the file.
        terms: What is said of it.
        readers: The version of the readers.
    """
    digest = hashlib.sha256(content)
    said = [terms.valid_from, terms.valid_until, terms.audience, terms.url, readers]
    digest.update(json.dumps(said).encode())
    return digest.hexdigest()


def _passage(document: str, title: str, piece: Piece, outer: Terms) -> Passage:
    own = Terms(piece.valid_from, piece.valid_until, piece.audience, piece.url)
    terms = own.over(outer)
    return replace(
        Passage("", document, piece.title or title, piece.section, piece.text),
        questions=piece.questions,
        keywords=piece.keywords,
        url=terms.url,
        valid_from=terms.valid_from,
        valid_until=terms.valid_until,
        audience=terms.audience,
    )
