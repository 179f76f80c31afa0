"""What a message teaches about the user who wrote it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from framework_plugin.corpus.user_context import FactKind
from framework_plugin.memory import words
from framework_plugin.memory.changes import FactChange, Operation
from framework_plugin.memory.clauses import Clause, split_clauses
from framework_plugin.memory.patterns import CUES, REFUSAL
from framework_plugin.memory.removal import removals
from framework_plugin.memory.statements import (
    StatementReader,
    after_fillers,
    value_of,
)
from framework_plugin.memory.unsaying import Unsaid, asks_to_unsay

_LONGEST_CLAUSE = 120
_OWN_SUBJECT = re.compile(
    "我(?!的?(?:们|家|妈|爸|哥|姐|弟|妹|爷|奶|外|舅|姨|姑|叔|婶|儿子|女儿|孩子|老公|老婆"
    "|男|女|爱人|对象|室友|舍友|朋友|闺蜜|同事|同学|老师|老板|领导|邻居|猫|狗))|本人|俺"
)
_SEX_OR_AGE = re.compile(r"(?:本人|我)?[男女]生?|\d{2}(?:岁|后)?")
_LIST_GOES_ON = re.compile("(?:还有|以及|和)(?P<v>[^我你他她是在有不喜爱讨]{1,6})$")


@dataclass(frozen=True)
class Entity:
    """A span that Rasa's NLU has marked.

    Args:
        type: One of the values of `FactKind`; others are ignored.
        value: What it stands for.
        start: Index of its first character in the message.
        end: Index after its last character.
    """

    type: str
    value: str
    start: int
    end: int


class _Subject(Enum):
    """Of whom the message speaks so far."""

    UNNAMED = auto()
    USER = auto()
    OTHER = auto()


class FactExtractor:
    """Reads facts out of what users write, by patterns of whole statements.

    Precision comes first: a wrong memory is worse than none. A statement counts only
    where the user is its subject and says it as true; questions, suppositions and what
    others say or are teach nothing.
    """

    def __init__(self) -> None:
        self._reader = StatementReader()

    def changes(self, text: str, entities: Sequence[Entity] = ()) -> list[FactChange]:
        """The changes a message makes to the profile, in the order they are said.

        Args:
            text: The message as typed.
            entities: What NLU found in it; used where a statement is there but its
                value is not understood.
        """
        found: list[FactChange] = []
        if asks_to_unsay(text) is Unsaid.THIS:
            return found
        subject = _Subject.UNNAMED
        for clause in split_clauses(text):
            if len(clause.norm) > _LONGEST_CLAUSE or clause.unreal:
                subject = _Subject.OTHER
                continue
            removed = removals(clause, self._reader)
            if removed or clause.asked:
                found += removed
                subject = _Subject.OTHER
                continue
            told, subject = self._told(clause, subject, found)
            found += told + _from_entities(clause, told, entities)
        return _settled(found)

    def _told(
        self, clause: Clause, subject: _Subject, before: Sequence[FactChange]
    ) -> tuple[list[FactChange], _Subject]:
        """The statements of one clause, and of whom the next one speaks."""
        told: list[FactChange] = []
        position = after_fillers(clause.norm, 0)
        if _OWN_SUBJECT.match(clause.norm, position):
            subject = _Subject.USER
        while statement := self._reader.read(
            clause,
            position,
            own=subject is _Subject.USER,
            first=subject is _Subject.UNNAMED,
        ):
            told += statement.changes
            subject = _Subject.USER
            position = after_fillers(clause.norm, statement.end)
        if told or position == len(clause.norm):
            return told, subject
        if _SEX_OR_AGE.fullmatch(clause.norm, position):
            return told, subject
        told = _rest_of_list(clause, before)
        named = _OWN_SUBJECT.match(clause.norm, position)
        return told, subject if told or named else _Subject.OTHER


def _rest_of_list(clause: Clause, before: Sequence[FactChange]) -> list[FactChange]:
    """The end of a list that commas part: `我喜欢猫，还有兔子`."""
    match = _LIST_GOES_ON.match(clause.norm)
    last = before[-1] if before and not clause.opens_sentence else None
    if match is None or last is None or last.kind is None or last.kind.single:
        return []
    value = value_of(clause, *match.span("v"))
    if value is None or not words.is_taste(match["v"]):
        return []
    return [FactChange(last.operation, last.kind, value)]


def _from_entities(
    clause: Clause, told: Iterable[FactChange], entities: Sequence[Entity]
) -> list[FactChange]:
    """Values that NLU marked in a clause whose beginning announces their kind."""
    position = after_fillers(clause.norm, 0)
    known = {change.kind for change in told}
    found = []
    for entity in entities:
        if entity.type not in set(FactKind):
            continue
        kind = FactKind(entity.type)
        cue = CUES[kind].match(clause.norm, position)
        if kind in known or cue is None or REFUSAL.search(clause.norm, position):
            continue
        after_cue = clause.offsets[cue.end()]
        value = words.presentable(entity.value)
        inside = after_cue <= entity.start and entity.end <= clause.offsets[-1]
        if inside and value and words.is_taste(value):
            found.append(FactChange.telling(kind, value))
    return found


def _settled(changes: Sequence[FactChange]) -> list[FactChange]:
    """The changes without repetition, and without removals that a value follows."""
    told = {
        c.kind
        for c in changes
        if c.operation is Operation.SET and c.kind is not None and c.kind.single
    }
    return [
        change
        for change in dict.fromkeys(changes)
        if not (change.operation is Operation.REMOVE and change.kind in told)
    ]
