"""Tables of questions in CSV and TSV files."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from framework_plugin.retrieval.decoding import read_text
from framework_plugin.retrieval.readers.piece import Reading
from framework_plugin.retrieval.readers.table import (
    Entries,
    Line,
    no_table,
    take_table,
)

_SEPARATORS = {".tsv": "\t", ".csv": ",;\t"}
"""Spreadsheets of some countries write semicolons, or tabs, into a `.csv`."""


def read_separated(file: Path) -> Reading:
    """Reads a `.csv` or `.tsv` file.

    Raises:
        DocumentError: If it cannot be read or is no table of questions.
    """
    lines = read_text(file).split("\n")
    for separator in _SEPARATORS[file.suffix.lower()]:
        entries = Entries()
        if take_table(_rows(lines, separator, file.name), entries):
            return Reading(
                "faq", file.stem, tuple(entries.pieces), tuple(entries.problems)
            )
    raise no_table(file.name)


def _rows(lines: list[str], separator: str, name: str) -> Iterator[Line]:
    """The rows; behind a broken one it goes on with the line below."""
    start = 0
    while start < len(lines):
        rest = (f"{lines[number]}\n" for number in range(start, len(lines)))
        reader = csv.reader(rest, delimiter=separator, strict=True)
        row = start
        try:
            for cells in reader:
                yield Line(f"{name}, line {row + 1}", cells)
                row = start + reader.line_num
            return
        except csv.Error as error:
            yield Line(
                f"{name}, line {row + 1}",
                problem=f"cannot be read ({error}); check its quotes.",
            )
            start = row + 1
