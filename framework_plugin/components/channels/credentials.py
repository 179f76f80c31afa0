"""Sections of `credentials.yml`, checked once."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from framework_plugin.components.readable_errors import (
    ComponentError,
    readable_errors,
)
from framework_plugin.settings import settings_from

Settings = TypeVar("Settings")


def credentials_of(
    cls: type[Settings], given: Mapping[str, Any] | None, channel: str
) -> Settings:
    """The settings of a channel.

    Args:
        cls: A frozen dataclass; a field whose default is an empty text and whose
            metadata has `needed` must be given.
        given: The section.
        channel: The module path that it stands under, for messages.

    Raises:
        ComponentError: If a key is unknown, a value missing or impossible.
    """
    values = {key: value for key, value in (given or {}).items() if value is not None}
    place = f"credentials.yml under {channel}"
    for key, value in values.items():
        if isinstance(value, str) and value.startswith("${"):
            raise ComponentError(
                f"The variable {value} of '{key}' in {place} is not set. Set it, or "
                "remove the key."
            )
    with readable_errors(place):
        made = settings_from(cls, values)
    for one in dataclasses.fields(made):  # type: ignore[arg-type]
        if one.metadata.get("needed") and not getattr(made, one.name):
            raise ComponentError(
                f"'{one.name}' is missing in {place}. {one.metadata['needed']}"
            )
    return made


def secrets_of(
    given: Mapping[str, Any] | None, names: Sequence[str], channel: str
) -> list[str]:
    """The texts of a section that must be there, for channels with keys of Rasa's.

    Raises:
        ComponentError: If one is missing, empty, or a variable that is not set.
    """
    found = []
    for name in names:
        value = (given or {}).get(name)
        if not isinstance(value, str) or not value or value.startswith("${"):
            raise ComponentError(
                f"'{name}' is missing in credentials.yml under {channel}. Put it there "
                "as ${NAME}, and set that variable."
            )
        found.append(value)
    return found


def needed(where: str) -> Any:
    """A field that must be given.

    Args:
        where: Where to find its value, for the message.
    """
    return dataclasses.field(default="", metadata={"needed": where}, repr=False)
