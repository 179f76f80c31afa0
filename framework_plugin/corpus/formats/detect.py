"""Which reader a file needs, told from its name and its beginning."""

from __future__ import annotations

import logging
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from framework_plugin.corpus.formats import (
    cped,
    crosswoz,
    dailydialog,
    kdconv,
    lccc,
    pairs,
    personachat,
)
from framework_plugin.corpus.formats.files import head_of
from framework_plugin.corpus.formats.record import (
    DialogueRecord,
    Skipped,
)
from framework_plugin.errors import CorpusError

logger = logging.getLogger(__name__)

Read = Callable[[Path, Skipped | None], Iterator[DialogueRecord]]


@dataclass(frozen=True)
class Format:
    """A known form of dialogue file.

    Args:
        name: What it is called.
        expected: How such a file looks, in words.
        fits: Whether a file with this path and beginning is one.
        read: Its reader.
    """

    name: str
    expected: str
    fits: Callable[[Path, str], bool]
    read: Read


_WRITTEN = re.compile(r"^\s*[UBub][:：]", re.MULTILINE)
_OF_LISTS = re.compile(r"\s*\[\s*\[")
_STRING = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_OF_OBJECTS = re.compile(r"\s*\[\s*\{")
_OBJECT = re.compile(r"\s*\{")
_HAN = re.compile(r"[\u3400-\u9fff]")
_ENOUGH = 0.8
_SAMPLE = 200


def _is_lccc(path: Path, head: str) -> bool:
    if ".jsonl" in path.suffixes:
        return head.lstrip().startswith('["')
    # A list of lists of strings only: databases put objects into theirs.
    return _OF_LISTS.match(head) is not None and "{" not in _STRING.sub("", head)


def _is_kdconv(path: Path, head: str) -> bool:
    return _OF_OBJECTS.match(head) is not None and '"messages"' in head


def _is_crosswoz(path: Path, head: str) -> bool:
    marks = ('"messages"', '"final_goal"', '"sys-usr"')
    return _OBJECT.match(head) is not None and any(mark in head for mark in marks)


def _is_cped(path: Path, head: str) -> bool:
    columns = head.split("\n", 1)[0].strip().split(",")
    return {"Dialogue_ID", "Speaker", "Utterance"} <= set(columns)


def _is_dailydialog(path: Path, head: str) -> bool:
    return dailydialog.END_OF_UTTERANCE in head


def _is_personachat(path: Path, head: str) -> bool:
    files = personachat.personachat_files(path)
    return bool(files) and all(file.is_file() for file in files)


def _is_parallel(path: Path, head: str) -> bool:
    found = _two_fields(head)
    across = sum(bool(_HAN.search(a)) != bool(_HAN.search(b)) for a, b in found)
    return bool(found) and across >= _ENOUGH * len(found)


def _is_pairs(path: Path, head: str) -> bool:
    return bool(_two_fields(head))


def _two_fields(head: str) -> list[list[str]]:
    """The tabbed lines at the beginning; none if too few lines are such."""
    lines = [line for line in head.split("\n")[:_SAMPLE] if line.strip()]
    if _WRITTEN.search(head) or not lines:
        return []
    split = [line.split("\t") for line in lines]
    found = [fields for fields in split if len(fields) == 2]
    return found if len(found) >= _ENOUGH * len(lines) else []


FORMATS = (
    Format(
        "PersonaChat",
        personachat.EXPECTED,
        _is_personachat,
        personachat.read_personachat,
    ),
    Format(
        "DailyDialog",
        dailydialog.EXPECTED,
        _is_dailydialog,
        dailydialog.read_dailydialog,
    ),
    Format("CPED", cped.EXPECTED, _is_cped, cped.read_cped),
    Format("KdConv", kdconv.EXPECTED, _is_kdconv, kdconv.read_kdconv),
    Format("CrossWOZ", crosswoz.EXPECTED, _is_crosswoz, crosswoz.read_crosswoz),
    Format("LCCC", lccc.EXPECTED, _is_lccc, lccc.read_lccc),
    Format("translations", pairs.EXPECTED_PARALLEL, _is_parallel, pairs.read_parallel),
    Format("pairs", pairs.EXPECTED_PAIRS, _is_pairs, pairs.read_pairs),
)
"""All known formats; the first that fits is taken."""


def find_format(path: Path) -> Format | None:
    """The format of a file, or None if it is none of `FORMATS`.

    Raises:
        CorpusError: If the file cannot be opened.
    """
    try:
        head = head_of(path)
    except (OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise CorpusError(
            f"'{path}' cannot be read: {error}. Correct `corpus` in config.yml or "
            "create it."
        ) from error
    return next((known for known in FORMATS if known.fits(path, head)), None)


def open_records(
    path: Path, skipped: Skipped | None = None
) -> Iterator[DialogueRecord]:
    """Reads a public dialogue corpus as a stream, whatever its size.

    Args:
        path: A file of one of `FORMATS`, or a folder; of a folder all files below it
            are read whose format is known, in the order of their paths.
        skipped: Gathers what cannot be used; if None, it is logged.

    Raises:
        CorpusError: At once if there is no such file or its format is not known; while
            reading, if a file cannot be read or holds nothing usable.
    """
    if path.is_dir():
        return _open_folder(path, skipped)
    known = find_format(path)
    if known is None:
        raise CorpusError(f"The format of '{path}' is not known. {_known_formats()}")
    return known.read(path, skipped)


def dialogue_files(folder: Path) -> list[tuple[Path, Format]]:
    """The files below a folder whose format is known, each corpus once.

    Files that cannot be opened are left out with a warning.
    """
    found = []
    for file in sorted(f for f in folder.rglob("*") if f.is_file()):
        if personachat.is_read_along(file):
            continue
        try:
            known = find_format(file)
        except CorpusError as error:
            logger.warning("Left out of the corpus: %s", error)
            continue
        if known is not None:
            found.append((file, known))
    return found


def _open_folder(folder: Path, skipped: Skipped | None) -> Iterator[DialogueRecord]:
    found = dialogue_files(folder)
    if not found:
        raise CorpusError(
            f"The folder '{folder}' holds no dialogue file of a known format. "
            f"{_known_formats()}"
        )
    return (record for file, known in found for record in known.read(file, skipped))


def _known_formats() -> str:
    known = "".join(f"\n  {form.name}: {form.expected}" for form in FORMATS)
    return (
        f"Known are{known}\nDialogues written with 'U:' and 'B:' are read by "
        "`read_corpus`; see docs/corpus.md."
    )
