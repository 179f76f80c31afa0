"""Pages in a browser, as the tests use them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from framework_plugin.components.channels.web_visitor import VisitorCookies
from tests.web.conftest import SECRET, Served

DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}

Tab = Any


def open_tab(browser: Any, page: Served, **options: Any) -> Iterator[Tab]:
    """A page of a new visitor; whatever it complains of fails the test."""
    chosen = {"viewport": DESKTOP, "locale": "zh-CN", **options}
    context = browser.new_context(**chosen)
    found, complaints = context.new_page(), []
    found.on("console", lambda said: complaints.append(said) if is_wrong(said) else 0)
    found.on("pageerror", lambda error: complaints.append(str(error)))
    found.goto(f"{page.url}/chat/")
    found.wait_for_selector("#welcome:not([hidden]), .message")
    yield found
    context.close()
    assert [getattr(one, "text", one) for one in complaints] == []


def is_wrong(said: Any) -> bool:
    """Whether the console tells of an error; that a value is refused is none."""
    return said.type == "error" and "status of 422" not in said.text


def until(holds: Callable[[], bool], seconds: float = 10.0) -> None:
    """Waits; the page's policy forbids the browser to be asked to."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come to hold in time"
        time.sleep(0.05)


def say(tab: Tab, text: str, *, stored: bool = True) -> Any:
    """Says something; the last reply, when it is shown and, if it will be, stored."""
    answered = ".message.bot .foot time" if stored else ".message.bot"
    before = tab.locator(answered).count()
    tab.fill("#say", text)
    tab.press("#say", "Enter")
    until(lambda: tab.locator(answered).count() > before)
    tab.wait_for_selector("#typing", state="hidden")
    return tab.locator(".message.bot").last


def violations(tab: Tab) -> list[Any]:
    """What axe finds wrong with the page."""
    axe = pytest.importorskip("axe_playwright_python", reason="axe is not installed")
    source = (Path(axe.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
    # Colours are right once nothing moves any more.
    tab.wait_for_timeout(500)
    found = tab.evaluate(f"{source}; axe.run(document)")["violations"]
    return [(one["id"], [node["html"] for node in one["nodes"]]) for one in found]


def sender_of(tab: Tab) -> str:
    """What Rasa calls the visitor of a tab."""
    (cookie,) = tab.context.cookies()
    visitor = VisitorCookies(SECRET.encode()).visitor(cookie["value"], framed=False)
    assert visitor
    return visitor.sender_id
