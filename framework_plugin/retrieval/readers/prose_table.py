"""Tables amid prose: their rows as texts, or the questions that they hold."""

from __future__ import annotations

from collections.abc import Sequence

from framework_plugin.retrieval.readers.columns import fields_of_head
from framework_plugin.retrieval.readers.piece import one_line
from framework_plugin.retrieval.readers.prose import Block, Row
from framework_plugin.retrieval.readers.table import Entries, Line, take_table


def table_blocks(
    rows: Sequence[Sequence[str]], *, has_head: bool, name: str
) -> tuple[list[Block], list[str]]:
    """What a table says.

    Args:
        rows: Its cells.
        has_head: Whether the first row names the columns.
        name: Of the file, for problems.

    Returns:
        Questions, if its columns are called so, else rows as texts; and problems.
    """
    rows = [row for row in rows if any(map(one_line, row))]
    if rows and fields_of_head(rows[0]):
        entries = Entries()
        take_table(_lines(rows, name), entries)
        return list(entries.pieces), entries.problems
    head, body = (rows[0], rows[1:]) if has_head and len(rows) > 1 else ((), rows)
    return [Row(row_text(head, cells)) for cells in body], []


def row_text(head: Sequence[str], cells: Sequence[str]) -> str:
    """A row as a line of text: `重量：100克；价格：58元`.

    Args:
        head: The names of the columns; empty for a table without.
        cells: Of the row; blank ones are left out.
    """
    names = [*map(one_line, head), *[""] * max(0, len(cells) - len(head))]
    parts = [
        f"{name}：{cell}" if name else cell
        for name, cell in zip(names, map(one_line, cells), strict=False)
        if cell
    ]
    return "；".join(parts)


def _lines(rows: Sequence[Sequence[str]], name: str) -> list[Line]:
    return [
        Line(f"{name}, row {number} of a table", cells)
        for number, cells in enumerate(rows, start=1)
    ]
