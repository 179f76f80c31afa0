"""The section of `credentials.yml` that switches the guarded REST channel on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from framework_plugin.components.channels.credentials import credentials_of
from framework_plugin.components.guarded_routes import SHORTEST_TOKEN
from framework_plugin.components.readable_errors import ComponentError
from framework_plugin.settings import require_range

MODULE = "framework_plugin.components.channels.rest.GuardedRest"
JWT_METHODS = ("HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "ES256")


@dataclass(frozen=True)
class RestSettings:
    """Who may talk over REST, how often and how much.

    Args:
        token: Who sends it as `Authorization: Bearer …` may speak for every user.
        jwt_secret: Signs the tokens of single users, as those of Rasa's API:
            `{"user": {"username": "<sender>", "role": "user"}}`; the role `admin` may
            speak for every user.
        jwt_method: How they are signed; with RS and ES the secret is a public key.
        messages_per_minute: Of one user; 0 for any number.
        address_messages_per_minute: Of one address; 0 for any number, as for another
            server that speaks for many users.
        longest_message: In characters.
        longest_body: In bytes.
    """

    token: str = field(default="", repr=False)
    jwt_secret: str = field(default="", repr=False)
    jwt_method: str = "HS256"
    messages_per_minute: int = 60
    address_messages_per_minute: int = 600
    longest_message: int = 1_000
    longest_body: int = 16_384

    def __post_init__(self) -> None:
        require_range("messages_per_minute", self.messages_per_minute, 0)
        require_range(
            "address_messages_per_minute", self.address_messages_per_minute, 0
        )
        require_range("longest_message", self.longest_message, 1)
        require_range("longest_body", self.longest_body, 64)
        for name in ("token", "jwt_secret"):
            if 0 < len(getattr(self, name)) < SHORTEST_TOKEN:
                raise ComponentError(
                    f"'{name}' has {len(getattr(self, name))} characters; expected at "
                    f"least {SHORTEST_TOKEN}. Make one with: openssl rand -hex 32"
                )
        if self.jwt_method not in JWT_METHODS:
            raise ComponentError(
                f"'jwt_method' cannot be {self.jwt_method!r}. Valid choices: "
                f"{', '.join(JWT_METHODS)}."
            )

    @classmethod
    def read(cls, credentials: Mapping[str, Any] | None) -> RestSettings:
        """Checks the section.

        Raises:
            ComponentError: If a key is unknown or a value impossible.
        """
        return credentials_of(cls, credentials, MODULE)
