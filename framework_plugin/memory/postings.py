"""The index of what users said: which words stand in which messages.

Every statement is answered from the key of `turn_terms`, and none reads more than a few
thousand entries, however long the history is.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from framework_plugin.memory.encryption import Keyed
from framework_plugin.memory.history import USER
from framework_plugin.memory.tables import turn_terms
from framework_plugin.memory.terms import MOST_TERMS

_LISTED, _TESTED = 3, 3
"""Of so many of a question's rarest words the messages are listed; with so many more
those messages are compared."""

_SLOTS = _LISTED + _TESTED

_COUNTED = 500
"""Where counting how often a word was said ends: more often is common."""

_READ = 1000
"""So many entries are read in all; of the first word even if it has more."""

_WEIGHED = 32
"""So many messages are judged, those that cover most of the question."""

_EVER = 1e12
"""Seconds since the epoch that no message reaches."""


@dataclass(frozen=True)
class Candidate:
    """A message that shares words with a question.

    Args:
        event_id: Its row in `events`.
        said_at: In seconds since the epoch.
        importance: How much it matters; 1 for a statement.
        shared: Which of the question's words it shares; see `shared_terms`.
        covered: The share of them in all that the question's words tell, 0 to 1.
    """

    event_id: int
    said_at: float
    importance: float
    shared: int
    covered: float


@dataclass(frozen=True)
class Word:
    """A word of a question, and how often the user said it, up to `_COUNTED`."""

    term: str
    count: int

    @property
    def rarity(self) -> float:
        """How much it tells, above 0.

        A history of less than some hundred messages is weighed as if it had as many: in
        a short one, how often a word came tells little.
        """
        return math.log(1 + _COUNTED / (max(self.count, 1) + 0.5))


def _slot(name: str, number: int, kind: Any) -> Any:
    return sa.bindparam(f"{name}{number}", type_=kind)


def _entries(number: int, length: Any) -> Any:
    """The newest messages with the word in a slot."""
    return (
        sa.select(turn_terms.c.event_id, turn_terms.c.said_at, turn_terms.c.importance)
        .where(
            turn_terms.c.sender_id == USER,
            turn_terms.c.term == _slot("term", number, Keyed),
            turn_terms.c.said_at < sa.bindparam("before", type_=sa.Float),
        )
        .order_by(turn_terms.c.event_id.desc())
        .limit(length)
        .subquery(f"entries{number}")
    )


def _count(number: int) -> Any:
    entries = _entries(number, _COUNTED)
    counted = sa.select(sa.func.count()).select_from(entries).scalar_subquery()
    return counted.label(f"count{number}")


COUNTS: Any = sa.select(*map(_count, range(MOST_TERMS)))
"""How often each word of a question was said, up to `_COUNTED` times."""


def _weighed(number: int, entries: Any) -> Any:
    return sa.select(
        entries.c.event_id,
        entries.c.said_at,
        entries.c.importance,
        _slot("rarity", number, sa.Float).label("rarity"),
        _slot("bit", number, sa.Integer).label("bit"),
    )


def _listed(number: int) -> Any:
    """The newest messages with a word."""
    length = _slot("length", number, sa.Integer)
    return _weighed(number, _entries(number, length))


_LISTS = sa.union_all(*map(_listed, range(_LISTED))).cte("lists")


def _tested(number: int) -> Any:
    """Those of the listed messages that hold another word, however common it is."""
    listed = (
        sa.select(_LISTS.c.event_id, _LISTS.c.said_at, _LISTS.c.importance)
        .distinct()
        .subquery(f"listed{number}")
    )
    other = turn_terms.alias(f"other{number}")
    holds = (
        sa.select(sa.literal(1))
        .where(
            other.c.sender_id == USER,
            other.c.term == _slot("term", number, Keyed),
            other.c.event_id == listed.c.event_id,
        )
        .exists()
    )
    return _weighed(number, listed).where(holds)


def _best(found: Any) -> Any:
    """The messages with most of what the words tell, each once."""
    covered = sa.func.sum(found.c.rarity)
    return (
        sa.select(
            found.c.event_id,
            sa.func.max(found.c.said_at).label("said_at"),
            sa.func.max(found.c.importance).label("importance"),
            covered.label("covered"),
            sa.func.sum(found.c.bit).label("bits"),
        )
        .group_by(found.c.event_id)
        .order_by(
            sa.desc(covered),
            sa.desc(sa.func.max(found.c.importance)),
            found.c.event_id.desc(),
        )
        .limit(_WEIGHED)
    )


BEST: Any = _best(_LISTS)
BEST_TESTED: Any = _best(
    sa.union_all(sa.select(_LISTS), *map(_tested, range(_LISTED, _SLOTS))).subquery(
        "found"
    )
)
"""The best messages, where few words are asked for, and where more or common ones."""


def rarities(
    connection: Connection, sender_ids: Sequence[str], terms: Sequence[str]
) -> dict[str, float]:
    """How much each of some words tells about a person, above 0; see `Word`.

    Args:
        connection: To the database.
        sender_ids: Rasa's, all of the person's.
        terms: At most `MOST_TERMS`, from `content_terms`.
    """
    counts: Counter[str] = Counter()
    for sender_id in sender_ids:
        words = counted_words(connection, sender_id, terms, None)
        counts.update({word.term: word.count for word in words})
    return {term: Word(term, counts[term]).rarity for term in terms}


def counted_words(
    connection: Connection, user_id: str, terms: Sequence[str], before: float | None
) -> list[Word]:
    """The words of a question, the rarest first."""
    if not terms:
        return []
    padded = [*terms, *[""] * (MOST_TERMS - len(terms))]
    asked = {f"term{number}": term for number, term in enumerate(padded)}
    counts = connection.execute(COUNTS, asked | _of(user_id, before)).one()
    # Nothing is said by the empty word.
    words = map(Word, terms, counts[: len(terms)])
    return sorted(words, key=lambda word: word.count)


def candidates(
    connection: Connection,
    user_id: str,
    words: Sequence[Word],
    before: float | None,
) -> list[Candidate]:
    """The messages with most of what a question's words tell, the best first.

    Args:
        connection: To the database.
        user_id: Rasa's `sender_id`.
        words: From `counted_words`; the rarest that were said are looked up.
        before: Only messages from before this time, in seconds since the epoch.
    """
    said = _in_slots(words)
    asked: dict[str, Any] = _of(user_id, before)
    left = _READ
    for number, word in enumerate(said):
        length = min(word.count, left)
        asked[f"term{number}"] = word.term
        asked[f"rarity{number}"] = word.rarity
        asked[f"bit{number}"] = 1 << number
        if number < _LISTED:
            asked[f"length{number}"] = length
            left -= length
    tested = bool(said[_LISTED].term)
    total = sum(word.rarity for word in words)
    return [
        Candidate(
            row.event_id,
            row.said_at,
            row.importance / 100,
            int(row.bits),
            float(row.covered) / total,
        )
        for row in connection.execute(BEST_TESTED if tested else BEST, asked)
    ]


def shared_terms(words: Sequence[Word], one: Candidate) -> frozenset[str]:
    """The words that a candidate shares with a question.

    Args:
        words: As given to `candidates`.
        one: One of those that came back.
    """
    said = enumerate(_in_slots(words))
    return frozenset(word.term for n, word in said if one.shared >> n & 1)


def _in_slots(words: Sequence[Word]) -> list[Word]:
    """The words to look up; an empty one in a slot that is not needed.

    The messages of a common word are not listed, unless all are common: the old ones
    would be left out.
    """
    said = [word for word in words if word.count]
    rare = [word for word in said[1:] if word.count < _COUNTED]
    listed = [*said[:1], *rare[: _LISTED - 1]]
    tested = [word for word in said if word not in listed][:_TESTED]
    empty = Word("", 0)
    listed += [empty] * (_LISTED - len(listed))
    return listed + tested + [empty] * (_TESTED - len(tested))


def _of(user_id: str, before: float | None) -> dict[str, Any]:
    return {"user": user_id, "before": _EVER if before is None else before}
