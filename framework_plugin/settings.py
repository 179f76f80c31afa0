"""Reading a settings dataclass from configuration, with errors that help."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from typing import Any, TypeVar

from framework_plugin.errors import SettingsError

Settings = TypeVar("Settings")


def settings_from(cls: type[Settings], values: Mapping[str, Any]) -> Settings:
    """Builds a frozen settings dataclass from configuration values.

    Args:
        cls: A dataclass whose fields are of simple types, `Literal`s or collections,
            each with a default. Its `__post_init__` may refuse impossible values.
        values: The configuration; keys that are left out take their default.

    Returns:
        The settings.

    Raises:
        SettingsError: If a key is unknown, a value is of a wrong type or no choice.
    """
    fields = {field.name for field in dataclasses.fields(cls)}  # type: ignore[arg-type]
    if unknown := sorted(set(values) - fields):
        raise SettingsError(
            f"Unknown setting{'s' * (len(unknown) > 1)} {_quoted(unknown)}. "
            f"Valid settings: {_quoted(sorted(fields))}."
        )
    hints = typing.get_type_hints(cls)
    for name, value in values.items():
        _check(name, value, hints[name])
    return cls(**values)


def require_range(
    name: str, value: float, low: float, high: float | None = None
) -> None:
    """Refuses a number outside `low` to `high`, both included.

    Raises:
        SettingsError: If it lies outside.
    """
    if value < low or (high is not None and value > high):
        limits = f"at least {low}" if high is None else f"between {low} and {high}"
        raise SettingsError(f"'{name}' must be {limits}, not {value}.")


def _check(name: str, value: Any, hint: Any) -> None:
    origin = typing.get_origin(hint)
    if origin is typing.Literal:
        choices = typing.get_args(hint)
        if value not in choices:
            raise SettingsError(
                f"'{name}' cannot be {value!r}. Valid choices: {_quoted(choices)}."
            )
        return
    allowed = typing.get_args(hint) if origin is types.UnionType else (origin or hint,)
    # A whole number is a fine float, but True is no number.
    accepted = tuple(a for a in allowed) + ((int,) if float in allowed else ())
    if not isinstance(value, accepted) or (
        isinstance(value, bool) and bool not in allowed
    ):
        names = " or ".join(getattr(a, "__name__", str(a)) for a in allowed)
        raise SettingsError(f"'{name}' must be of type {names}, not {value!r}.")


def _quoted(names: Any) -> str:
    return ", ".join(f"'{name}'" for name in names)
