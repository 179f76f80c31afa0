"""The chat page over HTTP: a real server, a real model, a real database."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from framework_plugin.components.channels.web import WebChat
from framework_plugin.components.channels.web_visitor import secret_of
from framework_plugin.components.desk import Desk
from framework_plugin.components.readable_errors import ComponentError
from framework_plugin.handover.entry import Reason
from framework_plugin.handover.settings import HandoverSettings
from framework_plugin.memory.answer_feedback import feedback_of
from framework_plugin.memory.audit import read_audit
from tests.web.client import Client
from tests.web.conftest import PARENT, SECRET, Served
from tests.web.small_bot import served

pytestmark = pytest.mark.slow


@pytest.fixture
def visitor(page: Served) -> Client:
    found = Client(page.url)
    found.enter()
    return found


def texts(messages: list[dict]) -> list[tuple[str, str]]:
    return [(one["from"], one["text"]) for one in messages]


def test_a_message_is_answered_line_by_line_and_found_again(visitor: Client) -> None:
    lines = visitor.lines("你好")
    assert [line["type"] for line in lines] == ["taken", "reply", "done"]
    assert lines[1]["message"] == {"from": "bot", "text": "你好呀"}
    status, found = visitor.call("GET", "/history")
    assert status == 200
    assert texts(found["messages"]) == [("user", "你好"), ("bot", "你好呀")]
    assert found["messages"] == lines[2]["messages"]
    assert found["before"] is None
    why = found["messages"][1]["why"]
    assert why["action"] == "utter_greet"
    assert why["intent"]["name"] == "greet"


def test_a_visitor_who_comes_back_goes_on_and_another_sees_nothing(
    page: Served, visitor: Client
) -> None:
    visitor.say("你好")
    cookie = visitor.cookie
    assert texts(visitor.enter()["messages"])[0] == ("user", "你好")
    assert visitor.cookie == cookie
    assert Client(page.url).enter()["messages"] == []


def test_without_an_engine_there_is_no_voice(page: Served, visitor: Client) -> None:
    voice = visitor.enter()["voice"]
    assert (voice["hears"], voice["speaks"]) == (False, False)
    for place in ("/voice", "/speech"):
        assert visitor.raw("POST", f"/chat/api{place}", b"x")[0].status == 404
    shown, _ = visitor.raw("GET", "/chat/")
    assert "microphone=()" in (shown.getheader("Permissions-Policy") or "")


def test_buttons_and_images_come_as_data(visitor: Client) -> None:
    said = visitor.say("按钮")[1]
    assert said["buttons"] == [
        {"title": "打招呼", "payload": "/greet"},
        {"title": "样式", "payload": "样式"},
    ]
    assert visitor.say("图片")[1]["image"] == "/chat/static/leaf.svg"


def test_a_pressed_button_is_shown_by_what_stood_on_it(visitor: Client) -> None:
    said = visitor.say("/greet", title="打招呼")
    assert texts(said) == [("user", "打招呼"), ("bot", "你好呀")]
    # Without its words there is nothing that a user could have said.
    assert texts(visitor.say("/greet")) == [("bot", "你好呀")]


def test_long_conversations_come_a_page_at_a_time(visitor: Client) -> None:
    for number in range(40):
        visitor.say(f"第{number}句")
    pages, before = [], ""
    while True:
        status, found = visitor.call("GET", f"/history{before}")
        assert status == 200
        # The oldest page may hold nothing but the beginning of the session.
        assert not found["messages"] or found["messages"][0]["from"] == "user"
        pages.insert(0, found["messages"])
        if not found["before"]:
            break
        before = f"?before={found['before']}"
    assert len(pages) > 1
    said = [one["text"] for part in pages for one in part if one["from"] == "user"]
    assert said == [f"第{number}句" for number in range(40)]


def test_a_message_sent_twice_is_answered_once(visitor: Client) -> None:
    body = {"id": "0123456789abcdef", "text": "你好"}
    answer, _ = visitor.raw(
        *("POST", "/chat/api/messages", b'{"id": "0123456789abcdef", "text": "hi"}'),
        {"Content-Type": "application/json"},
    )
    assert answer.status == 200
    assert visitor.call("POST", "/messages", body)[0] == 409
    assert len(visitor.call("GET", "/history")[1]["messages"]) == 2


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ([], 400),
        ({"id": "short", "text": "你好"}, 400),
        ({"id": "0123456789", "text": "  "}, 400),
        ({"id": "0123456789", "text": 7}, 400),
        ({"id": "0123456789", "text": "你好", "title": 7}, 400),
        ({"id": "0123456789", "text": "长" * 1_001}, 413),
        ({"id": "0123456789", "text": "长" * 20_000}, 413),
    ],
)
def test_what_is_no_message_is_refused(
    visitor: Client, body: object, status: int
) -> None:
    answer, content = visitor.call("POST", "/messages", body)
    assert answer == status
    assert content["error"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/history"),
        ("GET", "/news"),
        ("POST", "/messages"),
        ("POST", "/feedback"),
        ("GET", "/memory"),
        ("GET", "/memory/export"),
        ("DELETE", "/memory"),
        ("PATCH", "/memory/facts/1"),
        ("DELETE", "/memory/facts/1"),
    ],
)
def test_nobody_gets_in_without_a_cookie_of_ours(
    page: Served, visitor: Client, method: str, path: str
) -> None:
    name, _, value = (visitor.cookie or "").partition("=")
    version, id_, signature = value.split(".")
    other = "A" * len(id_)
    framed = Client(page.url, "/chat/embed")
    framed.enter()
    framed_value = (framed.cookie or "").partition("=")[2]
    for cookie in (
        None,
        f"{name}=",
        f"{name}={version}.{other}.{signature}",
        f"{name}={version}.{id_}.{'0' * 64}",
        f"{name}={id_}",
        f"{name}={framed_value}",
    ):
        visitor.cookie = cookie
        assert visitor.call(method, path)[0] == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {},
    ],
)
def test_no_other_site_can_act_for_a_visitor(
    visitor: Client, headers: dict[str, str]
) -> None:
    visitor.origin = None
    for method, path in (
        ("POST", "/messages"),
        ("POST", "/session"),
        ("DELETE", "/memory"),
    ):
        body = {"id": "0123456789", "text": "我叫小偷"}
        assert visitor.call(method, path, body, **headers)[0] == 403
    if "Sec-Fetch-Site" in headers:
        assert visitor.call("GET", "/memory", **headers)[0] == 403


def test_only_json_is_taken(visitor: Client) -> None:
    # A form of another site could send text/plain without asking.
    answer, _ = visitor.raw(
        *("POST", "/chat/api/messages", b'{"id": "0123456789", "text": "hi"}'),
        {"Content-Type": "text/plain"},
    )
    assert answer.status == 415


def test_ones_memory_is_seen_corrected_and_forgotten(
    page: Served, visitor: Client
) -> None:
    visitor.say("我叫欧阳翀，喜欢攀岩")
    status, known = visitor.call("GET", "/memory")
    facts = {fact["value"]: fact["id"] for fact in known["facts"]}
    assert (status, set(facts)) == (200, {"欧阳翀", "攀岩"})
    path = f"/memory/facts/{facts['欧阳翀']}"
    assert visitor.call("PATCH", path, {"value": "苏木"})[0] == 200
    assert visitor.call("PATCH", path, {"value": "<b>"})[0] == 422
    assert visitor.call("DELETE", f"/memory/facts/{facts['攀岩']}")[0] == 200
    _, known = visitor.call("GET", "/memory")
    assert [fact["value"] for fact in known["facts"]] == ["苏木"]
    _, exported = visitor.call("GET", "/memory/export")
    assert exported["conversation"][0]["text"] == "我叫欧阳翀，喜欢攀岩"
    with page.store.memory.repository.reading() as connection:
        done = [entry.action for entry in read_audit(connection, visitor.sender_id)]
    assert done[:1] == ["show"]
    assert {"correct", "remove", "export"} <= set(done)


def test_the_memory_of_another_is_out_of_reach(page: Served, visitor: Client) -> None:
    other = Client(page.url)
    other.enter()
    other.say("我叫阿宝")
    ((fact),) = other.call("GET", "/memory")[1]["facts"]
    assert visitor.call("GET", "/memory")[1]["facts"] == []
    path = f"/memory/facts/{fact['id']}"
    assert visitor.call("PATCH", path, {"value": "小偷"})[0] == 404
    assert visitor.call("DELETE", path)[0] == 404
    reply = other.call("GET", "/history")[1]["messages"][1]["id"]
    body = {"id": reply, "helpful": False}
    assert visitor.call("POST", "/feedback", body)[0] == 404
    _, found = visitor.call("GET", f"/history?before={reply + 1}")
    assert found["messages"] == []
    assert other.call("GET", "/memory")[1]["facts"][0]["value"] == "阿宝"


def test_who_is_forgotten_is_somebody_new(page: Served, visitor: Client) -> None:
    visitor.say("我叫欧阳翀")
    gone = visitor.sender_id
    answer, _ = visitor.raw("DELETE", "/chat/api/memory")
    assert answer.status == 200
    header = answer.getheader("Set-Cookie") or ""
    assert "Max-Age=0" in header
    visitor.cookie = None
    assert visitor.enter()["messages"] == []
    assert visitor.sender_id != gone
    with page.store.memory.repository.reading() as connection:
        assert not list(
            connection.exec_driver_sql(
                "select id from events where sender_id = ?", (gone,)
            )
        )


def test_a_thumb_is_kept_as_feedback_and_shown_again(
    page: Served, visitor: Client
) -> None:
    _, reply = visitor.say("你好")
    assert visitor.call("POST", "/feedback", {"id": reply["id"], "helpful": True}) == (
        200,
        {"kept": True},
    )
    visitor.call("POST", "/feedback", {"id": reply["id"], "helpful": False})
    assert visitor.call("GET", "/history")[1]["messages"][1]["helpful"] is False
    with page.store.memory.repository.reading() as connection:
        (kept,) = feedback_of(connection, visitor.sender_id)
    assert (kept.question, kept.helpful) == ("你好", False)
    assert kept.passage_id == "said:utter_greet"


@pytest.mark.parametrize(
    "body",
    [{}, {"id": "1", "helpful": True}, {"id": True, "helpful": True}, {"id": 1}],
)
def test_a_thumb_must_be_of_the_right_form(visitor: Client, body: object) -> None:
    assert visitor.call("POST", "/feedback", body)[0] == 400


def test_ones_own_message_cannot_be_judged(visitor: Client) -> None:
    own, _ = visitor.say("你好")
    body = {"id": own["id"], "helpful": True}
    assert visitor.call("POST", "/feedback", body)[0] == 404


def test_an_open_page_hears_of_other_pages_and_of_people_at_the_desk(
    page: Served, visitor: Client
) -> None:
    news = visitor.news()
    assert next(news)["type"] == "open"
    time.sleep(0.3)
    visitor.say("你好")
    assert next(news) == {"type": "changed"}
    sender = visitor.sender_id
    desk = Desk(page.store.memory.repository, HandoverSettings())
    asked = desk.queue.ask(sender, sender, "web", Reason.ASKED, time.time())
    desk.take(asked.entry.id, "小林", "test", time.time())
    desk.reply(asked.entry.id, "您的订单今天下午到", "test", time.time())
    heard = next(news)
    while heard["message"]["text"] != "您的订单今天下午到":
        heard = next(news)
    assert heard["type"] == "said"
    assert heard["message"]["name"] == "小林"


def test_the_page_is_protected_and_small(page: Served) -> None:
    client = Client(page.url)
    answer, content = client.raw("GET", "/chat/")
    policy = answer.getheader("Content-Security-Policy") or ""
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert "require-trusted-types-for 'script'" in policy
    assert answer.getheader("X-Frame-Options") == "DENY"
    assert answer.getheader("Set-Cookie") is None
    assert "<title>小满</title>".encode() in content
    tag = answer.getheader("ETag") or ""
    again, nothing = client.raw("GET", "/chat/", headers={"If-None-Match": tag})
    assert (again.status, nothing) == (304, b"")
    moved, _ = client.raw("GET", "/chat")
    assert moved.getheader("Location") == "chat/"
    packed, _ = client.raw(
        "GET", "/chat/static/main.js", headers={"Accept-Encoding": "gzip"}
    )
    assert packed.getheader("Content-Encoding") == "gzip"
    for name in ("none.js", "..%2Fweb.py", "index.html", "%2e%2e/web.py"):
        assert client.raw("GET", f"/chat/static/{name}")[0].status == 404


def test_only_sites_that_may_can_frame_the_page(page: Served) -> None:
    framed = Client(page.url, "/chat/embed")
    answer, _ = framed.raw("GET", "/chat/embed/")
    policy = answer.getheader("Content-Security-Policy") or ""
    assert f"frame-ancestors {PARENT}" in policy
    assert answer.getheader("X-Frame-Options") is None
    framed.enter()
    for word in ("HttpOnly", "SameSite=None", "Secure", "Partitioned"):
        assert word in framed.set_cookie
    assert "Path=/chat/embed;" in framed.set_cookie
    assert framed.say("你好")[1]["text"] == "你好呀"


def test_the_cookie_of_the_page_is_for_the_page_alone(visitor: Client) -> None:
    assert "; Path=/chat; " in visitor.set_cookie
    assert "; HttpOnly; SameSite=Strict" in visitor.set_cookie
    assert "Secure" not in visitor.set_cookie
    visitor.cookie = None
    answer, _ = visitor.raw(
        *("POST", "/chat/api/session", b"{}"),
        {"Content-Type": "application/json", "X-Forwarded-Proto": "https"},
    )
    assert "; Secure" in (answer.getheader("Set-Cookie") or "")


def test_who_says_too_much_has_to_wait(
    model: Path, page: Served, tmp_path: Path
) -> None:
    channel = WebChat.from_credentials(
        {"secret": SECRET, "messages_per_minute": 6, "visitors_per_minute": 2}
    )
    with served("web_limits", model, page.store, [channel]) as url:
        client = Client(url)
        client.enter()
        for _ in range(6):
            client.say("你好")
        answer, _ = client.raw(
            *("POST", "/chat/api/messages", b'{"id": "0123456789", "text": "hi"}'),
            {"Content-Type": "application/json"},
        )
        assert answer.status == 429
        assert 1 <= int(answer.getheader("Retry-After") or 0) <= 10
        Client(url).enter()
        assert Client(url).call("POST", "/session", {})[0] == 429
        assert client.raw("GET", "/chat/embed/")[0].status == 404


def test_a_secret_is_made_once_and_kept_from_others(tmp_path: Path) -> None:
    path = tmp_path / "data" / "web_chat.secret"
    made = secret_of(None, path)
    assert len(made) == 64
    assert path.stat().st_mode & 0o777 == 0o600
    assert secret_of(None, path) == made
    assert secret_of("given", path) == b"given"
    assert [one.name for one in path.parent.iterdir()] == [path.name]
    path.write_text("")
    with pytest.raises(ComponentError, match="holds no secret"):
        secret_of(None, path)


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ({"titel": "x"}, "Valid keys: title"),
        ({"title": 7}, "expected a text"),
        ({"origins": "https://a.example"}, "a list of texts"),
        ({"origins": ["https://a.example/"]}, "no origin"),
        ({"origins": ["*"]}, "no origin"),
        ({"images": ["javascript:x"]}, "no origin"),
        ({"secret": "short"}, "at least 16"),
        ({"secret": "${WEB_CHAT_SECRET}"}, "not set"),
        ({"messages_per_minute": 0}, "between 1 and 1000"),
        ({"messages_per_minute": True}, "a whole number"),
        ({"suggestions": ["x"] * 7}, "at most 6"),
    ],
)
def test_a_section_that_cannot_be_used_is_refused(
    section: dict[str, object], words: str
) -> None:
    with pytest.raises(ComponentError, match=words):
        WebChat.from_credentials(section)
