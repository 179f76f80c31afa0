"""Questions with their answers, read from YAML files.

A file is a mapping with the key `faq` (a list of entries) and, if wanted, `title`,
the name under which its answers are cited:

    title: 发货配送
    faq:
      - id: shipping_time
        question: 下单后多久发货？
        similar: [什么时候发货, 几天能发出来]
        answer: 每天16:00前的订单当天发出，之后的第二天发。
        keywords: [发货]

`similar` and `keywords` may be left out. Rasa ignores such files.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import yaml

from framework_plugin.errors import DocumentError
from framework_plugin.retrieval.decoding import read_text
from framework_plugin.retrieval.passages import Passage

logger = logging.getLogger(__name__)

SUFFIXES = (".yml", ".yaml")
REQUIRED = ("id", "question", "answer")
LISTS = ("similar", "keywords")

# libyaml is ten times as fast; PyYAML installs without it on some machines.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Faq:
    """All entries that could be read, and what was wrong with the others.

    Args:
        entries: In the order of the files' names and of their lines.
        problems: One sentence for each entry or file left out.
    """

    entries: tuple[Passage, ...]
    problems: tuple[str, ...]


Read = tuple[Passage, str] | str
"""An entry with its place, or why it is left out."""


class _Broken(Exception):
    """Why one entry or file is left out."""


def load_faq(path: Path) -> Faq:
    """Reads one file, or all YAML files of a folder and its subfolders.

    A broken entry or file is left out with a warning; the rest is used.

    Args:
        path: A `.yml` or `.yaml` file or a folder; UTF-8 (with or without a byte
            order mark) or GB18030.

    Raises:
        DocumentError: The path does not exist or holds no usable entry.
    """
    faq = collected(path, (read_faq(file) for file in faq_files(path)))
    for problem in faq.problems:
        logger.warning("FAQ entry left out: %s", problem)
    return faq


def collected(path: Path, files: Iterable[Iterable[Read]]) -> Faq:
    """All entries of some files, but for those whose id another has.

    Args:
        path: Where the files are.
        files: What was read of each; see `read_faq`.

    Raises:
        DocumentError: There is no usable entry.
    """
    entries: list[Passage] = []
    problems: list[str] = []
    seen: dict[str, str] = {}
    for item in chain.from_iterable(files):
        if isinstance(item, str):
            problems.append(item)
        elif item[0].id in seen:
            problems.append(
                f"{item[1]}: the id '{item[0].id}' is already taken by"
                f" {seen[item[0].id]}; give each entry an id of its own."
            )
        else:
            seen[item[0].id] = item[1]
            entries.append(item[0])
    if not entries:
        reason = problems[0] if problems else "no file has an entry"
        raise DocumentError(
            f"There is no usable question in '{path}' ({reason}). Expected YAML files"
            " with a list `faq:` of entries with `id`, `question` and `answer`."
        )
    return Faq(tuple(entries), tuple(problems))


def faq_files(path: Path) -> list[Path]:
    """The YAML files of a folder and its subfolders, or the one file.

    Raises:
        DocumentError: There is neither.
    """
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise DocumentError(
            f"There is no FAQ at '{path}'. Expected a YAML file or a folder of them;"
            " set PERSONAL_CHAT_FAQ to where it is."
        )
    return sorted(p for p in path.rglob("*") if p.is_file() and p.suffix in SUFFIXES)


def read_faq(file: Path) -> Iterator[Read]:
    """Yields each entry of one file with its place, or why it is left out."""
    try:
        loader = _Loader(read_text(file))
        title, nodes = _sections(loader, file)
    except (_Broken, DocumentError) as problem:
        yield str(problem)
        return
    except yaml.YAMLError as error:
        yield f"{file.name}: not valid YAML, so the whole file is left out: {error}"
        return
    for number, node in enumerate(nodes, start=1):
        place = f"{file.name}, entry {number} (line {node.start_mark.line + 1})"
        try:
            yield _entry(_construct(loader, node), file.name, title), place
        except _Broken as problem:
            yield f"{place}: {problem}"


def _sections(loader: Any, file: Path) -> tuple[str, list[yaml.Node]]:
    """The title of a file and the nodes of its entries."""
    root = loader.get_single_node()
    if root is None:
        raise _Broken(f"{file.name}: the file is empty.")
    if not isinstance(root, yaml.MappingNode):
        raise _Broken(f"{file.name}: expected a mapping with the key `faq`.")
    title, nodes = file.stem, None
    for key, value in root.value:
        if key.value == "faq" and isinstance(value, yaml.SequenceNode):
            nodes = value.value
        elif key.value == "title" and isinstance(value, yaml.ScalarNode):
            title = value.value.strip() or title
    if nodes is None:
        raise _Broken(f"{file.name}: expected a list of entries under the key `faq`.")
    return title, nodes


def _construct(loader: Any, node: yaml.Node) -> object:
    try:
        return loader.construct_object(node, deep=True)
    except yaml.YAMLError as error:
        raise _Broken(f"cannot be read: {error}") from error


def _entry(raw: object, document: str, title: str) -> Passage:
    if not isinstance(raw, dict):
        raise _Broken(f"expected a mapping with {_named(REQUIRED)}, found {raw!r}.")
    unknown = [key for key in raw if key not in REQUIRED + LISTS]
    if unknown:
        raise _Broken(
            f"unknown key {_named(unknown)}; valid keys: {_named(REQUIRED + LISTS)}."
        )
    id_, question, answer = (_text(raw, key) for key in REQUIRED)
    similar, keywords = (_texts(raw, key) for key in LISTS)
    return Passage(
        id_,
        document,
        title,
        section="",
        text=answer,
        questions=(question, *similar),
        keywords=keywords,
    )


def _text(raw: dict[object, object], key: str) -> str:
    value = raw.get(key)
    if not isinstance(value, str) or not value.strip():
        raise _Broken(f"`{key}` must be a text, found {value!r}.")
    return value.strip()


def _texts(raw: dict[object, object], key: str) -> tuple[str, ...]:
    value = raw.get(key)
    if value is None:
        return ()
    if not isinstance(value, list) or not all(
        isinstance(item, str) and item.strip() for item in value
    ):
        raise _Broken(f"`{key}` must be a list of texts, found {value!r}.")
    return tuple(item.strip() for item in value)


def _named(keys: Iterable[object]) -> str:
    return ", ".join(f"`{key}`" for key in keys)
