"""The chat page in a real browser."""

from __future__ import annotations

import asyncio
import functools
import threading
import time
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from rasa.shared.core.events import ActionExecuted, BotUttered, UserUttered

from framework_plugin.components.channels.web import WebChat
from framework_plugin.components.desk import Desk
from framework_plugin.components.tracker_store import MemoryTrackerStore
from framework_plugin.handover.entry import Reason
from framework_plugin.handover.settings import HandoverSettings
from framework_plugin.memory.audit import read_audit
from tests.web.conftest import DESK_TOKEN, SECRET, Served
from tests.web.small_bot import HOSTILE, served
from tests.web.tabs import (
    DESKTOP,
    PHONE,
    Tab,
    open_tab,
    say,
    sender_of,
    until,
    violations,
)
from tests.web.test_messages import GENERATED

pytestmark = pytest.mark.slow

_LARGEST_LOAD = 100_000


@pytest.fixture
def tab(browser: Any, page: Served) -> Iterator[Tab]:
    with_tab = open_tab(browser, page)
    yield next(with_tab)
    for _ in with_tab:
        pass


def test_a_conversation_survives_a_reload(tab: Tab) -> None:
    reply = say(tab, "你好")
    assert reply.locator(".bubble").inner_text() == "你好呀"
    assert not tab.locator("#welcome").is_visible()
    tab.reload()
    tab.wait_for_selector(".message.bot")
    assert tab.locator(".bubble").all_inner_texts() == ["你好", "你好呀"]


def test_the_text_of_others_is_text(tab: Tab) -> None:
    reply = say(tab, "坏话")
    assert reply.locator(".bubble").inner_text() == HOSTILE
    assert tab.locator(".bubble img, .bubble script").count() == 0
    say(tab, "<b onclick=alert(1)>粗</b>")
    assert tab.locator(".user .bubble").last.inner_text().startswith("<b onclick")
    assert tab.locator(".bubble b").count() == 0


def test_a_little_markdown_is_shown_and_nothing_dangerous(tab: Tab) -> None:
    bubble = say(tab, "样式").locator(".bubble")
    assert bubble.locator("strong").all_inner_texts() == ["粗体"]
    assert bubble.locator("code").inner_text() == "代码"
    assert bubble.locator("li").all_inner_texts() == ["一", "二"]
    links = [one.get_attribute("href") for one in bubble.locator("a").all()]
    assert links == ["https://shop.example/茶", "https://tea.example/a"]
    assert "noopener" in bubble.locator("a").first.get_attribute("rel")
    assert "138****5678和139****8765" in bubble.inner_text()
    assert "[坏](javascript:alert(1))" in bubble.inner_text()


def test_buttons_say_what_they_stand_for_and_only_once(tab: Tab) -> None:
    say(tab, "按钮")
    choice = tab.locator(".message.bot").first.locator(".choice", has_text="打招呼")
    choice.click()
    until(lambda: tab.locator(".message.bot").count() == 2)
    assert tab.locator(".user .bubble").last.inner_text() == "打招呼"
    assert tab.locator(".message.bot .bubble").last.inner_text() == "你好呀"
    assert choice.is_disabled()
    tab.reload()
    tab.wait_for_selector(".message.bot")
    assert tab.locator(".user .bubble").last.inner_text() == "打招呼"
    assert tab.locator(".choice:enabled").count() == 0


def test_an_image_is_shown(tab: Tab) -> None:
    image = say(tab, "图片").locator("img")
    until(lambda: image.evaluate("one => one.naturalWidth > 0"))


def test_a_thumb_stays_pressed(tab: Tab) -> None:
    reply = say(tab, "你好")
    down = reply.get_by_role("button", name="没帮助")
    down.click()
    until(lambda: down.get_attribute("aria-pressed") == "true")
    tab.reload()
    tab.wait_for_selector(".message.bot")
    down = tab.get_by_role("button", name="没帮助")
    assert down.get_attribute("aria-pressed") == "true"


def test_a_reply_tells_why(tab: Tab) -> None:
    reply = say(tab, "你好")
    reply.get_by_role("button", name="为什么这样答").click()
    assert "事先写好的回答" in reply.locator(".why").inner_text()
    reply.get_by_role("button", name="为什么这样答").click()
    assert reply.locator(".why").count() == 0


def test_a_generated_reply_is_explained_word_by_word(tab: Tab, page: Served) -> None:
    say(tab, "你好")
    told(page.store, sender_of(tab))
    tab.reload()
    reply = tab.locator(".message.bot", has_text="在成都喝茶")
    reply.get_by_role("button", name="为什么这样答").click()
    why = reply.locator(".why").inner_text()
    for words in (
        "自己组织的语言（逐词写出）",
        "79%",
        "用到的记忆",
        "〈住在〉",
        "你说：",
    ):
        assert words in why
    shades = [
        one.evaluate("one => getComputedStyle(one).getPropertyValue('--sure')")
        for one in reply.locator(".heat li").all()
    ]
    assert shades == ["0.5", "0.91", "0.2"]
    assert violations(tab) == []


def told(store: MemoryTrackerStore, sender: str) -> None:
    """Stores a turn that the generator answered."""

    async def store_turn() -> None:
        tracker = await store.get_or_create_tracker(sender)
        for event in (
            UserUttered("今天下雨"),
            ActionExecuted("utter_generated", metadata=GENERATED),
            BotUttered("在成都喝茶", metadata={"utter_action": "utter_generated"}),
        ):
            tracker.update(event)
        await store.save(tracker)

    # The browser's driver has a loop of its own in this thread.
    thread = threading.Thread(target=lambda: asyncio.run(store_turn()))
    thread.start()
    thread.join()


def test_what_is_remembered_is_corrected_and_forgotten(tab: Tab) -> None:
    say(tab, "我叫欧阳翀，喜欢攀岩")
    tab.get_by_role("button", name="我的记忆").click()
    panel = tab.get_by_role("dialog")
    facts = panel.locator(".fact .value")
    until(lambda: facts.all_inner_texts() == ["欧阳翀", "攀岩"])
    panel.get_by_role("button", name="改：名字 欧阳翀").click()
    panel.get_by_role("textbox").fill("<苏木>")
    panel.get_by_role("textbox").press("Enter")
    until(lambda: panel.get_by_role("alert").is_visible())
    panel.get_by_role("textbox").fill("苏木")
    panel.get_by_role("textbox").press("Enter")
    until(lambda: set(facts.all_inner_texts()) == {"苏木", "攀岩"})
    panel.get_by_role("button", name="忘掉：喜欢 攀岩").click()
    panel.get_by_role("button", name="真的忘掉？").click()
    until(lambda: facts.all_inner_texts() == ["苏木"])
    with tab.expect_download() as started:
        panel.get_by_role("link", name="导出全部").click()
    assert "苏木" in Path(started.value.path()).read_text(encoding="utf-8")
    panel.get_by_role("button", name="忘掉我的一切").click()
    panel.get_by_role("button", name="再按一次").click()
    tab.wait_for_selector("#welcome:not([hidden])")
    assert tab.locator(".message").count() == 0


def test_everything_is_done_by_keyboard(tab: Tab) -> None:
    assert tab.evaluate("document.activeElement.id") == "say"
    tab.keyboard.type("你好")
    tab.keyboard.press("Shift+Enter")
    tab.keyboard.type("呀")
    assert tab.input_value("#say") == "你好\n呀"
    tab.fill("#say", "你好")
    tab.keyboard.press("Enter")
    until(lambda: tab.locator(".message.bot .foot time").count() == 1)
    tab.keyboard.press("Shift+Tab")
    assert tab.evaluate("document.activeElement.textContent") == "为什么这样答"
    tab.keyboard.press("Enter")
    assert tab.locator(".why").count() == 1
    tab.get_by_role("button", name="我的记忆").focus()
    tab.keyboard.press("Enter")
    until(lambda: tab.locator("#memory[open]").count() == 1)
    tab.keyboard.press("Escape")
    until(lambda: tab.locator("#memory[open]").count() == 0)
    assert tab.evaluate("document.activeElement.textContent") == "我的记忆"


def test_enter_belongs_to_the_input_method_while_it_composes(tab: Tab) -> None:
    tab.fill("#say", "ni'hao")
    tab.evaluate(
        """document.getElementById("say").dispatchEvent(new KeyboardEvent("keydown",
        {key: "Enter", isComposing: true, bubbles: true, cancelable: true}))"""
    )
    assert tab.input_value("#say") == "ni'hao"
    assert tab.locator(".message").count() == 0


def test_screen_readers_hear_each_reply_once(tab: Tab) -> None:
    say(tab, "你好")
    assert tab.locator("[aria-live=polite]").inner_text() == "小满：你好呀"
    assert tab.locator("#log[aria-live]").count() == 0


def test_another_open_page_of_the_visitor_follows(tab: Tab) -> None:
    second = tab.context.new_page()
    second.goto(tab.url)
    second.wait_for_selector("#welcome:not([hidden])")
    second.wait_for_timeout(300)
    say(tab, "你好")
    until(lambda: second.locator(".bubble").all_inner_texts() == ["你好", "你好呀"])


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_axe_finds_nothing_wrong(
    browser: Any, page: Served, scheme: str, locale: str, size: dict[str, int]
) -> None:
    options = {"viewport": size, "color_scheme": scheme, "locale": locale}
    for tab in open_tab(browser, page, **options):
        assert violations(tab) == []
        say(tab, "我叫欧阳翀，喜欢攀岩")
        say(tab, "样式")
        say(tab, "图片")
        say(tab, "按钮").locator(".foot button").last.click()
        tab.locator(".message.bot").first.locator("[aria-pressed]").first.click()
        assert violations(tab) == []
        tab.locator("#tools button").first.click()
        tab.wait_for_selector(".fact")
        assert violations(tab) == []
        width = tab.evaluate("document.documentElement.scrollWidth")
        assert width <= size["width"]


def test_the_first_load_is_small_and_from_here_alone(
    browser: Any, page: Served
) -> None:
    """How long it takes is printed: other programs may need the processor."""
    loads = [first_load(browser, page.url) for _ in range(3)]
    _, asked = min(loads, key=lambda load: load[0])
    sizes = [one.sizes() for one in asked if not one.url.endswith("/news")]
    loaded = sum(one["responseBodySize"] + one["responseHeadersSize"] for one in sizes)
    times = ", ".join(f"{load[0]:.2f}" for load in loads)
    print(f"loaded {loaded} bytes in {len(sizes)} files, ready in {times} s")
    assert loaded <= _LARGEST_LOAD
    assert all(one.url.startswith(page.url) for one in asked)


def first_load(browser: Any, url: str) -> tuple[float, list[Any]]:
    """Seconds until a newcomer can write, and what the browser asked for."""
    context = browser.new_context(viewport=PHONE, locale="zh-CN")
    tab = context.new_page()
    asked: list[Any] = []
    tab.on("requestfinished", lambda request: asked.append(request))
    began = time.monotonic()
    tab.goto(f"{url}/chat/")
    tab.wait_for_selector("#welcome:not([hidden])")
    took = time.monotonic() - began
    until(lambda: len(asked) > 15)
    return took, asked


def test_what_is_sent_before_the_page_is_ready_is_sent_then(
    browser: Any, page: Served
) -> None:
    context = browser.new_context(viewport=PHONE, locale="zh-CN")
    tab, entering = context.new_page(), []
    tab.route("**/api/session", lambda route: entering.append(route))
    tab.goto(f"{page.url}/chat/")
    until(lambda: bool(tab.locator("#say").count() and entering))
    tab.fill("#say", "你好")
    tab.press("#say", "Enter")
    assert tab.input_value("#say") == "你好"
    entering[0].continue_()
    tab.wait_for_selector(".message.bot .foot time")
    assert tab.locator(".bubble").all_inner_texts() == ["你好", "你好呀"]
    assert tab.input_value("#say") == ""
    context.close()


def test_what_was_not_sent_can_be_sent_again(browser: Any, page: Served) -> None:
    context = browser.new_context(viewport=PHONE, locale="zh-CN")
    tab = context.new_page()
    tab.goto(f"{page.url}/chat/")
    tab.wait_for_selector("#welcome:not([hidden])")
    tab.route("**/api/messages", lambda route: route.abort())
    tab.fill("#say", "你好")
    tab.press("#say", "Enter")
    again = tab.get_by_role("button", name="重发")
    again.wait_for()
    tab.unroute("**/api/messages")
    again.click()
    until(lambda: tab.locator(".bubble").all_inner_texts() == ["你好", "你好呀"])
    assert tab.locator(".failed").count() == 0
    context.close()


def test_a_frame_on_another_site_shows_it_only_where_it_may(
    browser: Any, model: Path, page: Served, tmp_path: Path
) -> None:
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

    handler = functools.partial(Quiet, directory=str(tmp_path))
    site = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=site.serve_forever, daemon=True).start()
    # Another site than 127.0.0.1, where the page is.
    parent = f"http://localhost:{site.server_port}"
    channel = WebChat.from_credentials({"secret": SECRET, "origins": [parent]})
    store: MemoryTrackerStore = page.store
    with served("web_frame", model, store, [channel]) as url:
        script = f'<script src="{url}/chat/widget.js"></script>'
        html = f"<!doctype html><html lang=zh><body>{script}</body></html>"
        (tmp_path / "index.html").write_text(html, encoding="utf-8")
        tab = browser.new_page()
        tab.goto(parent)
        tab.get_by_role("button", name="聊聊").click()
        frame = tab.frame_locator("iframe")
        frame.locator("#welcome").wait_for()
        frame.locator("#say").fill("你好")
        frame.locator("#say").press("Enter")
        frame.locator(".message.bot .foot time").wait_for()
        tab.close()
        stranger = browser.new_page()
        stranger.goto(f"http://127.0.0.1:{site.server_port}")
        stranger.get_by_role("button", name="聊聊").click()
        stranger.wait_for_timeout(1000)
        assert stranger.frame_locator("iframe").locator("#say").count() == 0
        stranger.close()
    site.shutdown()
    site.server_close()


def test_an_operator_takes_a_conversation_answers_and_gives_it_back(
    tab: Tab, page: Served
) -> None:
    say(tab, "你好")
    sender = sender_of(tab)
    desk = Desk(page.store.memory.repository, HandoverSettings())
    desk.queue.ask(sender, sender, "web", Reason.ASKED, time.time())
    operator = tab.context.browser.new_page(locale="zh-CN", viewport=DESKTOP)
    operator.goto(f"{page.url}/chat/desk/")
    operator.get_by_label("你的名字").fill("小林")
    operator.get_by_label("口令").fill("wrong")
    operator.get_by_role("button", name="进入").click()
    until(lambda: "口令不对" in operator.get_by_role("alert").inner_text())
    operator.get_by_label("口令").fill(DESK_TOKEN)
    operator.get_by_role("button", name="进入").click()
    operator.get_by_role("button", name="要找人工").click()
    operator.get_by_role("button", name="我来接").click()
    operator.get_by_label("对用户说").fill("您好，<b>我是小林</b>")
    assert violations(operator) == []
    operator.get_by_role("button", name="发送").click()
    told = tab.locator(".message.bot", has_text="<b>我是小林</b>")
    told.wait_for()
    assert told.locator(".name").inner_text() == "小林"
    operator.get_by_role("button", name="交还给助手").click()
    with page.store.memory.repository.reading() as connection:
        noted = [one.action for one in read_audit(connection, sender)]
    # The page looks every few seconds.
    assert noted.count("handover show") == 1
    until(lambda: "没有人在等" in operator.locator(".lists").inner_text())
    operator.context.close()
