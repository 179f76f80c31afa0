"""What several workers need of endpoints.yml."""

from __future__ import annotations

from typing import Any

import pytest

from framework_plugin.cli.serving.sharing import require_shared
from framework_plugin.errors import SettingsError

STORE = "framework_plugin.components.tracker_store.MemoryTrackerStore"
LOCKS = "framework_plugin.components.lock_store.ExactLockStore"
POSTGRES = {"type": STORE, "dialect": "postgresql", "url": "db", "db": "rasa"}
REDIS = {"type": LOCKS, "url": "localhost"}


@pytest.mark.parametrize(
    ("endpoints", "why"),
    [
        ({}, "one process.*lock store"),
        ({"tracker_store": {"type": STORE}, "lock_store": REDIS}, "SQLite"),
        (
            {"tracker_store": {"type": STORE, "url": "sqlite:///a.db"}},
            "SQLite file and its lock store",
        ),
        ({"tracker_store": POSTGRES}, "lock store is in the memory"),
        (
            {"tracker_store": POSTGRES, "lock_store": {"type": "in_memory"}},
            "lock store is in the memory",
        ),
    ],
)
def test_what_is_kept_in_one_process_is_refused(
    endpoints: dict[str, Any], why: str
) -> None:
    with pytest.raises(SettingsError, match=f"2 workers cannot share.*{why}") as error:
        require_shared(endpoints, 2)
    assert "dialect: postgresql" in str(error.value)
    require_shared(endpoints, 1)


@pytest.mark.parametrize("locks", [REDIS, {"type": "redis", "url": "localhost"}])
def test_a_database_server_and_redis_are_enough(locks: dict[str, Any]) -> None:
    require_shared({"tracker_store": POSTGRES, "lock_store": locks}, 8)
