"""Answers that people gave to gaps, in a file of questions like any other."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from framework_plugin.errors import DocumentError
from framework_plugin.retrieval.decoding import read_text
from framework_plugin.retrieval.faq import read_faq
from framework_plugin.retrieval.passages import Passage

TITLE = "人工答复"
_BEGIN = f"title: {TITLE}\nfaq:\n"
_ENTRY = re.compile(r"^( *)- ", re.MULTILINE)


def add_entry(file: Path, entry: Passage) -> None:
    """Appends a question with its answer to a file, whole or not at all.

    What stands in the file stays as it is, comments too.

    Args:
        file: A file in the format of `faq`; made if it is not there.
        entry: Its `id`, `questions` and `text` are written.

    Raises:
        DocumentError: The file cannot be extended or written, the id is taken, or the
            question or answer is empty.
    """
    _check(entry)
    before = read_text(file) if file.exists() else _BEGIN
    known = _entries(file) if file.exists() else []
    if entry.id in [one.id for one in known]:
        raise DocumentError(
            f"{file.name}: the id '{entry.id}' is already taken. Change that entry in"
            " the file, and run 'personal-chat documents add' on it."
        )
    new = file.with_name(f".{file.stem}.new{file.suffix}")
    text = f"{before.rstrip()}\n{_as_yaml(entry, before)}"
    try:
        new.parent.mkdir(parents=True, exist_ok=True)
        with new.open("w", encoding="utf-8") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        if not _has_grown(known, list(read_faq(new)), entry.id):
            raise DocumentError(
                f"{file.name}: an entry cannot be appended. Expected a YAML file that"
                " ends with its list `faq:`; put the list last, or name another file."
            )
        new.replace(file)
    except OSError as error:
        raise DocumentError(
            f"'{file}' cannot be written ({error.strerror}). Check that you may write"
            " there and that there is space left."
        ) from error
    finally:
        new.unlink(missing_ok=True)


def _check(entry: Passage) -> None:
    for name, text in (("question", entry.name), ("answer", entry.text)):
        if not text.strip():
            raise DocumentError(f"The {name} is empty. Expected a text.")


def _entries(file: Path) -> list[Passage]:
    """The entries of a file.

    Raises:
        DocumentError: One of them, or the whole file, is broken.
    """
    found = []
    for one in read_faq(file):
        if isinstance(one, str):
            raise DocumentError(f"{one} Mend it first: it would not answer.")
        found.append(one[0])
    return found


def _has_grown(
    known: Sequence[Passage], found: Sequence[tuple[Passage, str] | str], id_: str
) -> bool:
    """Whether a file holds what it held, and one entry more."""
    passages = [one[0] for one in found if not isinstance(one, str)]
    texts = [(one.id, one.text) for one in passages[:-1]]
    whole = len(passages) == len(found) and texts == [(p.id, p.text) for p in known]
    return whole and bool(passages) and passages[-1].id == id_


def _as_yaml(entry: Passage, before: str) -> str:
    """The entry as an item of the list, set in as those before it."""
    content: dict[str, Any] = {"id": entry.id, "question": entry.questions[0]}
    if len(entry.questions) > 1:
        content["similar"] = list(entry.questions[1:])
    content["answer"] = entry.text
    text = yaml.safe_dump([content], allow_unicode=True, sort_keys=False, width=10**6)
    items = _ENTRY.search(before)
    indent = items[1] if items else "  "
    return "".join(f"{indent}{line}\n" for line in text.splitlines())
