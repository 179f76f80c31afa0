"""By which words a message of a user is found again, and how much it matters."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from importlib import resources
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from framework_plugin.memory.clauses import split_clauses
from framework_plugin.memory.encryption import all_forms, cipher_of
from framework_plugin.memory.tables import turn_terms
from framework_plugin.text.normalise import normalise
from framework_plugin.text.segment import (
    Segmenter,
    SegmenterSettings,
    create_segmenter,
)
from framework_plugin.text.stop_words import load_stop_words

MOST_TERMS = 12
"""Of a message; of a longer one the longest words, which say most."""

STATEMENT, TAUGHT, QUESTION, SMALL_TALK = 100, 130, 70, 60
"""How much a message matters, in percent of a statement."""

_LONGEST_TERM = 32
_LONGEST_TEXT = 500
_SMALL = 6
"""Characters up to which a message without a clause about `我` is small talk."""

_INSERT: Any = sa.insert(turn_terms)
_REMOVE: Any = sa.delete(turn_terms).where(
    turn_terms.c.sender_id == sa.bindparam("user"),
    turn_terms.c.term == sa.bindparam("word"),
    turn_terms.c.event_id == sa.bindparam("event"),
)


def content_terms(text: str) -> tuple[str, ...]:
    """The words that say what a message is about, each once, in their order.

    Long words are given together with the shorter ones inside them, so that `青海湖`
    is found by `青海`.

    Args:
        text: As typed; behind the first 500 characters nothing is read.

    Returns:
        At most `MOST_TERMS` normalised words of at most 32 characters.
    """
    words = _segmenter().norms(text[:_LONGEST_TEXT])
    found = list(dict.fromkeys(word for word in words if _has_content(word)))
    if len(found) > MOST_TERMS:
        longest = sorted(found, key=len, reverse=True)[:MOST_TERMS]
        found = [word for word in found if word in longest]
    return tuple(found)


def importance(text: str, *, taught: bool) -> int:
    """How much a message matters when it is remembered, in percent of a statement.

    Args:
        text: As typed.
        taught: Whether it taught a fact about its user.
    """
    if taught:
        return TAUGHT
    clauses = split_clauses(text[:_LONGEST_TEXT])
    if clauses and all(clause.asked for clause in clauses):
        return QUESTION
    said = sum(len(clause.norm) for clause in clauses)
    if said <= _SMALL and not any("我" in clause.norm for clause in clauses):
        return SMALL_TALK
    return STATEMENT


def write_terms(
    connection: Connection,
    user_id: str,
    event_id: int,
    terms: Sequence[str],
    said_at: float,
    matters: int,
) -> None:
    """Makes a message findable.

    Args:
        connection: In the transaction that wrote the message.
        user_id: Rasa's `sender_id`.
        event_id: The message's row in `events`.
        terms: From `content_terms`; without any there is nothing to find.
        said_at: In seconds since the epoch.
        matters: From `importance`.
    """
    if terms:
        connection.execute(
            _INSERT,
            [
                {
                    "sender_id": user_id,
                    "term": term,
                    "event_id": event_id,
                    "said_at": said_at,
                    "importance": matters,
                }
                for term in terms
            ],
        )


def remove_terms(
    connection: Connection, user_id: str, event_id: int, terms: Sequence[str]
) -> None:
    """Makes a message unfindable, as if nothing had been said."""
    forms = all_forms(cipher_of(connection), terms)
    if forms:
        connection.execute(
            _REMOVE,
            [{"user": user_id, "word": form, "event": event_id} for form in forms],
        )


def _has_content(word: str) -> bool:
    return (
        word not in _light_words()
        and len(word) <= _LONGEST_TERM
        and any(map(str.isalpha, word))
    )


@lru_cache(maxsize=1)
def _light_words() -> frozenset[str]:
    source = resources.files("framework_plugin.memory") / "light_words.txt"
    lines = source.read_text(encoding="utf-8").splitlines()
    listed = (w for line in lines if not line.startswith("#") for w in line.split())
    return frozenset(map(normalise, listed)) | load_stop_words()


@lru_cache(maxsize=1)
def _segmenter() -> Segmenter:
    return create_segmenter(SegmenterSettings(mode="search"))
