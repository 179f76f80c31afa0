"""What a message changes in the profile of a user, and how a profile takes it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum

from framework_plugin.corpus.user_context import Fact, FactKind
from framework_plugin.memory.likeness import gives_way, is_meant, says_as_much

IMPLIED = 0.6
"""Confidence in what a statement only suggests: a home, by `我是成都人`."""

ESTABLISHED = 0.8
"""Confidence from which a fact is not replaced without asking."""

ASKED_ABOUT = frozenset((FactKind.NAME, FactKind.GENDER, FactKind.BIRTHDAY))
"""Kinds that hardly ever change: to hear another value is a reason to ask."""


class Operation(str, Enum):
    """What to do with a fact."""

    SET = "set"
    ADD = "add"
    END = "end"
    """It is true no longer; that it was is kept."""
    REMOVE = "remove"
    """The user wants it forgotten, its past too."""
    CLEAR = "clear"
    """The user wants everything forgotten."""
    CONFIRM = "confirm"
    """A yes; it counts if something was asked."""
    DENY = "deny"
    """A no, likewise."""


@dataclass(frozen=True)
class Period:
    """Some days in a row.

    Args:
        day: The first, as an ISO date.
        begins: When it begins, in seconds since the epoch.
        ends: When the last one ends, likewise.
    """

    day: str
    begins: float
    ends: float


@dataclass(frozen=True)
class FactChange:
    """One change to a profile.

    Args:
        operation: What to do.
        kind: The kind of fact concerned; None only with `CLEAR`, `CONFIRM` and `DENY`.
        value: The fact itself; None with `REMOVE` stands for all of the kind.
        confidence: How surely the user means it, from 0 to 1.
        corrects: Whether it is known to replace what was said before; otherwise the
            user is asked before an established fact of `ASKED_ABOUT` gives way.
        period: When a plan is to be.
    """

    operation: Operation
    kind: FactKind | None = None
    value: str | None = None
    confidence: float = 1.0
    corrects: bool = True
    period: Period | None = None

    @classmethod
    def telling(
        cls,
        kind: FactKind,
        value: str,
        confidence: float = 1.0,
        *,
        corrects: bool = True,
        period: Period | None = None,
    ) -> FactChange:
        """The change made by telling a value: it replaces, or joins the others."""
        operation = Operation.SET if kind.single else Operation.ADD
        return cls(operation, kind, value, confidence, corrects, period)


@dataclass(frozen=True)
class Book:
    """What is known of a user, and what has become of the rest.

    Args:
        facts: What is true now, oldest first.
        asked: What the user is asked about; see `UserContext`.
        ended: What has just stopped being true.
        erased: What is to be forgotten, the past included: kind and value, where None
            stands for all.
    """

    facts: tuple[Fact, ...] = ()
    asked: Fact | None = None
    ended: tuple[Fact, ...] = ()
    erased: tuple[tuple[FactKind | None, str | None], ...] = ()


def heard(
    book: Book, changes: Iterable[FactChange], at: float, source: str = ""
) -> Book:
    """What is known after a message.

    A fact told again keeps its place and its time. A question stays open for one
    message: what is no answer to it takes it back.

    Args:
        book: What was known before.
        changes: What the message says, in that order; empty if it says nothing.
        at: When it was said, in seconds since the epoch.
        source: The conversation it was said in.
    """
    book = _without_past_plans(book, at)
    asked, book = book.asked, replace(book, asked=None)
    for change in changes:
        book = _taken(book, change, asked, at, source)
    return book


def still_true(facts: Iterable[Fact], at: float) -> tuple[Fact, ...]:
    """The facts without plans whose days are over at a time."""
    return tuple(f for f in facts if f.valid_until is None or f.valid_until >= at)


def _without_past_plans(book: Book, at: float) -> Book:
    kept = still_true(book.facts, at)
    past = tuple(
        replace(f, ended_at=f.valid_until) for f in book.facts if f not in kept
    )
    return replace(book, facts=kept, ended=(*book.ended, *past))


def _taken(
    book: Book, change: FactChange, asked: Fact | None, at: float, source: str
) -> Book:
    kind, value = change.kind, change.value
    if change.operation is Operation.CLEAR:
        return Book(erased=((None, None),))
    if change.operation is Operation.CONFIRM and asked is not None:
        return _told(book, replace(asked, confidence=1.0), at)
    if kind is None:
        return book
    if change.operation in (Operation.REMOVE, Operation.END):
        return _removed(book, change, kind, at)
    if value is None or _is_known(book, kind, value, change):
        return book
    fact = Fact(kind, value, at, change.confidence, source)
    if change.period is not None:
        day, begins, ends = change.period.day, change.period.begins, change.period.ends
        fact = replace(fact, day=day, valid_from=begins, valid_until=ends)
    if asked is not None and (asked.kind, asked.value) == (kind, value):
        # Who says it again has answered the question.
        return _told(book, fact, at)
    held = next((f for f in book.facts if f.kind is kind and kind.single), None)
    if held is not None and change.confidence <= IMPLIED < held.confidence:
        return book
    if held is not None and _must_be_asked(held, change):
        return replace(book, asked=fact)
    return _told(book, fact, at)


def _is_known(book: Book, kind: FactKind, value: str, change: FactChange) -> bool:
    day = change.period.day if change.period else None
    return any(
        says_as_much(f, kind, value)
        and f.day == day
        # What was only suggested is worth being told.
        and not f.confidence <= IMPLIED < change.confidence
        for f in book.facts
    )


def _must_be_asked(held: Fact, change: FactChange) -> bool:
    return (
        held.kind in ASKED_ABOUT
        and not change.corrects
        and held.confidence >= ESTABLISHED
    )


def _told(book: Book, fact: Fact, at: float) -> Book:
    """The book with a fact, and without those that cannot stand beside it."""
    kept = [f for f in book.facts if not gives_way(f, fact)]
    ended = [replace(f, ended_at=at) for f in book.facts if gives_way(f, fact)]
    return replace(book, facts=(*kept, fact), ended=(*book.ended, *ended))


def _removed(book: Book, change: FactChange, kind: FactKind, at: float) -> Book:
    gone = [f for f in book.facts if is_meant(f, kind, change.value)]
    kept = tuple(f for f in book.facts if f not in gone)
    if change.operation is Operation.END:
        ended = [replace(f, ended_at=at) for f in gone]
        return replace(book, facts=kept, ended=(*book.ended, *ended))
    erased = (*book.erased, (kind, change.value))
    just_ended = tuple(f for f in book.ended if not is_meant(f, kind, change.value))
    return replace(book, facts=kept, ended=just_ended, erased=erased)
