"""Who may speak for which user over REST."""

from __future__ import annotations

import hmac
import logging

import jwt
from sanic.request import Request

from framework_plugin.components.channels.rest_settings import RestSettings
from framework_plugin.components.guarded_routes import Refused

logger = logging.getLogger(__name__)

_ADMIN, _USER = "admin", "user"


class Access:
    """Asks for the token, or for one that is signed, where the settings name a secret.

    Args:
        settings: Of the channel.
    """

    def __init__(self, settings: RestSettings) -> None:
        self._settings = settings

    def owner(self, request: Request) -> str | None:
        """For which user alone a request may speak; None for every user.

        Raises:
            Refused: If it may speak for none.
        """
        settings = self._settings
        if not settings.token and not settings.jwt_secret:
            return None
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        given = given.strip()
        if scheme.lower() == "bearer" and given:
            if settings.token and hmac.compare_digest(
                given.encode(), settings.token.encode()
            ):
                return None
            if settings.jwt_secret:
                return self._owner_of(given)
        raise _refused(request.ip)

    def _owner_of(self, token: str) -> str | None:
        try:
            claims = jwt.decode(
                token,
                self._settings.jwt_secret,
                algorithms=[self._settings.jwt_method],
            )
        except jwt.PyJWTError as error:
            raise _refused(type(error).__name__) from error
        user = claims.get("user")
        user = user if isinstance(user, dict) else {}
        name, role = user.get("username"), user.get("role")
        if role == _ADMIN:
            return None
        if role == _USER and isinstance(name, str) and name:
            return name
        raise Refused(
            403,
            'The token names no user; expected the claim {"user": {"username": "…", '
            '"role": "user"}}.',
        )


def _refused(why: str) -> Refused:
    logger.warning("A message over REST had no valid token: %s", why)
    return Refused(
        401,
        "The token is missing, wrong or too old; send the header 'Authorization: "
        "Bearer <token>'.",
    )
