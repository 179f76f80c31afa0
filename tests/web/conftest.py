"""The chat page of a tiny assistant, and a browser."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from rasa.shared.core.domain import Domain

from framework_plugin.components.channels.web import WebChat
from framework_plugin.components.handover_api import HandoverApi
from framework_plugin.components.tracker_store import MemoryTrackerStore
from tests.web.small_bot import served, train_bot

SECRET = "a secret of the tests, long enough"
PARENT = "http://127.0.0.1:1"
DESK_TOKEN = "0123456789abcdef0123456789abcdef"


@dataclass(frozen=True)
class Served:
    """A server with the page."""

    url: str
    store: MemoryTrackerStore


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train_bot(tmp_path_factory.mktemp("web_bot"))


@pytest.fixture(scope="module")
def page(
    model: Path, request: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("web")
    store = MemoryTrackerStore(
        Domain.load(domain_of(model)), db=str(folder / "rasa.db")
    )
    settings = folder / "handover.yml"
    settings.write_text("idle_minutes: 30\n")
    channels = [
        WebChat.from_credentials(
            {
                "title": "小满",
                "subtitle": "山茶小铺",
                "suggestions": ["你好", "按钮"],
                "secret": SECRET,
                "origins": [PARENT],
                "desk": True,
                "messages_per_minute": 600,
                "visitors_per_minute": 1_000,
            }
        ),
        HandoverApi.from_credentials({"token": DESK_TOKEN, "settings": str(settings)}),
    ]
    name = request.module.__name__.rpartition(".")[2]
    with served(name, model, store, channels) as url:
        yield Served(url, store)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """The system's Chromium, without a window.

    While Playwright runs, so does an event loop: tests elsewhere could start none.
    """
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="playwright is not installed"
    )
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if not chromium:
        pytest.skip("there is no Chromium; `apt-get install chromium` brings one")
    with playwright.sync_playwright() as running:
        # Chromium refuses to run as root within its sandbox, as in containers.
        found = running.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield found
        found.close()


def domain_of(model: Path) -> str:
    return str(model.parents[1] / "domain.yml")
