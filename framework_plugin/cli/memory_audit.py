"""The audit of the memory, for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from framework_plugin.memory.audit import AuditEntry


def print_audit(entries: Sequence[AuditEntry]) -> None:
    """Shows entries as a table, in the time of this machine."""
    console = Console()
    if not entries:
        console.print("Nobody has looked at or changed this yet.")
        return
    table = Table("at", "actor", "action", "user", "detail")
    for entry in entries:
        user = "(all)" if entry.user_id is None else entry.user_id
        cells = (entry.actor, entry.action, user, entry.detail)
        at = f"{datetime.fromtimestamp(entry.at):%Y-%m-%d %H:%M:%S}"
        table.add_row(at, *map(Text, cells))
    console.print(table)


def audit_as_json(entries: Sequence[AuditEntry]) -> str:
    """Entries as a JSON list, times in seconds since the epoch."""
    return json.dumps([asdict(entry) for entry in entries], ensure_ascii=False)
