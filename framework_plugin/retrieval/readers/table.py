"""Tables of questions, whatever file they stand in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from framework_plugin.errors import DocumentError
from framework_plugin.retrieval.readers.columns import EXPECTED, KNOWN, fields_of_head
from framework_plugin.retrieval.readers.entry import Values, cell_text, entry_piece
from framework_plugin.retrieval.readers.piece import Piece

HEAD_WITHIN = 10
"""Rows among which the names of the columns are looked for, below a headline."""


@dataclass(frozen=True)
class Line:
    """A row of a table, or why it cannot be read.

    Args:
        place: Where it stands, such as `faq.csv, line 3`.
        cells: What stands in it.
        problem: Why it cannot be read; None if it can.
    """

    place: str
    cells: Sequence[object] = ()
    problem: str | None = None


@dataclass
class Entries:
    """Pieces of one file, and what was wrong with its other rows."""

    pieces: list[Piece] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    _places: dict[str, str] = field(default_factory=dict)

    def take(self, place: str, values: Values) -> None:
        """Takes a row, or notes what is wrong with it."""
        try:
            self.add(place, entry_piece(values))
        except DocumentError as error:
            self.problems.append(f"{place}: {error}")

    def add(self, place: str, piece: Piece) -> None:
        """Adds a piece, or notes that its id is taken."""
        if piece.key is not None:
            first = self._places.setdefault(piece.key, place)
            if first != place:
                self.problems.append(
                    f"{place}: the id '{piece.key}' is already taken by {first}; give "
                    "each row an id of its own."
                )
                return
        self.pieces.append(piece)


def take_table(lines: Iterable[Line], entries: Entries) -> bool:
    """Takes the rows of a table into `entries`.

    A row that holds nothing but other wordings belongs to the question above it.

    Returns:
        Whether it is a table of questions; nothing was taken if not.
    """
    rows = iter(lines)
    head = _head(rows, entries)
    if head is None:
        return False
    pending: tuple[str, dict[str, list[object]]] | None = None
    for line in rows:
        values = _values(line, head, entries)
        if not values:
            continue
        if pending and set(values) == {"similar"}:
            pending[1].setdefault("similar", []).extend(values["similar"])
            continue
        if pending:
            entries.take(*pending)
        pending = (line.place, values)
    if pending:
        entries.take(*pending)
    return True


def no_table(name: str) -> DocumentError:
    """The error for a file without a table of questions."""
    return DocumentError(
        f"{name}: no table of questions; expected the columns {EXPECTED} to be named "
        f"within the first {HEAD_WITHIN} rows. Known columns: {KNOWN}."
    )


def _head(rows: Iterator[Line], entries: Entries) -> list[str | None] | None:
    for line in islice(rows, HEAD_WITHIN):
        head = fields_of_head(line.cells)
        if head is None:
            continue
        names = zip(head, map(cell_text, line.cells), strict=True)
        unknown = [name for known, name in names if known is None and name]
        if unknown:
            entries.problems.append(
                f"{line.place}: the columns {'、'.join(unknown)} are not known and are "
                f"left out; known columns: {KNOWN}."
            )
        return head
    return None


def _values(
    line: Line, head: Sequence[str | None], entries: Entries
) -> dict[str, list[object]]:
    """What stands in the known columns of a row; empty for a blank or broken one."""
    filled = len(line.cells)
    while filled and not cell_text(line.cells[filled - 1]):
        filled -= 1
    problem = line.problem
    if problem is None and filled > len(head):
        problem = (
            f"{filled} cells, but {len(head)} columns; put a text that holds the "
            "separator into quotes."
        )
    if problem is not None:
        entries.problems.append(f"{line.place}: {problem}")
        return {}
    values: dict[str, list[object]] = {}
    for name, cell in zip(head, line.cells, strict=False):
        if name and cell_text(cell):
            values.setdefault(name, []).append(cell)
    return values
