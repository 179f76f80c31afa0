"""Ids for the passages of a document that was read anew."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace

from framework_plugin.retrieval.passages import Passage

MARK = "#"


def with_ids(
    new: Sequence[tuple[str | None, Passage]], old: Sequence[Passage], last: int
) -> tuple[list[Passage], int]:
    """Gives passages their ids: those that they had before, as far as it can be told.

    An entry with an id of its own keeps that. Of the others, one that is unchanged
    keeps its number wherever it now stands; one of the same section and question is
    taken for the changed one; any other gets a number that was never used.

    Args:
        new: The passages of a document, each with its own id or None.
        old: Those that it had before.
        last: The highest number that it ever used.

    Returns:
        The passages in their order, and the highest number used.
    """
    own = {key for key, _ in new if key is not None}
    free = [passage for passage in old if _name(passage) not in own]
    names: list[str | None] = [key for key, _ in new]
    for likeness in (_content, _matter):
        free = _keep(names, new, free, likeness)
    # An own id may look like a number, and may have been inherited by now.
    taken = own.union(map(_name, old))
    found = []
    for name, (_, passage) in zip(names, new, strict=True):
        while name is None:
            last += 1
            name = None if str(last) in taken else str(last)
        found.append(replace(passage, id=f"{passage.document}{MARK}{name}"))
    return found, last


def _keep(
    names: list[str | None],
    new: Sequence[tuple[str | None, Passage]],
    free: Sequence[Passage],
    likeness: Callable[[Passage], Hashable],
) -> list[Passage]:
    """Gives names of old passages to new ones like them; returns the old ones left."""
    alike: dict[Hashable, list[Passage]] = defaultdict(list)
    for passage in reversed(free):
        alike[likeness(passage)].append(passage)
    for place, (_, passage) in enumerate(new):
        candidates = alike.get(likeness(passage))
        if names[place] is None and candidates:
            names[place] = _name(candidates.pop())
    left = {passage.id for rest in alike.values() for passage in rest}
    return [passage for passage in free if passage.id in left]


def _name(passage: Passage) -> str:
    return passage.id[len(passage.document) + len(MARK) :]


def _content(passage: Passage) -> Hashable:
    return replace(passage, id="")


def _matter(passage: Passage) -> Hashable:
    return passage.section, passage.questions[:1]
