"""YAML: questions in the format of `load_faq`, or the responses of a Rasa domain."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from framework_plugin.errors import DocumentError
from framework_plugin.retrieval.decoding import read_text
from framework_plugin.retrieval.faq import read_faq
from framework_plugin.retrieval.readers.entry import checked_key
from framework_plugin.retrieval.readers.piece import Piece, Reading, clean, one_line
from framework_plugin.retrieval.readers.table import Entries

# libyaml is ten times as fast; PyYAML installs without it on some machines.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_UTTER = "utter_"
_SLOT = re.compile(r"\{\w+\}")
_EXAMPLE = re.compile(r"^\s*-\s+(.+?)\s*$", re.MULTILINE)
_ENTITY = re.compile(r"\[([^\]]+)\](?:\([^)]*\)|\{[^}]*\})")


def read_yaml(file: Path) -> Reading:
    """Reads a `.yml` file that has the key `faq` or `responses`.

    Raises:
        DocumentError: If it has neither, or cannot be read.
    """
    text = read_text(file)
    try:
        root = yaml.compose(text, _Loader)
    except yaml.YAMLError as error:
        raise DocumentError(f"{file.name}: not valid YAML: {error}") from error
    pairs = root.value if isinstance(root, yaml.MappingNode) else []
    keys = {key.value: value for key, value in pairs}
    if "faq" in keys:
        return _read_questions(file)
    if "responses" in keys:
        return _read_responses(file, yaml.load(text, _Loader), keys["responses"])
    raise DocumentError(
        f"{file.name}: has neither `faq` nor `responses`; expected questions as in "
        "docs/retrieval.md, or a domain file of Rasa with responses."
    )


def _read_questions(file: Path) -> Reading:
    entries, title = Entries(), file.stem
    for item in read_faq(file):
        if isinstance(item, str):
            entries.problems.append(item)
            continue
        found, place = item
        title = found.title
        try:
            key = checked_key(found.id)
        except DocumentError as error:
            entries.problems.append(f"{place}: {error}")
            continue
        piece = Piece(
            clean(found.text),
            key,
            questions=found.questions,
            keywords=found.keywords,
        )
        entries.add(place, piece)
    return Reading("faq", title, tuple(entries.pieces), tuple(entries.problems))


def _read_responses(file: Path, content: Mapping[str, Any], node: Any) -> Reading:
    """One piece for each response that is text, with the examples of its intent."""
    entries = Entries()
    responses = content["responses"]
    if not isinstance(responses, dict):
        raise DocumentError(
            f"{file.name}: `responses` must hold responses by their names, as in "
            "Rasa's documentation."
        )
    questions = _examples(content.get("nlu"))
    lines = {key.value: key.start_mark.line + 1 for key, _ in node.value}
    for name, variations in responses.items():
        place = f"{file.name}, {name} (line {lines.get(name, '?')})"
        text = _first_text(variations)
        if text is None:
            entries.problems.append(
                f"{place}: no variation that is text for every channel without slots; "
                "left out."
            )
            continue
        asked = questions.get(str(name).removeprefix(_UTTER), ())
        try:
            key = checked_key(str(name))
        except DocumentError as error:
            entries.problems.append(f"{place}: {error}")
            continue
        entries.add(place, Piece(text, key, questions=asked))
    return Reading(
        "responses", file.stem, tuple(entries.pieces), tuple(entries.problems)
    )


def _first_text(variations: object) -> str | None:
    """The first variation that can be shown as it stands, to everyone."""
    for variation in variations if isinstance(variations, list) else ():
        if not isinstance(variation, dict) or {"channel", "condition"} & set(variation):
            continue
        text = clean(str(variation.get("text") or ""))
        if text and not _SLOT.search(text):
            return text
    return None


def _examples(nlu: object) -> dict[str, tuple[str, ...]]:
    """The examples of each intent, without the marks of entities."""
    found: dict[str, tuple[str, ...]] = {}
    for item in nlu if isinstance(nlu, list) else ():
        if isinstance(item, dict) and isinstance(item.get("examples"), str):
            texts = _EXAMPLE.findall(item["examples"])
            plain = (one_line(_ENTITY.sub(r"\1", text)) for text in texts)
            found[str(item.get("intent"))] = tuple(dict.fromkeys(filter(None, plain)))
    return found
