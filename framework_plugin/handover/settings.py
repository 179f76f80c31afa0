"""The file `handover.yml`: whether, when and how conversations go to a person."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from framework_plugin.corpus.user_context import FactKind
from framework_plugin.errors import SettingsError
from framework_plugin.handover.hours import ALWAYS, OfficeHours, read_hours
from framework_plugin.handover.webhook_settings import (
    WebhookSettings,
    read_webhook,
)

FILE = "handover.yml"

_HOURS = ("hours", "holidays", "extra_days", "time_zone")
_KEYS = (*_HOURS, "idle_minutes", "facts", "entities", "webhook")
_VARIABLE = re.compile(r"\$\{(\w+)\}")
_SHORTEST_IDLE, _LONGEST_IDLE = 1.0, 24 * 60.0


@dataclass(frozen=True)
class HandoverSettings:
    """What `handover.yml` says.

    Args:
        hours: When people are there.
        idle_seconds: For how long a person may be silent before the assistant takes
            over again.
        facts: What the person is told of the user, of what is known.
        entities: Entities of the messages that the person is told, such as the numbers
            of orders.
        webhook: Who is told of new and closed entries; None for nobody.
    """

    hours: OfficeHours = ALWAYS
    idle_seconds: float = 1_800.0
    facts: tuple[FactKind, ...] = (
        *(FactKind.NAME, FactKind.NICKNAME, FactKind.GENDER, FactKind.CITY),
        *(FactKind.LIKE, FactKind.DISLIKE),
    )
    entities: tuple[str, ...] = ("order_number",)
    webhook: WebhookSettings | None = None


def settings_beside(endpoints: Path) -> HandoverSettings | None:
    """The settings of the `handover.yml` beside an `endpoints.yml`.

    Returns:
        None if there is no such file: then there is no queue.

    Raises:
        SettingsError: If it cannot be used.
    """
    path = endpoints.resolve().parent / FILE
    return read_settings(path) if path.is_file() else None


def read_settings(path: Path) -> HandoverSettings:
    """The settings of a file.

    Raises:
        SettingsError: If it cannot be used; the message says why.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise SettingsError(
            f"{path} cannot be read: {error}. Expected YAML with the keys "
            f"{', '.join(_KEYS)}; see docs/handover.md."
        ) from error
    try:
        return _settings(_filled_in({} if content is None else content))
    except SettingsError as error:
        raise SettingsError(f"{path}: {error}") from error


def _settings(content: object) -> HandoverSettings:
    if not isinstance(content, Mapping):
        raise SettingsError(f"Expected keys; valid ones are {', '.join(_KEYS)}.")
    unknown = sorted(str(key) for key in content if key not in _KEYS)
    if unknown:
        raise SettingsError(
            f"Unknown key '{unknown[0]}'. Valid keys: {', '.join(_KEYS)}."
        )
    default = HandoverSettings()
    facts = content.get("facts")
    return HandoverSettings(
        read_hours(content),
        60.0 * _idle_minutes(content.get("idle_minutes")),
        default.facts if facts is None else tuple(map(_fact, _texts(facts, "facts"))),
        _texts(content.get("entities", list(default.entities)), "entities"),
        read_webhook(content.get("webhook")),
    )


def _idle_minutes(value: object) -> float:
    if value is None:
        return HandoverSettings().idle_seconds / 60
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if is_number and _SHORTEST_IDLE <= float(str(value)) <= _LONGEST_IDLE:
        return float(str(value))
    raise SettingsError(
        f"'idle_minutes' is {value!r}; expected {_SHORTEST_IDLE:g} to "
        f"{_LONGEST_IDLE:g} minutes."
    )


def _fact(name: str) -> FactKind:
    try:
        return FactKind(name)
    except ValueError:
        kinds = ", ".join(kind.value for kind in FactKind)
        raise SettingsError(f"'facts' names '{name}'. Valid kinds: {kinds}.") from None


def _texts(value: object, key: str) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise SettingsError(f"'{key}' must be a list of names.")
    return tuple(value)


def _filled_in(value: Any) -> Any:
    """The value with variables `${NAME}` of the environment filled in."""
    if isinstance(value, dict):
        return {key: _filled_in(one) for key, one in value.items()}
    if not isinstance(value, str):
        return value
    return _VARIABLE.sub(lambda found: os.environ.get(found[1], found[0]), value)
