"""Where the lock store finds its Redis: the keys of Rasa's own store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from framework_plugin.components.readable_errors import ComponentError

_PLACE = "'lock_store' in endpoints.yml"


@dataclass(frozen=True)
class LockSettings:
    """The section `lock_store` of `endpoints.yml`.

    Args:
        url: The host of the Redis server.
        port: Its port.
        db: The number of the database in it.
        username: Who logs in, if somebody must.
        password: With it.
        key_prefix: Letters and digits in front of all keys, where other programs use
            the same database.
        socket_timeout: Seconds after which a Redis that is silent is an error.
        use_ssl: Whether to connect over TLS.
        ssl_certfile: The certificate of this client.
        ssl_keyfile: Its key.
        ssl_ca_certs: Certificates of whoever may have signed the server's.

    Raises:
        ComponentError: If a value is impossible.
    """

    url: str = "localhost"
    port: int = 6379
    db: int = 1
    username: str | None = None
    password: str | None = None
    key_prefix: str = ""
    socket_timeout: float = 10.0
    use_ssl: bool = False
    ssl_certfile: str | None = None
    ssl_keyfile: str | None = None
    ssl_ca_certs: str | None = None

    def __post_init__(self) -> None:
        for name, least in (("port", 1), ("db", 0), ("socket_timeout", 0.001)):
            if not getattr(self, name) >= least:
                raise ComponentError(
                    f"'{name}' of {_PLACE} is {getattr(self, name)!r}; expected a "
                    f"number from {least}."
                )
        if self.key_prefix and not self.key_prefix.isalnum():
            raise ComponentError(
                f"'key_prefix' of {_PLACE} is {self.key_prefix!r}; expected letters "
                "and digits alone."
            )

    @classmethod
    def from_keys(cls, keys: Mapping[str, Any]) -> LockSettings:
        """The settings of a section; what is None is as if it were not there.

        Raises:
            ComponentError: If a key is unknown or a value is impossible.
        """
        given = {key: value for key, value in keys.items() if value is not None}
        known = {field.name for field in fields(cls)}
        for key in given.keys() - known:
            raise ComponentError(
                f"Unknown key '{key}' of {_PLACE}. Valid keys: "
                f"{', '.join(sorted(known))}."
            )
        for key, kind in (("port", int), ("db", int), ("socket_timeout", float)):
            try:
                given[key] = kind(given.get(key, getattr(cls, key)))
            except (TypeError, ValueError) as error:
                raise ComponentError(
                    f"'{key}' of {_PLACE} is {given[key]!r}; expected a number."
                ) from error
        return cls(**given)

    @property
    def prefix(self) -> str:
        """What all keys begin with."""
        return f"{self.key_prefix}:lock:" if self.key_prefix else "lock:"

    @property
    def place(self) -> str:
        """Where the server is, for messages."""
        return f"{self.url}:{self.port}"

    def connection(self) -> dict[str, Any]:
        """The arguments of a client of redis-py."""
        given = asdict(self)
        prefix_of_ours = ("url", "use_ssl", "key_prefix")
        others = {k: v for k, v in given.items() if k not in prefix_of_ours}
        return {"host": self.url, "ssl": self.use_ssl, **others}
