"""Reading a YAML file of settings, and the variables that such files name."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import yaml

from framework_plugin.errors import SettingsError

Settings = TypeVar("Settings")

_VARIABLE = re.compile(r"\$\{(\w+)\}")


def read_settings_file(
    path: Path,
    keys: Sequence[str],
    page: str,
    make: Callable[[Mapping[str, Any]], Settings],
) -> Settings:
    """The settings that a file holds.

    Args:
        path: The file.
        keys: Those that it may have at the top.
        page: Of the documentation, which errors point to.
        make: Makes the settings of the keys, variables filled in; may raise a
            `SettingsError`, which then names the file.

    Raises:
        SettingsError: If the file cannot be read, has another key, or a value is
            impossible.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise SettingsError(
            f"{path} cannot be read: {error}. Expected YAML with the keys "
            f"{', '.join(keys)}; see {page}."
        ) from error
    try:
        return make(_checked({} if content is None else content, keys))
    except SettingsError as error:
        raise SettingsError(f"{path}: {error}") from error


def filled_in(value: Any) -> Any:
    """A value with variables `${NAME}` of the environment filled into its texts."""
    if isinstance(value, dict):
        return {key: filled_in(one) for key, one in value.items()}
    if isinstance(value, list):
        return [filled_in(one) for one in value]
    if not isinstance(value, str):
        return value
    return _VARIABLE.sub(lambda found: os.environ.get(found[1], found[0]), value)


def variables_of(path: Path) -> set[str]:
    """The names of the variables that a file names; none if there is no file."""
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    return set(_VARIABLE.findall(text))


def _checked(content: object, keys: Sequence[str]) -> Mapping[str, Any]:
    if not isinstance(content, Mapping):
        raise SettingsError(f"Expected keys; valid ones are {', '.join(keys)}.")
    unknown = sorted(str(key) for key in content if key not in keys)
    if unknown:
        raise SettingsError(
            f"Unknown key '{unknown[0]}'. Valid keys: {', '.join(keys)}."
        )
    found: Mapping[str, Any] = filled_in(dict(content))
    return found
