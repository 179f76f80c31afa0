"""What users asked to forget, and what of their talk is left without it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from framework_plugin.corpus.dialogue import Speaker, Turn
from framework_plugin.memory.changes import FactChange, Operation
from framework_plugin.memory.clauses import split_clauses
from framework_plugin.memory.extraction import FactExtractor
from framework_plugin.memory.removal import removals
from framework_plugin.memory.statements import StatementReader
from framework_plugin.memory.unsaying import Unsaid, asks_to_unsay

_MAY_FORGET = re.compile("忘|删|刪|别|別|不要|不用|不想|清|抹|保密")


def requested_removals(text: str) -> tuple[FactChange, ...]:
    """What a message asks to forget; nothing for `我不住在成都了`, which corrects."""
    if not _MAY_FORGET.search(text):
        return ()
    found: list[FactChange] = []
    for clause in split_clauses(text):
        found += [] if clause.unreal else removals(clause, _reader())
    return tuple(found)


def without_forgotten(turns: Iterable[Turn]) -> list[Turn]:
    """What a user said, without what they then asked to forget, nor that request.

    Args:
        turns: In their order; those of the assistant are left out.
    """
    kept: list[Turn] = []
    for turn in turns:
        if turn.speaker is not Speaker.USER:
            continue
        if asks_to_unsay(turn.text) is Unsaid.BEFORE:
            del kept[-1:]
        elif asked := requested_removals(turn.text):
            kept = [t for t in kept if not any(_tells(t.text, c) for c in asked)]
        else:
            kept.append(turn)
    return kept


def _tells(text: str, change: FactChange) -> bool:
    """Whether a message tells what a change removes."""
    if change.operation is Operation.CLEAR:
        return True
    if change.value is not None:
        return change.value.casefold() in text.casefold()
    return any(told.kind is change.kind for told in _extractor().changes(text))


@lru_cache(maxsize=1)
def _reader() -> StatementReader:
    return StatementReader()


@lru_cache(maxsize=1)
def _extractor() -> FactExtractor:
    return FactExtractor()
