"""One way to say something about oneself, and what was heard by it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, tzinfo

from framework_plugin.corpus.user_context import FactKind
from framework_plugin.memory import words
from framework_plugin.memory.changes import FactChange, Operation
from framework_plugin.memory.clauses import Clause

TOLD = 0.95
"""Confidence in what is said outright."""

BARE = 0.85
"""Confidence in what is said without a word for oneself."""


@dataclass(frozen=True)
class Moment:
    """When something is said.

    Args:
        today: The day.
        zone: Where days begin and end.
    """

    today: date
    zone: tzinfo


@dataclass(frozen=True)
class Heard:
    """A pattern that matched.

    Args:
        match: Where.
        clause: The clause it matched in.
        moment: When it was said; None where that is not known.
    """

    match: re.Match[str]
    clause: Clause
    moment: Moment | None

    def __getitem__(self, group: str) -> str:
        """A group in normalised form; empty if it took no part."""
        return self.match[group] or ""

    def spelled(self, group: str) -> str | None:
        """A group in the user's own spelling, if it is fit to be kept."""
        start, end = self.match.span(group)
        if start == end:
            return None
        return words.presentable(self.clause.original(start, end))


Tells = Callable[[Heard], Iterable[FactChange]]
"""Reads the changes out of a match; none if its words cannot be meant."""


def anything(value: str) -> bool:
    """Takes any value; `Pattern.tells` judges it."""
    return True


@dataclass(frozen=True)
class Pattern:
    """One way to say a thing.

    Args:
        kind: The kind of fact it tells.
        form: What the clause looks like; `v` is the value, `self` or `self_later` the
            speaker if named.
        fits: Whether a value, in normalised form, can be meant.
        bare: Whether it may open a message without naming the speaker.
        listed: Whether it counts only after something else was told of oneself.
        of_kin: Whether it may follow on what was said of the family.
        operation: What it does, if it is not simply telling.
        many: Whether the value is a list.
        tells: Reads the changes where there is more to it than one value.
    """

    kind: FactKind
    form: re.Pattern[str]
    fits: Callable[[str], bool] = anything
    bare: bool = False
    listed: bool = False
    of_kin: bool = False
    operation: Operation | None = None
    many: bool = False
    tells: Tells | None = None

    def names_speaker(self, match: re.Match[str]) -> bool:
        """Whether a match holds a word for oneself."""
        groups = match.groupdict()
        return any(groups.get(name) is not None for name in ("self", "self_later"))
