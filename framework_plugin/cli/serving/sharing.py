"""Whether the services of an `endpoints.yml` can be shared by several workers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from framework_plugin.errors import SettingsError
from framework_plugin.memory.database import database_url

_NEEDED = """
tracker_store:
  type: framework_plugin.components.tracker_store.MemoryTrackerStore
  dialect: postgresql
  url: …
  db: …
  username: …
  password: ${DB_PASSWORD}
lock_store:
  type: framework_plugin.components.lock_store.ExactLockStore
  url: …"""


def require_shared(endpoints: Mapping[str, Any], workers: int) -> None:
    """Makes sure that workers can share a database and a lock store.

    Args:
        endpoints: The content of `endpoints.yml`.
        workers: How many there will be.

    Raises:
        SettingsError: If they cannot.
    """
    if workers == 1:
        return
    lacking = []
    store = endpoints.get("tracker_store") or {}
    if not store or store.get("type") in (None, "in_memory"):
        lacking.append("its tracker store keeps conversations in one process")
    elif database_url(endpoints).get_backend_name() == "sqlite":
        lacking.append("its tracker store is an SQLite file")
    locks = endpoints.get("lock_store") or {}
    if locks.get("type") in (None, "in_memory"):
        lacking.append("its lock store is in the memory of one process")
    if lacking:
        raise SettingsError(
            f"{workers} workers cannot share endpoints.yml: {' and '.join(lacking)}. "
            f"Expected a database server and Redis, such as{_NEEDED}\n"
            "or --workers 1."
        )
