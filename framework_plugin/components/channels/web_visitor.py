"""Who a visitor of the chat page is: a random id in a signed cookie.

Nobody becomes another by guessing, since nobody can sign; and no script can read the
cookie. In a frame on another site it is a cookie of its own, which the browser keeps
apart for each such site.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import os
import re
import secrets
from dataclasses import dataclass
from pathlib import Path

from framework_plugin.components.readable_errors import ComponentError

logger = logging.getLogger(__name__)

_BYTES = 16
_KEPT = 400 * 24 * 60 * 60
"""Seconds; browsers keep no cookie for longer. Each visit begins them anew."""
_COOKIE = re.compile(r"1\.([A-Za-z0-9_-]{22})\.([0-9a-f]{64})")
SENDER_PREFIX = "web-"


@dataclass(frozen=True)
class Visitor:
    """Somebody at the page.

    Args:
        id: Random; who knows it can do nothing with it.
        framed: Whether the page is shown in a frame on another site.
    """

    id: str
    framed: bool = False

    @property
    def sender_id(self) -> str:
        """What Rasa calls them."""
        return f"{SENDER_PREFIX}{self.id}"


class VisitorCookies:
    """Makes cookies, and tells visitors by them.

    Args:
        secret: Whoever has it can be every visitor.
    """

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def newcomer(self, *, framed: bool) -> Visitor:
        """Somebody who was never here."""
        return Visitor(secrets.token_urlsafe(_BYTES), framed)

    def name(self, *, framed: bool) -> str:
        """What the cookie is called."""
        return "chat_guest" if framed else "chat_visitor"

    def visitor(self, value: str | None, *, framed: bool) -> Visitor | None:
        """Who sent a cookie; None if we have never made it.

        Args:
            value: Of the cookie, if there is one.
            framed: Whether it came from a page in a frame.
        """
        parts = _COOKIE.fullmatch(value or "")
        if not parts:
            return None
        fits = hmac.compare_digest(parts[2], self._signature(parts[1], framed))
        return Visitor(parts[1], framed) if fits else None

    def header(self, visitor: Visitor, *, path: str, https: bool) -> str:
        """The value of `Set-Cookie`.

        Args:
            visitor: Who gets it.
            path: Below which it is sent.
            https: Whether the visitor came by HTTPS.
        """
        signature = self._signature(visitor.id, visitor.framed)
        value = f"1.{visitor.id}.{signature}"
        return self._header(visitor.framed, value, path, https, _KEPT)

    def removal(self, *, framed: bool, path: str, https: bool) -> str:
        """The value of `Set-Cookie` that takes it away."""
        return self._header(framed, "", path, https, 0)

    def _header(
        self, framed: bool, value: str, path: str, https: bool, seconds: int
    ) -> str:
        name = self.name(framed=framed)
        parts = [f"{name}={value}", f"Path={path}", f"Max-Age={seconds}", "HttpOnly"]
        if framed:
            # Strict cookies are not sent within a frame on another site.
            parts += ["SameSite=None", "Secure", "Partitioned"]
        else:
            parts += ["SameSite=Strict", *(["Secure"] if https else [])]
        return "; ".join(parts)

    def _signature(self, visitor_id: str, framed: bool) -> str:
        text = f"personal-chat web {'framed' if framed else 'own'} 1.{visitor_id}"
        return hmac.new(self._secret, text.encode(), hashlib.sha256).hexdigest()


def secret_of(given: str | None, path: Path) -> bytes:
    """The secret that signs cookies; makes one if none was given and none is kept.

    Args:
        given: From the settings.
        path: Where it is kept otherwise.

    Raises:
        ComponentError: If the file cannot be read or written, or holds no secret.
    """
    if given is not None:
        return given.encode()
    try:
        if not path.exists():
            _make_secret(path)
        secret = path.read_bytes().strip()
    except OSError as error:
        raise ComponentError(
            f"The secret of the chat page cannot be kept in {path}: {error.strerror}. "
            "Expected a file that can be read and written; or give 'secret'."
        ) from error
    if len(secret) < 2 * _BYTES:
        raise ComponentError(
            f"{path} holds no secret of the chat page; expected {4 * _BYTES} signs. "
            "Remove the file: visitors will then be taken for new ones."
        )
    return secret


def _make_secret(path: Path) -> None:
    """Writes a new one, unless another process was faster."""
    path.parent.mkdir(parents=True, exist_ok=True)
    own = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(own, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(2 * _BYTES))
    try:
        os.link(own, path)
    except FileExistsError:
        return
    finally:
        own.unlink()
    logger.info(
        "Made %s, the secret by which visitors of the chat page are told apart. Keep "
        "it: without it all of them are new.",
        path,
    )
