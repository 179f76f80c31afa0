from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from actions.resources import ActionSettings, Resources
from tests.actions.talking import NOON, Conversation


@pytest.fixture
def endpoints(tmp_path: Path) -> Path:
    file = tmp_path / "endpoints.yml"
    file.write_text(
        f"tracker_store:\n  type: sql\n  dialect: sqlite\n  db: {tmp_path}/memory.db\n",
        encoding="utf-8",
    )
    return file


@pytest.fixture
def resources(endpoints: Path) -> Resources:
    return Resources(ActionSettings(endpoints=endpoints), clock=lambda: NOON)


@pytest.fixture
def talk(resources: Resources) -> Conversation:
    return Conversation(resources)


@pytest.fixture
def talk_at(endpoints: Path) -> Callable[[datetime], Conversation]:
    def make(now: datetime) -> Conversation:
        settings = ActionSettings(endpoints=endpoints)
        return Conversation(Resources(settings, clock=lambda: now))

    return make


@pytest.fixture
def without_database(tmp_path: Path) -> Conversation:
    file = tmp_path / "away.yml"
    file.write_text(
        "tracker_store:\n  type: sql\n  dialect: postgresql\n"
        "  url: 127.0.0.1\n  port: 9\n  db: memory\n",
        encoding="utf-8",
    )
    return Conversation(Resources(ActionSettings(endpoints=file), clock=lambda: NOON))
