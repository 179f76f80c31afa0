"""The section of `credentials.yml` that switches the chat page on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from framework_plugin.components.guarded_routes import SHORTEST_TOKEN
from framework_plugin.components.readable_errors import ComponentError

PLACE = "credentials.yml under framework_plugin.components.channels.web.WebChat"

_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:\d+)?")
_ADDRESS = re.compile(r"(?:https?://[^\s/]\S*|/(?!/)\S*)")
_MOST_SUGGESTIONS = 6


@dataclass(frozen=True)
class WebSettings:
    """What may be set of the chat page.

    Args:
        title: The name of the assistant, above the conversation.
        subtitle: Below the name; may be empty.
        greeting: What stands in an empty conversation; the page's own by default.
        suggestions: Offered in an empty conversation; a click says them.
        secret: Signs the cookie that tells visitors apart; several servers need the
            same. By default one is made and kept in `secret_file`.
        secret_file: See `secret`.
        origins: Sites that may show the page in a frame, such as
            `https://shop.example`.
        images: Other sites that images in replies may come from.
        privacy: Address of your privacy notice, shown where visitors are asked whether
            they may be remembered; may be empty.
        desk: Whether the page for operators is served too.
        messages_per_minute: Of one visitor.
        visitors_per_minute: New ones from one address.
        longest_message: In characters.
    """

    title: str = "小满"
    subtitle: str = ""
    greeting: str = ""
    suggestions: tuple[str, ...] = ()
    secret: str | None = None
    secret_file: str = "web_chat.secret"
    origins: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    privacy: str = ""
    desk: bool = False
    messages_per_minute: int = 20
    visitors_per_minute: int = 30
    longest_message: int = 1_000

    @classmethod
    def read(cls, credentials: Mapping[str, Any] | None) -> WebSettings:
        """Checks the section.

        Raises:
            ComponentError: If a key is unknown or a value impossible.
        """
        given = dict(credentials or {})
        known = {field.name: field.default for field in fields(cls)}
        if unknown := sorted(set(given) - set(known)):
            raise ComponentError(
                f"Unknown key '{unknown[0]}' in {PLACE}. Valid keys: "
                f"{', '.join(known)}."
            )
        for key, value in given.items():
            given[key] = _checked(key, value, known[key])
        return cls(**given)

    def __post_init__(self) -> None:
        for origin in (*self.origins, *self.images):
            if not _ORIGIN.fullmatch(origin):
                raise ComponentError(
                    f"'{origin}' in {PLACE} is no origin; expected one such as "
                    "https://shop.example, without a path or a slash at its end."
                )
        if self.privacy and not _ADDRESS.fullmatch(self.privacy):
            raise ComponentError(
                f"'privacy' in {PLACE} is '{self.privacy}'; expected an address such "
                "as https://shop.example/privacy or /privacy."
            )
        if len(self.suggestions) > _MOST_SUGGESTIONS:
            raise ComponentError(
                f"There are {len(self.suggestions)} suggestions in {PLACE}; expected "
                f"at most {_MOST_SUGGESTIONS}."
            )
        for name, most in (
            ("messages_per_minute", 1_000),
            ("visitors_per_minute", 10_000),
            ("longest_message", 10_000),
        ):
            if not 1 <= getattr(self, name) <= most:
                raise ComponentError(
                    f"'{name}' in {PLACE} must be between 1 and {most}, not "
                    f"{getattr(self, name)}."
                )
        if self.secret is not None:
            _check_secret(self.secret)

    @property
    def secret_path(self) -> Path:
        """Where a secret is kept that was not given."""
        return Path(self.secret_file)


def _checked(key: str, value: Any, default: Any) -> Any:
    """A value in the type of its default."""
    if isinstance(default, tuple):
        if isinstance(value, list) and all(isinstance(one, str) for one in value):
            return tuple(value)
        expected = "a list of texts"
    elif isinstance(default, bool):
        if isinstance(value, bool):
            return value
        expected = "true or false"
    elif isinstance(default, int):
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        expected = "a whole number"
    elif isinstance(value, str):
        return value
    else:
        expected = "a text"
    raise ComponentError(f"'{key}' in {PLACE} is {value!r}; expected {expected}.")


def _check_secret(secret: str) -> None:
    if secret.startswith("${"):
        raise ComponentError(
            f"The variable {secret} in {PLACE} is not set. Set it, or remove the key "
            "'secret': then one is made."
        )
    if len(secret) < SHORTEST_TOKEN:
        raise ComponentError(
            f"The secret in {PLACE} has {len(secret)} characters; expected at least "
            f"{SHORTEST_TOKEN}. Make one with: openssl rand -hex 32"
        )
