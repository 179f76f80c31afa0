"""What a message changes in the profile of a user, and how a profile takes it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from framework_plugin.corpus.user_context import Fact, FactKind

_OPPOSITE = {FactKind.LIKE: FactKind.DISLIKE, FactKind.DISLIKE: FactKind.LIKE}


class Operation(str, Enum):
    """What to do with a fact."""

    SET = "set"
    ADD = "add"
    REMOVE = "remove"
    CLEAR = "clear"


@dataclass(frozen=True)
class FactChange:
    """One change to a profile.

    Args:
        operation: What to do.
        kind: The kind of fact concerned; None only with `CLEAR`.
        value: The fact itself; None with `REMOVE` stands for all of the kind.
    """

    operation: Operation
    kind: FactKind | None = None
    value: str | None = None

    @classmethod
    def telling(cls, kind: FactKind, value: str) -> FactChange:
        """The change made by telling a value: it replaces, or joins the others."""
        return cls(Operation.SET if kind.single else Operation.ADD, kind, value)


def apply_changes(
    facts: tuple[Fact, ...], changes: Iterable[FactChange], at: float
) -> tuple[Fact, ...]:
    """The facts after some changes, oldest first.

    A fact told again keeps its place and its time. Values are compared without
    regard to case.

    Args:
        facts: The facts before.
        changes: What was said, in that order.
        at: When it was said, in seconds since the epoch.
    """
    for change in changes:
        facts = _apply(facts, change, at)
    return facts


def _apply(facts: tuple[Fact, ...], change: FactChange, at: float) -> tuple[Fact, ...]:
    kind, value = change.kind, change.value
    if change.operation is Operation.CLEAR:
        return ()
    if kind is None:
        return facts
    if change.operation is Operation.REMOVE:
        return tuple(
            f
            for f in facts
            if f.kind is not kind or (value is not None and not _same(f.value, value))
        )
    if value is None or any(f.kind is kind and f.value == value for f in facts):
        return facts
    kept = tuple(f for f in facts if not _gives_way(f, kind, value))
    return (*kept, Fact(kind, value, at))


def _gives_way(fact: Fact, kind: FactKind, value: str) -> bool:
    """Whether a known fact cannot stand beside a new one."""
    if kind.single:
        return fact.kind is kind
    return fact.kind in (kind, _OPPOSITE[kind]) and _same(fact.value, value)


def _same(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()
