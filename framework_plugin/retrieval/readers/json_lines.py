"""Tables of questions in JSON lines: an object a line."""

from __future__ import annotations

import json
from pathlib import Path

from framework_plugin.retrieval.decoding import read_text
from framework_plugin.retrieval.readers.columns import field_named
from framework_plugin.retrieval.readers.piece import Reading
from framework_plugin.retrieval.readers.table import Entries


def read_json_lines(file: Path) -> Reading:
    """Reads a `.jsonl` file.

    Raises:
        DocumentError: If it cannot be read.
    """
    entries = Entries()
    for number, line in enumerate(read_text(file).split("\n"), start=1):
        if not line.strip():
            continue
        place = f"{file.name}, line {number}"
        try:
            found = json.loads(line)
        except (ValueError, RecursionError) as error:
            entries.problems.append(f"{place}: no JSON: {error}")
            continue
        if not isinstance(found, dict):
            entries.problems.append(
                f"{place}: expected an object such as "
                '{"question": "…", "answer": "…"}, found '
                f"{type(found).__name__}."
            )
            continue
        values: dict[str, list[object]] = {}
        for name, value in found.items():
            field = field_named(name)
            if field and value is not None:
                values.setdefault(field, []).append(value)
        entries.take(place, values)
    return Reading("faq", file.stem, tuple(entries.pieces), tuple(entries.problems))
