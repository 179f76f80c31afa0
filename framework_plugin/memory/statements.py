"""Reading one statement of a user about themselves at a place in a clause."""

from __future__ import annotations

import re
from dataclasses import dataclass

from framework_plugin.corpus.user_context import FactKind
from framework_plugin.memory import words
from framework_plugin.memory.changes import FactChange
from framework_plugin.memory.clauses import Clause
from framework_plugin.memory.patterns import (
    ENGLISH_NAME,
    FILLERS,
    PARTICLES,
    STATEMENTS,
    Heard,
    Moment,
    Pattern,
)
from framework_plugin.memory.patterns.pattern import BARE, TOLD
from framework_plugin.text.segment import create_segmenter

_TRAILING = re.compile(f"{PARTICLES}$")
_JOINTS = frozenset(("、", "和", "跟", "与", "还有", "以及", "及", "或", "或者", "&"))
_EATING = re.compile("(?:[吃喝](?![亏醋苦力惊]))?")
_YEAR_OR_DAY = re.compile(r"^(\d{1,2})[./\-](\d{1,2})$")


@dataclass(frozen=True)
class Statement:
    """A statement that was understood.

    Args:
        kind: What it is about.
        changes: What it does to the profile; never empty.
        end: Where in the clause the next statement may begin.
    """

    kind: FactKind
    changes: tuple[FactChange, ...]
    end: int


def after_fillers(norm: str, position: int) -> int:
    """Where the words begin that follow greetings and the like."""
    match = FILLERS.match(norm, position)
    return match.end() if match else position


class StatementReader:
    """Matches the patterns of statements and checks their values."""

    def __init__(self) -> None:
        self._segmenter = create_segmenter()

    def read(
        self,
        clause: Clause,
        position: int,
        *,
        own: bool,
        first: bool,
        of_kin: bool = False,
        telling: bool = False,
        moment: Moment | None = None,
    ) -> Statement | None:
        """The statement that begins at a position.

        Args:
            clause: The clause to read.
            position: Where to begin, fillers left behind.
            own: Whether the user is known to be the subject.
            first: Whether nobody has been named yet, so that the user may be meant.
            of_kin: Whether the last words were of the user's family.
            telling: Whether something of the user was told before in the message.
            moment: When it is said; without it no relative day is understood.
        """
        for pattern in STATEMENTS:
            match = pattern.form.match(clause.norm, position)
            if match is None:
                continue
            named = pattern.names_speaker(match)
            if pattern.listed and not (own and telling):
                continue
            own_words = named or own or (first and pattern.bare)
            if not own_words and not (of_kin and pattern.of_kin):
                continue
            if pattern.tells is not None:
                changes = tuple(pattern.tells(Heard(match, clause, moment)))
            else:
                changes = self._changes(clause, pattern, match, named)
            if changes:
                return Statement(pattern.kind, changes, match.end())
        return _english_name(clause, position)

    def _changes(
        self, clause: Clause, pattern: Pattern, match: re.Match[str], named: bool
    ) -> tuple[FactChange, ...]:
        spans = [match.span("v")]
        if pattern.many:
            spans = self._members(clause.norm, *spans[0])
        changes = []
        for start, end in spans:
            end = _without_particles(clause.norm, start, end)
            if not pattern.fits(clause.norm[start:end]):
                continue
            value = value_of(clause, start, end)
            if value and pattern.operation:
                changes.append(FactChange(pattern.operation, pattern.kind, value))
            elif value:
                sure = TOLD if named else BARE
                changes.append(FactChange.telling(pattern.kind, value, sure))
        return tuple(changes)

    def _members(self, norm: str, start: int, end: int) -> list[tuple[int, int]]:
        """The members of a list such as `看书、跑步还有做饭`.

        Only whole words part it, so that `温和` stays one, and no list begins with
        `和`: `和朋友打牌` is one activity.
        """
        members: list[tuple[int, int]] = []
        begin = start
        for word in self._segmenter.words(norm[start:end]):
            at = start + word.start
            if word.norm in _JOINTS and at > begin:
                members.append((begin, at))
                begin = start + word.end
        members.append((begin, end))
        return [(_after_eating(norm, first), last) for first, last in members]


def value_of(clause: Clause, start: int, end: int) -> str | None:
    """The value in the user's own spelling, if it is fit to be kept."""
    if start >= end:
        return None
    day = _YEAR_OR_DAY.match(clause.norm[start:end])
    if day:
        return f"{int(day[1])}月{int(day[2])}日"
    return words.presentable(clause.original(start, end))


def _english_name(clause: Clause, position: int) -> Statement | None:
    match = ENGLISH_NAME.match(clause.norm, position)
    name = value_of(clause, *match.span("v")) if match else None
    if match is None or name is None or not all(w[0].isupper() for w in name.split()):
        return None
    change = FactChange.telling(FactKind.NAME, name, TOLD)
    return Statement(FactKind.NAME, (change,), match.end())


def _without_particles(norm: str, start: int, end: int) -> int:
    match = _TRAILING.search(norm[start:end])
    return start + match.start() if match else end


def _after_eating(norm: str, start: int) -> int:
    match = _EATING.match(norm, start)
    return match.end() if match else start
