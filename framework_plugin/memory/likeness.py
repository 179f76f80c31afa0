"""Which facts mean the same, and which cannot both be true."""

from __future__ import annotations

from framework_plugin.corpus.user_context import Fact, FactKind

_OPPOSITE = {FactKind.LIKE: FactKind.DISLIKE, FactKind.DISLIKE: FactKind.LIKE}
_CALLED = "叫"
_NAMED = (FactKind.FAMILY, FactKind.PET)
"""Kinds whose value may go on with a name: `女儿叫朵朵`."""

MARRIED, UNMARRIED, ALONE, DIVORCED = "已婚", "未婚", "单身", "离异"
MARRIAGE = frozenset((MARRIED, UNMARRIED, ALONE, DIVORCED))


def with_name(who: str, name: str) -> str:
    """The value for somebody, or a pet, of that name."""
    return f"{who}{_CALLED}{name}"


def named(value: str) -> tuple[str, str | None]:
    """Who it is, and the name if it is known; the other way round of `with_name`."""
    who, called, name = value.partition(_CALLED)
    return (who, name) if called and name else (value, None)


def same(one: str, other: str) -> bool:
    """Whether two values are one, without regard to case."""
    return one.casefold() == other.casefold()


def gives_way(fact: Fact, told: Fact) -> bool:
    """Whether a known fact cannot stand beside a new one."""
    if fact.kind is not told.kind:
        opposite = _OPPOSITE.get(told.kind)
        return fact.kind is opposite and same(fact.value, told.value)
    if told.kind.single:
        return True
    if same(fact.value, told.value):
        # The same words on another day are another plan.
        return told.kind is not FactKind.PLAN or fact.day == told.day
    if told.kind is FactKind.FAMILY and {fact.value, told.value} <= MARRIAGE:
        return True
    return told.kind in _NAMED and _is_renamed(fact.value, told.value)


def says_as_much(fact: Fact, kind: FactKind, value: str) -> bool:
    """Whether a fact such as `女儿叫朵朵` makes a value such as `女儿` no news."""
    if fact.kind is not kind:
        return False
    return fact.value == value or (kind in _NAMED and named(fact.value)[0] == value)


def is_meant(fact: Fact, kind: FactKind, value: str | None) -> bool:
    """Whether words such as `猫` name a fact such as `猫叫豆包`; None names all."""
    if fact.kind is not kind or value is None:
        return fact.kind is kind
    if same(fact.value, value):
        return True
    if kind is FactKind.PLAN:
        # `面试取消了` calls off `下午去面试`.
        return value.removeprefix("去") in fact.value
    who, name = named(fact.value)
    return kind in _NAMED and (who.endswith(value) or name == value)


def _is_renamed(known: str, told: str) -> bool:
    """Whether a value tells more of the same one: `女儿`, then `女儿叫朵朵`."""
    return named(known)[1] is None and named(told)[0] == known
