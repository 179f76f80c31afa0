"""Encryption at rest: what users said is unreadable without a key.

Columns of the type `Sealed` hold sealed text wherever the engine has a cipher, and
plain text where it has none. Statements do not change, since the type does the work.
A sealed text is `enc1:<key id>:<token>`. The token is a random nonce of 12 bytes and
what AES-256-GCM makes of the text (NIST SP 800-38D), in base64: a quarter of the time
that Fernet takes, and every turn opens a hundred of them. The key id tells a missing
key, which stops everything, from a damaged text, which is skipped like any damaged row.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import os
import re
from base64 import urlsafe_b64decode
from binascii import a2b_base64, b2a_base64
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any, NoReturn

import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy.engine import Connection, Dialect, Engine

from framework_plugin.errors import MemoryStoreError, SettingsError

logger = logging.getLogger(__name__)

_SEALED = re.compile("enc1:([0-9a-f]{8}):(.*)", re.DOTALL)
_NONCE = 12
_AT_DIALECT = "personal_chat_cipher"
_KNOWN_TEXT = "personal-chat"
_NEW_KEY = (
    "Make one with: python -c "
    '"from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"'
)


class Cipher:
    """Seals text with the newest of some keys, and opens what any of them sealed.

    A key is good for four thousand million texts: with more, two of them could share
    their random nonce.

    Args:
        keys: 32 bytes each in URL-safe base64, as `Fernet.generate_key` makes them; the
            newest first, at least one.

    Raises:
        SettingsError: If one of them is no key.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        self._ciphers = {_id_of(key): AESGCM(_bytes_of(key)) for key in keys}
        self.newest = _id_of(keys[0])
        self._digest_keys = [
            hashlib.sha256(f"digest {key}".encode()).digest() for key in keys
        ]

    @property
    def mark(self) -> str:
        """What every text begins with that the newest key sealed."""
        return f"enc1:{self.newest}:"

    def seal(self, text: str) -> str:
        """The text, unreadable; another one each time."""
        nonce = os.urandom(_NONCE)
        token = nonce + self._ciphers[self.newest].encrypt(nonce, text.encode(), None)
        return f"{self.mark}{b2a_base64(token, newline=False).decode()}"

    def open(self, sealed: str) -> str:
        """What was sealed; a text that never was stays as it is.

        Raises:
            MemoryStoreError: If none of the keys is the one it was sealed with.
            ValueError: If it is damaged.
        """
        match = _SEALED.fullmatch(sealed)
        if match is None:
            return sealed
        cipher = self._ciphers.get(match[1])
        if cipher is None:
            _key_is_missing(match[1], self._ciphers)
        try:
            token = a2b_base64(match[2])
            return cipher.decrypt(token[:_NONCE], token[_NONCE:], None).decode()
        except (InvalidTag, ValueError) as error:
            raise ValueError("a sealed text is damaged") from error

    @property
    def older(self) -> range:
        """The older keys, counted from 1."""
        return range(1, len(self._digest_keys))

    def digest(self, *parts: str, key: int = 0) -> str:
        """A fingerprint that tells texts apart and tells nothing of them.

        Args:
            parts: The texts.
            key: With which key, 0 for the newest.
        """
        return hmac.new(self._digest_keys[key], _joined(parts), "sha256").hexdigest()


class Sealed(sa.types.TypeDecorator):  # type: ignore[misc]
    """Text that is sealed on its way into the database, and opened on its way out.

    What is damaged comes out as an empty text, with a warning. SQL cannot compare or
    search it: the same text is sealed differently each time.
    """

    impl = sa.Text
    cache_ok = True

    class Comparator(sa.types.TypeDecorator.Comparator):  # type: ignore[misc]
        """Refuses comparisons, which would silently find nothing."""

        def operate(self, op: Any, *other: Any, **options: Any) -> Any:
            """Allows nothing but tests for null."""
            if op in (sa.sql.operators.is_, sa.sql.operators.is_not):
                return super().operate(op, *other, **options)
            raise TypeError(
                f"'{self.expr}' may be sealed and cannot be used with "
                f"'{op.__name__}' in SQL; compare what it holds in Python."
            )

    comparator_factory = Comparator

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """What is written."""
        if value is None:
            return None
        cipher = _cipher_of(dialect)
        if cipher:
            return cipher.seal(value)
        # Nobody shall be able to say something that looks sealed.
        return f" {value}" if _SEALED.fullmatch(value) else value

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        """What was read."""
        return None if value is None else opened(value, _cipher_of(dialect))


class Keyed(sa.types.TypeDecorator):  # type: ignore[misc]
    """A word that can only be looked up: with a key nobody else can tell what it is.

    What comes out of the database is what stands there; see `keyed`.
    """

    impl = sa.String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """What is written or looked for; the empty word stays empty."""
        if isinstance(value, OlderForm):
            return str(value)
        return keyed(_cipher_of(dialect), value) if value else value


class OlderForm(str):
    """A word as a column of type `Keyed` holds it since before the newest key."""


def keyed(cipher: Cipher | None, word: str) -> str:
    """A word as a column of type `Keyed` holds it: at most 32 characters."""
    return _form(cipher, word, 0) if cipher else word


def older_forms(cipher: Cipher | None, words: Iterable[str]) -> list[dict[str, str]]:
    """How words may stand in a column of type `Keyed` until all is rotated.

    Returns:
        For each older key its forms of the words, to be looked for, with the words.
    """
    older = cipher.older if cipher else ()
    return [
        {OlderForm(_form(cipher, word, key)): word for word in words} for key in older
    ]


def all_forms(cipher: Cipher | None, words: Sequence[str]) -> list[str]:
    """What to look for so that words are found, whichever key they stand under."""
    return [*words, *(form for forms in older_forms(cipher, words) for form in forms)]


def stored_forms(cipher: Cipher | None, word: str) -> list[str]:
    """How a word comes out of a column of type `Keyed`, under whichever key."""
    return [keyed(cipher, word), *all_forms(cipher, [word])[1:]]


def _form(cipher: Cipher | None, word: str, key: int) -> str:
    return f"key:{cipher.digest(word, key=key)[:24]}" if cipher else word


def opened(text: str, cipher: Cipher | None) -> str:
    """What may have been sealed; empty, with a warning, if it is damaged.

    Raises:
        MemoryStoreError: If its key is missing.
    """
    if not text.startswith("enc1:"):
        return text
    try:
        if cipher is None:
            match = _SEALED.fullmatch(text)
            return _key_is_missing(match[1], ()) if match else text
        return cipher.open(text)
    except ValueError:
        logger.warning("A sealed text of the memory is damaged and was left out.")
        return ""


def sealed_by(cipher: Cipher | None, text: str) -> str:
    """The text as it goes into a file: sealed if there is a cipher."""
    return cipher.seal(text) if cipher else text


def encrypt_with(engine: Engine, cipher: Cipher | None) -> None:
    """Gives an engine the keys to what its database holds."""
    setattr(engine.dialect, _AT_DIALECT, cipher)


def cipher_of(connection: Connection) -> Cipher | None:
    """The keys that a connection seals with, if it does."""
    return _cipher_of(connection.dialect)


def fact_digest(context: Any) -> str:
    """Fills the column that keeps a sealed fact from being stored twice.

    Args:
        context: Of the insert, as SQLAlchemy hands it to a default.
    """
    row = context.get_current_parameters()
    parts = (row["user_id"], row["kind"], row["value"])
    return digest_of(_cipher_of(context.dialect), *parts)


def digest_of(cipher: Cipher | None, *parts: str) -> str:
    """A fingerprint: with a key one that cannot be guessed, else a plain one."""
    if cipher:
        return cipher.digest(*parts)
    return hashlib.sha256(_joined(parts)).hexdigest()


def check_key(connection: Connection, table: Any) -> None:
    """Makes sure that the keys fit the database, before anything is read or written.

    The first engine with a cipher leaves a known text, which all later ones must be
    able to open.

    Args:
        connection: In a transaction that may write.
        table: Where the known text is.

    Raises:
        MemoryStoreError: If a key is missing or is not the right one.
    """
    found = connection.execute(sa.select(table.c.known)).scalar()
    if found == "":
        raise MemoryStoreError(
            "The mark of encryption in the memory database is damaged. Restore its "
            f"table '{table.name}' from a backup, or the whole database."
        )
    if found is None and cipher_of(connection):
        # Another process may begin at the same time, and has then done the same.
        with suppress(sa.exc.IntegrityError), connection.begin_nested():
            connection.execute(sa.insert(table).values(id=1, known=_KNOWN_TEXT))


def renew_known_text(connection: Connection, table: Any) -> None:
    """Seals the known text with the newest key."""
    connection.execute(sa.update(table).values(known=_KNOWN_TEXT))


def _cipher_of(dialect: Dialect) -> Cipher | None:
    cipher: Cipher | None = getattr(dialect, _AT_DIALECT, None)
    return cipher


def _bytes_of(key: str) -> bytes:
    try:
        raw = urlsafe_b64decode(key)
    except ValueError:
        raw = b""
    if len(raw) != 32:
        raise SettingsError(
            "A value of 'encryption_key' is no key: expected 32 bytes in URL-safe "
            f"base64. {_NEW_KEY}"
        )
    return raw


def _id_of(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:8]


def _joined(parts: Sequence[str]) -> bytes:
    # Lengths in front, so that no two lists of parts look the same.
    return b"".join(f"{len(part)}:{part}".encode() for part in parts)


def _key_is_missing(wanted: str, given: Any) -> NoReturn:
    have = f"the given ones are {', '.join(given)}" if given else "none is given"
    raise MemoryStoreError(
        f"The memory was encrypted with the key of id {wanted}; {have}. Put the right "
        "key into 'encryption_key' of the tracker store in endpoints.yml, behind the "
        "newer ones if there are any. Nothing was read or changed."
    )
