"""The chat page where its stream, its requests and the desk reach different workers."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import redis
import yaml

from framework_plugin.components.channels.web_visitor import SENDER_PREFIX
from framework_plugin.components.desk import Desk
from framework_plugin.handover.entry import Reason
from framework_plugin.handover.settings import HandoverSettings
from framework_plugin.memory.database import open_engine
from framework_plugin.memory.repository import MemoryRepository
from tests.cli.served import Served
from tests.cli.test_workers import project, served, sockets_of  # noqa: F401
from tests.memory.conftest import postgres_url, redis_of_module  # noqa: F401
from tests.web.client import Client
from tests.web.conftest import DESK_TOKEN, SECRET
from tests.web.tabs import say, sender_of

pytestmark = pytest.mark.slow

NAMES = "framework_plugin.components"
STREAMS = 4
A_MINUTE = 600
OPEN: list[Any] = []
GREETING = {"text": "你好呀"}


@pytest.fixture(scope="module")
def two(
    project: Path,  # noqa: F811
    postgres_url: str,  # noqa: F811
    redis_of_module: int,  # noqa: F811
) -> Iterator[Served]:
    (project / "handover.yml").write_text("idle_minutes: 30\n")
    web = {"secret": SECRET, "desk": True, "messages_per_minute": A_MINUTE}
    (project / "credentials.yml").write_text(
        yaml.safe_dump(
            {
                f"{NAMES}.channels.web.WebChat": web,
                f"{NAMES}.handover_api.HandoverApi": {"token": DESK_TOKEN},
            }
        )
    )
    options = ["--workers", "2", "--enable-api", "--auth-token", DESK_TOKEN]
    with served(project, postgres_url, redis_of_module, *options) as server:
        yield server


@pytest.fixture
def visitor(two: Served) -> Client:
    found = Client(f"http://127.0.0.1:{two.port}")
    found.enter()
    return found


def streams_on_both(two: Served, visitor: Client, **known: int) -> list[Any]:
    """Open pages of a visitor, some connected to each worker."""
    before = [len(sockets_of(pid)) for pid in two.workers()]
    streams = [visitor.news(**known) for _ in range(STREAMS)]
    for stream in streams:
        assert next(stream) == {"type": "open"}
    # One that ends meanwhile would be missed in the count.
    OPEN.extend(streams)
    after = [len(sockets_of(pid)) for pid in two.workers()]
    assert all(late > early for early, late in zip(before, after, strict=True))
    return streams


def heard(stream: Any, type_: str) -> dict[str, Any]:
    """The next news of a type, before the stream has been silent for long."""
    found = next(news for news in stream if news["type"] in (type_, "quiet"))
    assert found["type"] == type_
    return found


def desk(visitor: Client, path: str, content: Any) -> dict[str, Any]:
    answer, said = visitor.raw(
        *("POST", f"/handovers/{path}", json.dumps(content).encode()),
        {"Authorization": f"Bearer {DESK_TOKEN}", "Content-Type": "application/json"},
    )
    assert answer.status == 200, said
    return dict(json.loads(said))


def test_what_a_person_says_reaches_the_pages_at_every_worker(
    two: Served,
    visitor: Client,
    postgres_url: str,  # noqa: F811
) -> None:
    visitor.say("你好")
    entry = queued(postgres_url, visitor.sender_id)
    streams = streams_on_both(two, visitor)
    desk(visitor, f"{entry}/take", {"name": "小林"})
    desk(visitor, f"{entry}/reply", {"text": "您的订单今天下午到"})
    for stream in streams:
        said = heard(stream, "said")["message"]
        while said.get("name") is None:
            said = heard(stream, "said")["message"]
        assert (said["name"], said["text"]) == ("小林", "您的订单今天下午到")


def queued(url: str, sender: str) -> int:
    """Puts a visitor into the queue; the id of the entry."""
    engine = open_engine(url)
    found = Desk(MemoryRepository(engine), HandoverSettings())
    asked = found.queue.ask(sender, sender, "web", Reason.ASKED, time.time())
    engine.dispose()
    return asked.entry.id


def test_what_is_said_unasked_reaches_the_pages_at_every_worker(
    two: Served, visitor: Client
) -> None:
    visitor.say("按钮")
    streams = streams_on_both(two, visitor)
    path = f"/conversations/{visitor.sender_id}/trigger_intent"
    answer, said = visitor.raw(
        *(
            "POST",
            f"{path}?output_channel=web&token={DESK_TOKEN}",
            b'{"name": "greet"}',
        ),
        {"Content-Type": "application/json"},
    )
    assert answer.status == 200, said
    for stream in streams:
        assert heard(stream, "said")["message"]["text"] == GREETING["text"]
    shown = visitor.call("GET", "/history")[1]["messages"]
    # Nobody said that: it is no message of the visitor.
    assert [one["from"] for one in shown] == ["user", "bot", "bot"]


def test_a_message_and_its_answer_reach_the_other_pages_at_every_worker(
    two: Served, visitor: Client
) -> None:
    streams = streams_on_both(two, visitor)
    visitor.say("你好")
    for stream in streams:
        assert heard(stream, "changed") == {"type": "changed"}


def test_a_reload_and_a_stream_that_was_cut_miss_nothing_at_any_worker(
    two: Served, visitor: Client
) -> None:
    visitor.say("你好")
    known = visitor.call("GET", "/history")[1]["last"]
    visitor.say("按钮")
    for where in ({"since": known}, {"since": 0, "last": known}):
        for stream in streams_on_both(two, visitor, **where):
            assert next(stream) == {"type": "changed"}
    for _ in range(STREAMS):
        shown = visitor.call("GET", "/history")[1]["messages"]
        assert [one["text"] for one in shown] == ["你好", "你好呀", "按钮", "选一个"]


def test_a_message_that_is_sent_to_both_workers_is_answered_once(
    two: Served, visitor: Client
) -> None:
    streams_on_both(two, visitor)
    body = {"id": "0123456789abcdef", "text": "你好", "again": True}

    def send(_: int) -> int:
        kind = {"Content-Type": "application/json"}
        path = "/chat/api/messages"
        return visitor.raw("POST", path, json.dumps(body).encode(), kind)[0].status

    with ThreadPoolExecutor(4) as threads:
        answers = sorted(threads.map(send, range(4)))
    assert answers == [200, 409, 409, 409]
    assert len(visitor.call("GET", "/history")[1]["messages"]) == 2


def test_what_a_visitor_says_is_counted_for_both_workers_together(
    visitor: Client,
    redis_of_module: int,  # noqa: F811
) -> None:
    who = visitor.sender_id.removeprefix(SENDER_PREFIX)
    key = f"limit:page_message:{hashlib.sha256(who.encode()).hexdigest()[:24]}"
    counts = redis.Redis("127.0.0.1", redis_of_module, db=1)
    visitor.say("你好")
    assert counts.keys(f"{key}:*")
    window = int(time.time() // 60)
    for one in (window, window + 1):
        counts.set(f"{key}:{one}", A_MINUTE)
    for number in range(STREAMS):
        answer, _ = visitor.raw(
            *(
                "POST",
                "/chat/api/messages",
                b'{"id": "many-%d-000", "text": "hi"}' % number,
            ),
            {"Content-Type": "application/json"},
        )
        assert answer.status == 429


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_one_worker_alone_gets_no_other_model(visitor: Client, method: str) -> None:
    answer, said = visitor.raw(
        *(method, f"/model?token={DESK_TOKEN}", b'{"model_file": "other.tar.gz"}'),
        {"Content-Type": "application/json"},
    )
    assert answer.status == 409
    assert "SIGHUP" in json.loads(said)["error"]
    assert visitor.say("你好")[-1]


def test_what_is_forgotten_at_one_worker_is_told_to_who_comes_back_to_another(
    two: Served, visitor: Client
) -> None:
    visitor.say("你好")
    known = visitor.call("GET", "/history")[1]["last"]
    assert visitor.call("DELETE", "/memory")[0] == 200
    for stream in streams_on_both(two, visitor, since=known):
        assert next(stream) == {"type": "anew"}


@pytest.fixture
def tab(browser: Any, two: Served) -> Iterator[Any]:
    context = browser.new_context(locale="zh-CN")
    found = context.new_page()
    found.goto(f"http://127.0.0.1:{two.port}/chat/")
    found.wait_for_selector("#welcome:not([hidden])")
    yield found
    context.close()


def test_a_page_goes_on_when_its_worker_is_killed(
    two: Served,
    tab: Any,
    postgres_url: str,  # noqa: F811
) -> None:
    say(tab, "你好")
    visitor = Client(f"http://127.0.0.1:{two.port}")
    entry = queued(postgres_url, sender_of(tab))
    desk(visitor, f"{entry}/take", {"name": "小林"})
    for number, worker in enumerate(two.workers()):
        # One of the two has the stream.
        os.kill(worker, signal.SIGKILL)
        two.wait_for(f"(process {worker}) ended by")
        desk(visitor, f"{entry}/reply", {"text": f"第{number}次"})
        two.wait_for("serves again")
        told = tab.locator(".message.bot .bubble", has_text=f"第{number}次")
        told.wait_for(timeout=60_000)
    assert "第1次" in tab.locator("[aria-live=polite]").inner_text()
    assert tab.locator(".message.bot", has_text="第0次").count() == 1
