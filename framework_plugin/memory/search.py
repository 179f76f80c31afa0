"""Search over all that a user ever said: what matters to the words at hand.

A message is found by the rarest of the words it shares with the question (Spärck Jones
1972, "A statistical interpretation of term specificity"), newest first, and judged by
how much of the question it covers, how much it matters, and how old it is. Three
queries, each answered from an index; none reads more than a few thousand entries,
however long the history is.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from framework_plugin.errors import SettingsError
from framework_plugin.memory.encryption import all_forms, cipher_of, older_forms
from framework_plugin.memory.history import USER, message_text
from framework_plugin.memory.postings import (
    Candidate,
    candidates,
    counted_words,
    shared_terms,
)
from framework_plugin.memory.tables import events, turn_terms
from framework_plugin.memory.terms import content_terms

_DAY = 86_400.0
_AT_ONCE = 500


class TextVectors(Protocol):
    """Vectors of meaning, where the application has some."""

    def vector(self, words: Sequence[str]) -> Sequence[float] | None:
        """What some normalised words mean together; None where none is known."""


@dataclass(frozen=True)
class SearchSettings:
    """What counts how much.

    Args:
        budget: At most so many Chinese characters or words of other languages are
            given back in all.
        most: At most so many messages.
        least: The share of the question's rare words, 0 to 1, below which a message
            has nothing to do with it.
        half_life: Days after which being recent counts half as much.
        lasting: What remains of the score, 0 to 1, however old a message is.
        meaning: The share of the vectors in the score, 0 to 1, where there are any.

    Raises:
        SettingsError: If a value is impossible.
    """

    budget: int = 120
    most: int = 6
    least: float = 0.3
    half_life: float = 30.0
    lasting: float = 0.5
    meaning: float = 0.3

    def __post_init__(self) -> None:
        for name in ("least", "lasting", "meaning"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise SettingsError(
                    f"'{name}' of the search is {getattr(self, name)!r}; expected a "
                    "share from 0 to 1."
                )
        for name in ("budget", "most", "half_life"):
            if not getattr(self, name) > 0:
                raise SettingsError(
                    f"'{name}' of the search is {getattr(self, name)!r}; expected a "
                    "number above 0."
                )


@dataclass(frozen=True)
class Recalled:
    """A message that was found.

    Args:
        event_id: Its row in `events`.
        text: As typed.
        said_at: In seconds since the epoch.
        shared: The words it shares with the question.
        score: How much it matters to the question, above 0.
    """

    event_id: int
    text: str
    said_at: float
    shared: frozenset[str]
    score: float


TEXTS: Any = sa.select(events.c.id, events.c.data).where(
    events.c.sender_id == USER,
    events.c.id.in_(sa.bindparam("ids", expanding=True, type_=sa.Integer)),
)


def search(
    connection: Connection,
    user_id: str,
    text: str,
    at: float,
    settings: SearchSettings,
    *,
    before: float | None = None,
    vectors: TextVectors | None = None,
) -> tuple[Recalled, ...]:
    """What a user said that matters to a text, the best first.

    Args:
        connection: To the database.
        user_id: Rasa's `sender_id`.
        text: The message at hand, or a question about what was said.
        at: The present moment, in seconds since the epoch.
        settings: What counts how much, and how much is given back.
        before: Only messages from before this time, in seconds since the epoch.
        vectors: To weigh meaning beside words. Only messages that share a word are
            found, whatever they mean.

    Returns:
        Of messages with the same words the best one. None where the text names
        nothing, or nothing of the kind was ever said.
    """
    terms = content_terms(text)
    forms = [
        dict(zip(terms, terms, strict=True)),
        *older_forms(cipher_of(connection), terms),
    ]
    meant = vectors.vector(terms) if vectors else None
    asked = _Asked(user_id, at, before, settings, vectors, meant)
    found = (one for words in forms for one in _found(connection, asked, words))
    return within_budget(found, settings)


@dataclass(frozen=True)
class _Asked:
    """What is searched for beside words; see `search`."""

    user_id: str
    at: float
    before: float | None
    settings: SearchSettings
    vectors: TextVectors | None
    meant: Sequence[float] | None


def _found(
    connection: Connection, asked: _Asked, forms: Mapping[str, str]
) -> list[Recalled]:
    """What stands in the index under some forms of words, each given with its word."""
    words = counted_words(connection, asked.user_id, tuple(forms), asked.before)
    if not any(word.count for word in words):
        return []
    at, settings = asked.at, asked.settings
    found = [
        one
        for one in candidates(connection, asked.user_id, words, asked.before)
        if one.covered >= settings.least
    ]
    # Those that cannot come among the best are not read.
    found.sort(key=lambda one: _score(one, at, settings), reverse=True)
    read = found[: settings.most * (4 if asked.meant is not None else 2)]
    texts = _texts(connection, asked.user_id, [one.event_id for one in read])
    return [
        Recalled(
            one.event_id,
            said,
            one.said_at,
            frozenset(forms[term] for term in shared_terms(words, one)),
            _score(one, at, settings, _likeness(asked.vectors, asked.meant, said)),
        )
        for one in read
        if (said := texts.get(one.event_id))
    ]


def said_with(
    connection: Connection, user_id: str, value: str
) -> list[tuple[int, str]]:
    """All messages that can be found and that name something, with their rows.

    Args:
        connection: To the database.
        user_id: Rasa's `sender_id`.
        value: Some words, such as a name; case does not matter.
    """
    terms = all_forms(cipher_of(connection), content_terms(value))
    rows = connection.execute(
        sa.select(turn_terms.c.event_id)
        .where(turn_terms.c.sender_id == user_id, turn_terms.c.term.in_(terms))
        .distinct()
    )
    found = []
    ids = list(rows.scalars())
    for first in range(0, len(ids), _AT_ONCE):
        texts = _texts(connection, user_id, ids[first : first + _AT_ONCE])
        found += [
            (event_id, text)
            for event_id, text in texts.items()
            if value.casefold() in text.casefold()
        ]
    return found


def _texts(connection: Connection, user_id: str, ids: Sequence[int]) -> dict[int, str]:
    """The words of messages; those that are gone or damaged are left out."""
    rows = connection.execute(TEXTS, {"user": user_id, "ids": ids})
    return {row.id: text for row in rows if (text := message_text(row.data))}


def _score(
    one: Candidate, at: float, settings: SearchSettings, likeness: float | None = None
) -> float:
    relevance = one.covered
    if likeness is not None:
        share = settings.meaning
        relevance = (1 - share) * relevance + share * max(likeness, 0.0)
    age = max(at - one.said_at, 0.0) / _DAY
    recent = 0.5 ** (age / settings.half_life)
    # Twice the share of what was asked is worth more than any age or importance.
    relevance *= relevance
    kept: float = settings.lasting + (1 - settings.lasting) * recent
    return relevance * one.importance * kept


def _likeness(
    vectors: TextVectors | None, meant: Sequence[float] | None, text: str
) -> float | None:
    """The cosine of a question and a message; None where one has no vector."""
    other = (
        vectors.vector(content_terms(text)) if vectors and meant is not None else None
    )
    if meant is None or other is None:
        return None
    lengths = math.hypot(*meant) * math.hypot(*other)
    product = sum(a * b for a, b in zip(meant, other, strict=True))
    return product / lengths if lengths else 0.0


def within_budget(
    found: Iterable[Recalled], settings: SearchSettings
) -> tuple[Recalled, ...]:
    """The best that fit, no words twice; a long one gives way to a short one."""
    kept: list[Recalled] = []
    left = settings.budget
    for one in sorted(found, key=lambda one: one.score, reverse=True):
        cost = _length(one.text)
        same = any(one.text == other.text for other in kept)
        if len(kept) < settings.most and cost <= left and not same:
            kept.append(one)
            left -= cost
    return tuple(kept)


def _length(text: str) -> int:
    """Chinese characters and signs, and words of other languages."""
    return sum(1 if word.isascii() else len(word) for word in text.split())
