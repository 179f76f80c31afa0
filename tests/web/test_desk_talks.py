"""All conversations at the desk, over HTTP and in a real browser."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest

from framework_plugin.memory.audit import read_audit
from tests.web.client import Client
from tests.web.conftest import DESK_TOKEN, Served
from tests.web.tabs import DESKTOP, PHONE, until, violations

pytestmark = pytest.mark.slow

IN_VIEW = "one => one.getBoundingClientRect().top < innerHeight"
PHONE_NUMBER = "13812345678"


@pytest.fixture
def visitor(page: Served) -> Client:
    found = Client(page.url)
    found.enter()
    found.say(f"你好，我的电话是{PHONE_NUMBER}")
    return found


def ask(page: Served, path: str, token: str = DESK_TOKEN) -> tuple[int, Any]:
    client = Client(page.url)
    headers = {"Authorization": f"Bearer {token}"}
    answer, content = client.raw("GET", f"/handovers/{path}", None, headers)
    return answer.status, json.loads(content)


def noted(page: Served, sender: str | None = None) -> list[tuple[str, str]]:
    with page.store.memory.repository.reading() as connection:
        found = read_audit(connection, sender)
    return [(one.action, one.detail) for one in found if one.user_id == sender]


def test_the_newest_conversation_is_listed_first_with_masked_words(
    page: Served, visitor: Client
) -> None:
    status, content = ask(page, "conversations")
    assert status == 200
    first = content["conversations"][0]
    assert first["user"] == visitor.sender_id
    assert first["words"] == "你好，我的电话是138****5678"
    assert first["channel"] == "web"
    listed = len(content["conversations"])
    assert noted(page)[-1] == ("talks list", f"{listed} conversations")


def test_conversations_are_listed_in_pages(page: Served) -> None:
    for _ in range(31):
        client = Client(page.url)
        client.enter()
        client.say("你好")
    listed: list[str] = []
    path = "conversations"
    while path:
        content = ask(page, path)[1]
        listed += [one["user"] for one in content["conversations"]]
        before = content["before"]
        path = f"conversations?before={before}" if before else ""
    assert len(listed) == len(set(listed)) >= 31


def test_one_is_read_with_times_and_sources_and_the_look_is_noted(
    page: Served, visitor: Client
) -> None:
    sender = visitor.sender_id
    status, content = ask(page, f"conversations/{quote(sender)}")
    assert (status, content["user"], content["linked"]) == (200, sender, [])
    own, reply = content["messages"]
    assert own["text"] == "你好，我的电话是138****5678"
    assert own["at"] <= reply["at"]
    assert reply["why"]["kind"] == "written"
    assert noted(page, sender) == [("talk show", "2 messages")]


def test_a_part_of_the_id_is_enough_to_find_one(page: Served, visitor: Client) -> None:
    sender = visitor.sender_id
    _, content = ask(page, f"conversations?user={quote(sender[6:20])}")
    assert [one["user"] for one in content["conversations"]] == [sender]
    assert ask(page, "conversations?user=nobody-at-all")[1] == {
        "conversations": [],
        "before": None,
        "after": None,
    }


def test_nobody_reads_without_the_token(page: Served, visitor: Client) -> None:
    for path in ("conversations", f"conversations/{quote(visitor.sender_id)}"):
        assert ask(page, path, "a wrong token of some length")[0] == 401
    # The cookie of a visitor opens nothing here.
    assert visitor.raw("GET", "/handovers/conversations")[0].status == 401


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("conversations/nobody", 404),
        ("conversations?before=soon", 400),
        ("conversations?before=99999999999999", 400),
        ("conversations/web-x?before=-1", 400),
        (f"conversations?user={'x' * 256}", 400),
        ("conversations?user=a%00b", 400),
    ],
)
def test_what_cannot_be_read_is_refused(page: Served, path: str, status: int) -> None:
    answer, content = ask(page, path)
    assert answer == status
    assert content["error"]


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
def test_an_operator_looks_for_a_conversation_and_reads_it(
    browser: Any, page: Served, size: dict[str, int], locale: str
) -> None:
    client = Client(page.url)
    client.enter()
    for number in range(60):
        client.say(f"第{number}句")
    words = WORDS[locale]
    operator = browser.new_page(locale=locale, viewport=size)
    operator.goto(f"{page.url}/chat/desk/")
    operator.get_by_label(words["name"]).fill("小林")
    operator.get_by_label(words["token"]).fill(DESK_TOKEN)
    operator.keyboard.press("Enter")
    operator.get_by_role("button", name=words["all"]).click()
    operator.locator(".entry").first.wait_for()
    operator.get_by_label(words["id"]).fill(client.sender_id)
    operator.keyboard.press("Enter")
    until(lambda: operator.locator(".entry").count() == 1)
    assert "第59句" in operator.locator(".entry").inner_text()
    operator.locator(".entry").click()
    said = operator.locator(".said .user")
    said.last.wait_for()
    assert "第59句" in said.last.inner_text()
    assert "第0句" not in operator.locator(".said").inner_text()
    assert words["written"] in operator.locator(".said li").last.inner_text()
    assert operator.locator(".said").evaluate(IN_VIEW)
    assert violations(operator) == []
    width = operator.evaluate("document.documentElement.scrollWidth")
    assert width <= size["width"]
    older = operator.get_by_role("button", name=words["older"])
    until(lambda: read_on(older, said))
    assert said.count() == 60
    operator.close()


def read_on(older: Any, said: Any) -> bool:
    """Whether the first message is there; else asks for what is before."""
    if "第0句" in said.first.inner_text():
        return True
    before = said.count()
    older.click()
    # Asked once more while these are on their way, the button may be gone by then.
    until(lambda: said.count() > before)
    return False


WORDS = {
    "zh-CN": {
        "name": "你的名字",
        "token": "口令",
        "all": "所有对话",
        "id": "用户编号",
        "written": "事先写好的回答",
        "older": "更早的对话",
    },
    "en-GB": {
        "name": "Your name",
        "token": "Token",
        "all": "All conversations",
        "id": "User id",
        "written": "a prepared reply",
        "older": "Earlier messages",
    },
}
