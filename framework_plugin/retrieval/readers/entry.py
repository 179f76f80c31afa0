"""One row of a table of questions, checked and made a piece."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, time

from framework_plugin.errors import DocumentError
from framework_plugin.retrieval.dates import begins, checked_validity, ends
from framework_plugin.retrieval.readers.piece import (
    LONGEST_KEY,
    Piece,
    clean,
    one_line,
)

_WORDINGS = re.compile(r"[|｜\n]|\s*；\s*$")
_WORDS = re.compile(r"[|｜\n,，、;；]")
_WEB = re.compile(r"https?://[^\s]+", re.IGNORECASE)

Values = Mapping[str, Sequence[object]]
"""For each field what stands in its columns: text, numbers, dates, lists of texts."""


def entry_piece(values: Values) -> Piece:
    """The piece of one row.

    Raises:
        DocumentError: If it has no question or answer, or an impossible value.
    """
    question, answer = (_required(values, name) for name in ("question", "answer"))
    wordings = dict.fromkeys(
        (one_line(question), *_parts(values, "similar", _WORDINGS))
    )
    begin, end = (
        begins(_single(values, "valid_from")),
        ends(_single(values, "valid_until")),
    )
    checked_validity(begin, end)
    return Piece(
        text=clean(answer),
        key=checked_key(_text(values, "key")),
        section=one_line(_text(values, "section")),
        title=one_line(_text(values, "title")) or None,
        questions=tuple(wordings),
        keywords=_parts(values, "keywords", _WORDS),
        url=checked_url(_text(values, "url")),
        valid_from=begin,
        valid_until=end,
        audience=_parts(values, "audience", _WORDS),
    )


def checked_key(text: str) -> str | None:
    """An entry's own id; None for a blank one.

    Raises:
        DocumentError: If it is too long.
    """
    key = one_line(text)
    if len(key) > LONGEST_KEY:
        raise DocumentError(
            f"the id '{key[:20]}…' has {len(key)} characters; expected at most "
            f"{LONGEST_KEY}."
        )
    return key or None


def checked_url(text: str) -> str | None:
    """An address of the web; None for a blank one.

    Raises:
        DocumentError: If it is something else, such as a script.
    """
    url = text.strip()
    if url and not _WEB.fullmatch(url):
        raise DocumentError(
            f"'{url}' is no address of the web; expected http://… or https://…."
        )
    return url or None


def audience_groups(value: object) -> tuple[str, ...]:
    """The groups of users that a text or a list of texts names."""
    return _parts({"audience": [value]}, "audience", _WORDS)


def cell_text(value: object) -> str:
    """A cell as a person sees it: whole numbers without a point, days without time."""
    if isinstance(value, datetime) and value.time() == time.min:
        return f"{value:%Y-%m-%d}"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value).strip()


def _required(values: Values, name: str) -> str:
    text = _text(values, name)
    if not clean(text):
        raise DocumentError(f"there is no {name}; fill it in, or remove the row.")
    return text


def _text(values: Values, name: str) -> str:
    return cell_text(_single(values, name))


def _single(values: Values, name: str) -> object:
    """What stands in the first column of that name that is not blank."""
    for value in values.get(name, ()):
        if isinstance(value, (list, tuple, dict)):
            raise DocumentError(f"the {name} must be one text, found {value!r}.")
        if cell_text(value):
            return value
    return None


def _parts(values: Values, name: str, mark: re.Pattern[str]) -> tuple[str, ...]:
    found: list[str] = []
    for value in values.get(name, ()):
        if isinstance(value, dict):
            raise DocumentError(f"the {name} must be texts, found {value!r}.")
        for item in value if isinstance(value, (list, tuple)) else [value]:
            found += map(one_line, mark.split(cell_text(item)))
    return tuple(dict.fromkeys(part for part in found if part))
