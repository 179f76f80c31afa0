"""Codes that link the senders of one person: got from one channel, said in another.

A code can be used once, for ten minutes. Only its hash is stored, and a slow one: there
are some 10^12 codes, which a fast one would give away within minutes.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import unicodedata
from dataclasses import dataclass
from enum import Enum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from framework_plugin.memory.identities import Sender, link
from framework_plugin.memory.repository import MemoryRepository
from framework_plugin.memory.tables import link_codes

VALID_SECONDS = 600.0
"""How long a code can be used, and how long a wrong try counts."""

MOST_WRONG = 5
"""Wrong tries of a sender within that time."""

_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ"
_DIGITS = "23456789"
_SIGNS = _LETTERS + _DIGITS
"""Without signs that look like others: 0 and O, 1, I and L."""

_LENGTH = 8
# Somebody who reads the code from a screen may type a look-alike, or any blank.
_TYPED = re.compile(
    r"(?<![A-Za-z0-9])([A-Za-z0-9]{4})[ ‐‑–—_-]?([A-Za-z0-9]{4})(?![A-Za-z0-9])"
)
_HASH: Any = {
    "salt": b"personal-chat link code",
    "n": 2**13,
    "r": 8,
    "p": 1,
    "dklen": 32,
}

_ROW_NOW: Any = (
    sa.select(link_codes)
    .where(link_codes.c.sender_id == sa.bindparam("sender", type_=sa.String))
    .with_for_update()
)
_GIVEN: Any = sa.select(link_codes).where(
    link_codes.c.digest == sa.bindparam("digest", type_=sa.String)
)


class Outcome(str, Enum):
    """What became of a code that was said."""

    LINKED = "linked"
    ALREADY = "already"
    WRONG = "wrong"
    EXPIRED = "expired"
    OWN = "own"
    TOO_MANY = "too_many"


@dataclass(frozen=True)
class _Row:
    """What is stored of a sender.

    Args:
        sender: Who it is.
        digest: Hash of the code they were given; None if there is none to be used.
        expires_at: When that ends, in seconds since the epoch.
        wrong_at: When they said wrong codes.
    """

    sender: Sender
    digest: str | None = None
    expires_at: float | None = None
    wrong_at: tuple[float, ...] = ()


class LinkCodes:
    """Gives codes out and takes them.

    Args:
        repository: The memory.
    """

    def __init__(self, repository: MemoryRepository) -> None:
        self._repository = repository

    def issue(self, sender: Sender, at: float) -> str:
        """A new code for a sender, such as `K7MP-2QXD`; an earlier one is void.

        Args:
            sender: Who asks for it.
            at: Now, in seconds since the epoch.

        Raises:
            MemoryStoreError: If the database cannot be written.
        """
        code = _new_code()
        digest = _digest(code)
        with self._repository.writing() as connection:
            _sweep(connection, at)
            wrong_at = _row(connection, sender, at).wrong_at
            row = _Row(sender, digest, at + VALID_SECONDS, wrong_at)
            _write(connection, row, at)
        return f"{code[:4]}-{code[4:]}"

    def redeem(self, code: str, sender: Sender, at: float) -> Outcome:
        """Links the sender who says a code with the one who was given it.

        Args:
            code: As `find_code` found it.
            sender: Who says it.
            at: Now, in seconds since the epoch.

        Raises:
            MemoryStoreError: If the database cannot be written.
        """
        digest = _digest(code)
        with self._repository.writing() as connection:
            own = _row(connection, sender, at)
            if len(own.wrong_at) >= MOST_WRONG:
                return Outcome.TOO_MANY
            given = connection.execute(_GIVEN, {"digest": digest}).first()
            if given is None:
                wrong_at = (*own.wrong_at, at)
                said = _Row(sender, own.digest, own.expires_at, wrong_at)
                _write(connection, said, at)
                return Outcome.WRONG
            if given.expires_at <= at:
                return Outcome.EXPIRED
            if given.sender_id == sender.sender_id:
                return Outcome.OWN
            return _use(connection, given, sender, at)


def find_code(text: str) -> str | None:
    """The code in a message, without its dash and in capitals; None if there is none.

    Full-width and small letters count, and so do look-alikes of the signs of codes: a
    code that was mistyped is a wrong code, not another message.
    """
    for match in _TYPED.finditer(unicodedata.normalize("NFKC", text)):
        code = (match[1] + match[2]).upper()
        if any(c.isdigit() for c in code) and any(c.isalpha() for c in code):
            return code
    return None


def without_codes(text: str) -> str:
    """A text in which nobody can read a code any more."""
    plain = unicodedata.normalize("NFKC", text)
    return _TYPED.sub("****-****", plain) if find_code(plain) else text


def is_code(text: str) -> bool:
    """Whether a message is a code and nothing else."""
    plain = unicodedata.normalize("NFKC", text).strip()
    return bool(_TYPED.fullmatch(plain) and find_code(plain))


def _new_code() -> str:
    # With a letter and a digit at least, so that it looks like no word or number.
    while True:
        code = "".join(secrets.choice(_SIGNS) for _ in range(_LENGTH))
        if set(code) & set(_DIGITS) and set(code) & set(_LETTERS):
            return code


def _digest(code: str) -> str:
    # The same salt for all: the row is found by it, and no code is used again.
    return hashlib.scrypt(code.encode(), **_HASH).hex()


def _use(connection: Connection, given: Any, sender: Sender, at: float) -> Outcome:
    """Links two senders, unless another transaction used the code meanwhile."""
    used = connection.execute(
        sa.update(link_codes)
        .where(link_codes.c.digest == given.digest)
        .values(digest=None, expires_at=None)
    )
    if not used.rowcount:
        return Outcome.WRONG
    linked = link(connection, Sender(given.sender_id, given.channel), sender, at)
    return Outcome.LINKED if linked else Outcome.ALREADY


def _row(connection: Connection, sender: Sender, at: float) -> _Row:
    """What is stored of a sender, with those wrong tries alone that still count."""
    row = connection.execute(_ROW_NOW, {"sender": sender.sender_id}).first()
    if row is None:
        return _Row(sender)
    recent = tuple(one for one in json.loads(row.wrong_at) if one > at - VALID_SECONDS)
    return _Row(sender, row.digest, row.expires_at, recent)


def _write(connection: Connection, row: _Row, at: float) -> None:
    values = {
        "digest": row.digest,
        "channel": row.sender.channel,
        "expires_at": row.expires_at,
        "wrong_at": json.dumps(row.wrong_at),
        # An expired code is still told from a wrong one for a while.
        "keep_until": at + 2 * VALID_SECONDS,
    }
    changed = connection.execute(
        sa.update(link_codes)
        .where(link_codes.c.sender_id == row.sender.sender_id)
        .values(**values)
    )
    if not changed.rowcount:
        connection.execute(
            sa.insert(link_codes).values(sender_id=row.sender.sender_id, **values)
        )


def _sweep(connection: Connection, at: float) -> None:
    """Removes what is of no use any more."""
    connection.execute(sa.delete(link_codes).where(link_codes.c.keep_until < at))
