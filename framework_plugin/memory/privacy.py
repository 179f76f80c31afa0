"""The keys of `tracker_store` in `endpoints.yml` that protect what users say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from framework_plugin.errors import SettingsError
from framework_plugin.memory.encryption import Cipher

PRIVACY_KEYS = ("masking", "consent", "encryption_key")

_UNFILLED = re.compile(r"\$\{(\w+)\}")


@dataclass(frozen=True)
class PrivacySettings:
    """How what users say is protected.

    Args:
        masking: Whether phone numbers and the like are hidden in what is stored and
            logged.
        consent_required: Whether nothing of a user is stored before they agree.
        encryption_keys: See `Cipher`; the newest first, none to store plain text.
    """

    masking: bool = True
    consent_required: bool = False
    encryption_keys: tuple[str, ...] = field(default=(), repr=False)

    @classmethod
    def from_mapping(cls, options: Mapping[str, Any]) -> PrivacySettings:
        """Settings from the keys of the section, its variables filled in.

        Raises:
            SettingsError: If a value is none that is understood.
        """
        masking = options.get("masking", True)
        if not isinstance(masking, bool):
            raise SettingsError(
                f"'masking' of the tracker store is {masking!r}; expected true or "
                "false, without quotes."
            )
        consent = options.get("consent", "not_required")
        if consent not in ("required", "not_required"):
            raise SettingsError(
                f"'consent' of the tracker store is {consent!r}; expected 'required' "
                "or 'not_required'."
            )
        keys = _keys(options["encryption_key"]) if "encryption_key" in options else ()
        return cls(masking, consent == "required", keys)

    @cached_property
    def cipher(self) -> Cipher | None:
        """Seals and opens with the keys, if there are any.

        Raises:
            SettingsError: If one of them is no key.
        """
        return Cipher(self.encryption_keys) if self.encryption_keys else None


def _keys(value: Any) -> tuple[str, ...]:
    """The keys of a list, or of a text that commas or blanks part."""
    parts = value if isinstance(value, list) else [value]
    if not all(isinstance(part, str) for part in parts):
        raise SettingsError(
            "'encryption_key' of the tracker store is no text; expected a key such as "
            "${MEMORY_KEY}, or several, the newest first."
        )
    unfilled = [match[1] for part in parts for match in _UNFILLED.finditer(part)]
    if unfilled:
        raise SettingsError(
            f"'encryption_key' of the tracker store names the variable {unfilled[0]}, "
            "which is not set; set it, or remove the line to store plain text."
        )
    keys = tuple(key for part in parts for key in re.split(r"[\s,]+", part) if key)
    if not keys:
        raise SettingsError(
            "'encryption_key' of the tracker store is empty; set its variable, or "
            "remove the line to store plain text."
        )
    return keys
