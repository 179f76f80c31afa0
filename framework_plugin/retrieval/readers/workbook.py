"""Tables of questions in Excel files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from framework_plugin.retrieval.readers.library import load_library
from framework_plugin.retrieval.readers.packed import check_packed
from framework_plugin.retrieval.readers.piece import Reading
from framework_plugin.retrieval.readers.table import (
    Entries,
    Line,
    no_table,
    take_table,
)


def read_workbook(file: Path) -> Reading:
    """Reads all sheets of an `.xlsx` file that are shown and hold questions.

    Of formulas the values are read that were last computed.

    Raises:
        DocumentError: If openpyxl is not installed, or no sheet holds questions.
    """
    openpyxl = load_library("openpyxl", file.name)
    check_packed(file)
    entries, found = Entries(), False
    with closing(
        openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
    ) as book:
        for sheet in book.worksheets:
            if sheet.sheet_state != "visible":
                continue
            # What some programs note as the size of a sheet is wrong.
            sheet.reset_dimensions()
            if take_table(_rows(sheet, f"{file.name}, {sheet.title}"), entries):
                found = True
            else:
                entries.problems.append(
                    f"{file.name}, {sheet.title}: no table of questions; left out."
                )
    if not found:
        raise no_table(file.name)
    return Reading("faq", file.stem, tuple(entries.pieces), tuple(entries.problems))


def _rows(sheet: Any, name: str) -> Iterator[Line]:
    for number, cells in enumerate(sheet.iter_rows(), start=1):
        place = f"{name}, row {number}"
        errors = [cell.value for cell in cells if cell.data_type == "e"]
        if errors:
            yield Line(
                place, problem=f"a formula failed ({errors[0]}); correct it in Excel."
            )
        else:
            yield Line(place, [cell.value for cell in cells])
