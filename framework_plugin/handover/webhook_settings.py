"""The key `webhook` of `handover.yml`: whom notices are posted to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from urllib.parse import urlsplit

from framework_plugin.errors import SettingsError

_SHORTEST_SECRET = 16
_LONGEST_FIRST_PAUSE = 60.0
_LONGEST_HOURS = 30 * 24.0


@dataclass(frozen=True)
class WebhookSettings:
    """Who is told.

    Args:
        url: Where notices are posted.
        secret: Signs them; at least 16 characters.
        timeout_seconds: For how long an answer is waited for, each time.
        pause_seconds: Before the second attempt; each further pause is twice as long,
            up to ten minutes.
        give_up_hours: A notice that was not taken for so long is given up.
    """

    url: str
    secret: str = field(repr=False)
    timeout_seconds: float = 5.0
    pause_seconds: float = 1.0
    give_up_hours: float = 24.0


def read_webhook(value: object) -> WebhookSettings | None:
    """The settings of the key `webhook`.

    Raises:
        SettingsError: If something is missing or impossible.
    """
    if value is None:
        return None
    names = [one.name for one in fields(WebhookSettings)]
    if not isinstance(value, Mapping):
        raise SettingsError(f"'webhook' must hold keys: {', '.join(names)}.")
    unknown = sorted(str(key) for key in value if key not in names)
    if unknown:
        raise SettingsError(
            f"Unknown key '{unknown[0]}' in 'webhook'. Valid keys: {', '.join(names)}."
        )
    url, secret = value.get("url"), value.get("secret")
    parts = urlsplit(url) if isinstance(url, str) else urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise SettingsError(
            f"'url' of 'webhook' is {url!r}; expected an address such as "
            "https://desk.example.com/handovers."
        )
    if not isinstance(secret, str) or secret.startswith("${"):
        raise SettingsError(
            "'secret' of 'webhook' is missing. Write secret: ${NAME} and set that "
            "variable; make one with: openssl rand -hex 32"
        )
    if len(secret) < _SHORTEST_SECRET:
        raise SettingsError(
            f"'secret' of 'webhook' has {len(secret)} characters; expected at least "
            f"{_SHORTEST_SECRET}. Make one with: openssl rand -hex 32"
        )
    numbers = {
        name: _number(value[name], name, low, high)
        for name, low, high in (
            ("timeout_seconds", 0.1, 60.0),
            ("pause_seconds", 0.1, _LONGEST_FIRST_PAUSE),
            ("give_up_hours", 0.0, _LONGEST_HOURS),
        )
        if name in value
    }
    return WebhookSettings(str(url), secret, **numbers)


def _number(value: object, name: str, low: float, high: float) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if is_number and low <= float(str(value)) <= high:
        return float(str(value))
    raise SettingsError(
        f"'{name}' of 'webhook' is {value!r}; expected {low:g} to {high:g}."
    )
