"""The file `handover.yml`: whether, when and how conversations go to a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from framework_plugin.corpus.user_context import FactKind
from framework_plugin.errors import SettingsError
from framework_plugin.handover.hours import ALWAYS, OfficeHours, read_hours
from framework_plugin.handover.webhook_settings import (
    WebhookSettings,
    read_webhook,
)
from framework_plugin.settings_file import read_settings_file

FILE = "handover.yml"

_HOURS = ("hours", "holidays", "extra_days", "time_zone")
_KEYS = (*_HOURS, "idle_minutes", "facts", "entities", "webhook")
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
    return read_settings_file(path, _KEYS, "docs/handover.md", _settings)


def _settings(content: Mapping[str, Any]) -> HandoverSettings:
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
