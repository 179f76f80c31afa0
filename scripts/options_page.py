"""Writes docs/options.md from the settings themselves.

Run: .venv/bin/python scripts/options_page.py
"""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args, get_type_hints

from framework_plugin.components.response_policy import PolicySettings
from framework_plugin.generation.settings import (
    DecodingSettings,
    NetworkSettings,
    TrainingSettings,
)
from framework_plugin.generation.training.cache import CorpusPaths

PAGE = Path(__file__).parent.parent / "docs" / "options.md"
_HEAD = """# All options of LSTMResponsePolicy

Keys of the policy in `config.yml`. An unknown key, a wrong type or an impossible value
stops `rasa train` with a message that names the valid choices. This page is made from
the settings by `scripts/options_page.py`.
"""
_GROUPS: tuple[tuple[str, str, tuple[type, ...]], ...] = (
    ("Data", "A change of the files trains again.", (CorpusPaths, PolicySettings)),
    ("Network", "A change trains again.", (NetworkSettings,)),
    ("Training", "A change trains again.", (TrainingSettings,)),
    ("Decoding", "How replies are searched for.", (DecodingSettings,)),
)


def page() -> str:
    """The page as it should be."""
    parts = [_HEAD]
    for title, remark, groups in _GROUPS:
        rows = [row for group in groups for row in _rows(group)]
        table = "\n".join(["| option | default | effect |", "|---|---|---|", *rows])
        parts.append(f"## {title}\n{remark}\n\n{table}\n")
    return "\n".join(parts)


def _rows(group: type) -> list[str]:
    effects = _effects(group)
    hints = get_type_hints(group)
    return [
        f"| `{field.name}` | {_default(field.default)} | "
        f"{effects[field.name]}{_choices(hints[field.name], effects[field.name])} |"
        for field in fields(group)
        if field.name in effects
    ]


def _effects(group: type) -> dict[str, str]:
    """The paragraph of each argument in a class's docstring."""
    _, _, arguments = (group.__doc__ or "").partition("Args:\n")
    arguments = arguments.partition("\n\n")[0]
    found = re.findall(
        r"^ {8}(\w+): (.*?)(?=^ {8}\w+: |\Z)", arguments, re.MULTILINE | re.DOTALL
    )
    return {name: " ".join(text.split()).replace("|", "\\|") for name, text in found}


def _default(value: Any) -> str:
    return "none" if value is None else f"`{str(value).lower()}`"


def _choices(hint: Any, effect: str) -> str:
    choices = [c for c in get_args(hint) if isinstance(c, str)]
    missing = [c for c in choices if f"`{c}`" not in effect]
    return f" Also: {', '.join(f'`{c}`' for c in missing)}." if missing else ""


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
