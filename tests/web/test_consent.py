"""Consent asked and taken back at the chat page, where nothing is stored without it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rasa.shared.core.domain import Domain

from framework_plugin.components.channels.web import WebChat
from framework_plugin.components.tracker_store import MemoryTrackerStore
from framework_plugin.memory.audit import read_audit
from framework_plugin.memory.consent import Consent, read_consent
from framework_plugin.memory.history import last_row
from tests.web.client import Client
from tests.web.conftest import SECRET, Served, domain_of
from tests.web.small_bot import served
from tests.web.tabs import DESKTOP, PHONE, open_tab, say, sender_of, until
from tests.web.tabs import violations as complaints_of

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def page(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("web_consent")
    domain = Domain.load(domain_of(model))
    store = MemoryTrackerStore(
        domain, db=str(folder / "rasa.db"), consent="required", masking=True
    )
    channel = WebChat.from_credentials(
        {
            "secret": SECRET,
            "privacy": "https://shop.example/privacy",
            "messages_per_minute": 600,
            "visitors_per_minute": 1_000,
        }
    )
    with served("web_consent", model, store, [channel]) as url:
        yield Served(url, store)


@pytest.fixture
def visitor(page: Served) -> Client:
    found = Client(page.url)
    found.enter()
    return found


@pytest.fixture
def tab(browser: Any, page: Served) -> Iterator[Any]:
    yield from open_tab(browser, page)


def stored(page: Served, sender: str) -> tuple[Consent | None, int]:
    """What somebody said of being remembered, and their newest row."""
    with page.store.memory.repository.reading() as connection:
        return read_consent(connection, sender), last_row(connection, sender)


def test_nothing_is_stored_until_a_visitor_agrees_and_then_what_was_said(
    page: Served, visitor: Client
) -> None:
    sender = visitor.sender_id
    visitor.lines("我叫欧阳翀，喜欢攀岩")
    assert visitor.enter()["consent"]["state"] is None
    assert stored(page, sender) == (None, 0)
    status, said = visitor.call("POST", "/consent", {"agree": True})
    assert (status, said["consent"]["state"]) == (200, "given")
    consent, row = stored(page, sender)
    assert consent is Consent.GIVEN
    assert row > 0
    facts = visitor.call("GET", "/memory")[1]["facts"]
    assert [one["value"] for one in facts] == ["欧阳翀", "攀岩"]
    texts = [one["text"] for one in visitor.call("GET", "/history")[1]["messages"]]
    assert texts[0] == "我叫欧阳翀，喜欢攀岩"


def test_who_takes_consent_back_is_forgotten_and_not_stored_any_more(
    page: Served, visitor: Client
) -> None:
    sender = visitor.sender_id
    assert visitor.call("POST", "/consent", {"agree": True})[0] == 200
    visitor.say("我叫欧阳翀")
    assert visitor.call("POST", "/consent", {"agree": False})[0] == 200
    assert stored(page, sender) == (Consent.REFUSED, 0)
    assert visitor.call("GET", "/memory")[1]["facts"] == []
    assert visitor.call("GET", "/history")[1]["messages"] == []
    done = visitor.lines("你好")[-1]
    assert done["consent"]["state"] == "refused"
    assert stored(page, sender)[1] == 0
    with page.store.memory.repository.reading() as connection:
        noted = [one.action for one in read_audit(connection, sender)]
    assert noted.count("consent given") == noted.count("consent refused") == 1


def test_consent_given_twice_is_noted_once(page: Served, visitor: Client) -> None:
    for _ in range(2):
        assert visitor.call("POST", "/consent", {"agree": True})[0] == 200
    with page.store.memory.repository.reading() as connection:
        noted = read_audit(connection, visitor.sender_id)
    assert [one.action for one in noted] == ["consent given"]


def test_what_is_said_in_words_shows_at_the_page(visitor: Client) -> None:
    assert visitor.lines("我同意你记住")[-1]["consent"]["state"] == "given"
    assert visitor.enter()["consent"]["state"] == "given"


def test_a_conversation_that_is_not_stored_keeps_its_numbers(visitor: Client) -> None:
    visitor.lines("你好")
    before = visitor.call("GET", "/history")[1]["messages"]
    visitor.lines("样式")
    after = visitor.call("GET", "/history")[1]["messages"]
    assert [one["id"] for one in after[:2]] == [one["id"] for one in before]
    assert len({one["id"] for one in after}) == 4


@pytest.mark.parametrize("body", [{}, {"agree": "yes"}, {"agree": 1}])
def test_what_is_no_answer_is_refused(visitor: Client, body: dict[str, Any]) -> None:
    assert visitor.call("POST", "/consent", body)[0] == 400


def test_the_page_asks_quietly_and_not_again_after_not_now(
    tab: Any, page: Served
) -> None:
    bar = tab.get_by_role("region", name="让我记住")
    bar.wait_for()
    words = bar.inner_text()
    assert "会存下来" in words
    assert "号码会遮住" in words
    # No desk is served here.
    assert "同事" not in words
    notice = bar.get_by_role("link", name="隐私说明")
    assert notice.get_attribute("href") == "https://shop.example/privacy"
    assert tab.evaluate("document.activeElement.id") == "say"
    bar.get_by_role("button", name="先不用").click()
    assert bar.count() == 0
    say(tab, "你好", stored=False)
    tab.reload()
    tab.wait_for_selector(".message.bot")
    assert bar.count() == 0
    assert tab.locator(".bubble").all_inner_texts() == ["你好", "你好呀"]
    assert stored(page, sender_of(tab)) == (None, 0)


def test_a_visitor_agrees_sees_what_is_kept_and_takes_it_back(
    tab: Any, page: Served
) -> None:
    say(tab, "我叫欧阳翀", stored=False)
    # Shown from the process, with other numbers than the rows will have.
    tab.reload()
    tab.wait_for_selector(".message.bot")
    bar = tab.get_by_role("region", name="让我记住")
    bar.get_by_role("button", name="同意").click()
    until(lambda: stored(page, sender_of(tab))[0] is Consent.GIVEN)
    until(lambda: bar.count() == 0)
    say(tab, "你好")
    assert tab.locator(".user .bubble").all_inner_texts() == ["我叫欧阳翀", "你好"]
    tab.get_by_role("button", name="我的记忆").click()
    panel = tab.get_by_role("dialog")
    panel.locator(".fact", has_text="欧阳翀").wait_for()
    assert "你同意了被记住" in panel.inner_text()
    panel.get_by_role("button", name="撤回同意").click()
    panel.get_by_role("button", name="再按一次").click()
    tab.wait_for_selector("#welcome:not([hidden])")
    until(lambda: "你说了不同意" in panel.inner_text())
    assert tab.locator(".message").count() == 0
    assert stored(page, sender_of(tab)) == (Consent.REFUSED, 0)
    panel.get_by_role("button", name="同意", exact=True).click()
    until(lambda: "你同意了被记住" in panel.inner_text())


def test_another_open_page_hears_that_consent_was_taken_back(
    tab: Any, page: Served
) -> None:
    tab.get_by_role("button", name="同意").click()
    say(tab, "你好")
    second = tab.context.new_page()
    second.goto(tab.url)
    second.wait_for_selector(".message.bot")
    second.wait_for_timeout(300)
    tab.get_by_role("button", name="我的记忆").click()
    tab.get_by_role("button", name="撤回同意").click()
    tab.get_by_role("button", name="再按一次").click()
    second.wait_for_selector("#welcome:not([hidden])")
    assert second.locator(".message").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_axe_finds_nothing_wrong_with_the_question(
    browser: Any, page: Served, scheme: str, locale: str, size: dict[str, int]
) -> None:
    options = {"viewport": size, "color_scheme": scheme, "locale": locale}
    for tab in open_tab(browser, page, **options):
        tab.wait_for_selector("#ask:not([hidden])")
        assert complaints_of(tab) == []
        tab.locator("#tools button").first.click()
        tab.wait_for_selector(".agreed")
        assert complaints_of(tab) == []
        tab.locator(".agreed .main").click()
        tab.wait_for_selector(".agreed .grave")
        assert complaints_of(tab) == []
        width = tab.evaluate("document.documentElement.scrollWidth")
        assert width <= size["width"]
