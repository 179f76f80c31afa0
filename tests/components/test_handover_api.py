"""The desk over HTTP: a real Sanic server, and channels of both kinds."""

from __future__ import annotations

import asyncio
import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import pytest
from rasa.core.channels.callback import CallbackInput
from rasa.core.channels.channel import register
from rasa.core.channels.rest import RestInput
from rasa.core.lock_store import InMemoryLockStore
from rasa.core.tracker_store import FailSafeTrackerStore
from rasa.core.utils import AvailableEndpoints  # noqa: F401
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import BotUttered
from rasa.utils.endpoints import EndpointConfig
from sanic import Sanic

from framework_plugin.components.desk import Desk
from framework_plugin.components.handover_api import HandoverApi
from framework_plugin.components.readable_errors import ComponentError
from framework_plugin.components.tracker_store import MemoryTrackerStore
from framework_plugin.handover import sentences
from framework_plugin.handover.entry import Reason
from framework_plugin.handover.settings import HandoverSettings
from framework_plugin.memory.audit import read_audit
from tests.handover.receiver import Receiver
from tests.memory.turns import turn
from tests.servers import running

TOKEN = "0123456789abcdef0123456789abcdef"
ODD = "李雷/a b?#%"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> MemoryTrackerStore:
    path = tmp_path_factory.mktemp("desk") / "rasa.db"
    return MemoryTrackerStore(Domain.empty(), db=str(path))


@pytest.fixture(scope="module")
def desk(store: MemoryTrackerStore) -> Desk:
    return Desk(store.memory.repository, HandoverSettings())


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def server(
    store: MemoryTrackerStore,
    receiver: Receiver,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    settings = tmp_path_factory.mktemp("settings") / "handover.yml"
    settings.write_text("idle_minutes: 30\n")
    app = Sanic("handover_api_test")
    app.ctx.agent = SimpleNamespace(
        tracker_store=FailSafeTrackerStore(store), lock_store=InMemoryLockStore()
    )
    api = HandoverApi.from_credentials({"token": TOKEN, "settings": str(settings)})
    callback = CallbackInput(EndpointConfig(receiver.url))
    register([RestInput(), callback, api], app, route="/webhooks/")
    with running(app) as served:
        yield served.url


def call(
    server: str,
    path: str,
    body: dict[str, Any] | bytes | None = None,
    token: str | None = TOKEN,
    method: str | None = None,
) -> tuple[int, Any]:
    """The status and the parsed body of an answer."""
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    data = json.dumps(body).encode() if isinstance(body, dict) else body
    wanted = method or ("GET" if body is None else "POST")
    request = urllib.request.Request(server + path, data, headers, method=wanted)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def waiting(
    store: MemoryTrackerStore, desk: Desk, user: str, channel: str | None = "rest"
) -> int:
    """An entry of a user who has said something; returns its number."""
    asyncio.run(turn(store, f"我叫{user[:2]}，邮费怎么算", user))
    asked = desk.queue.ask(user, user, channel, Reason.ASKED, time.time())
    return asked.entry.id


def said_by_people(store: MemoryTrackerStore, user: str) -> list[str]:
    tracker = asyncio.run(store.retrieve(user))
    return [
        event.text
        for event in tracker.events
        if isinstance(event, BotUttered)
        and event.metadata.get("source", {}).get("kind") == "person"
    ]


def test_a_conversation_is_listed_taken_answered_and_closed(
    server: str, store: MemoryTrackerStore, desk: Desk
) -> None:
    entry = waiting(store, desk, ODD)
    status, content = call(server, "/handovers/")
    assert status == 200
    assert (content["handovers"][-1]["id"], content["handovers"][-1]["sender_id"]) == (
        *(entry, ODD),
    )
    status, shown = call(server, f"/handovers/{entry}")
    assert status == 200
    assert shown["before"][0]["text"].endswith("邮费怎么算")
    assert "用户要找人工" in shown["text"]
    status, taken = call(server, f"/handovers/{entry}/take", {"name": "小林"})
    assert (status, taken["taken_by"]) == (200, "小林")
    status, _ = call(server, f"/handovers/{entry}/reply", {"text": "满68元包邮"})
    assert status == 200
    # The channel only answers: it waits, until it is fetched.
    status, shown = call(server, f"/handovers/{entry}")
    assert [one["text"] for one in shown["pending"]] == [
        *(sentences.taken("小林"), "满68元包邮")
    ]
    status, fetched = call(server, f"/handovers/due/{quote(ODD, safe='')}", b"")
    assert status == 200
    assert fetched["messages"][-1] == {"speaker": "小林", "text": "满68元包邮"}
    assert call(server, f"/handovers/due/{quote(ODD, safe='')}", b"")[1] == {
        "messages": []
    }
    assert said_by_people(store, ODD) == ["满68元包邮"]
    status, closed = call(server, f"/handovers/{entry}/close", b"")
    assert (status, closed["outcome"]) == (200, "done")
    assert entry not in [e["id"] for e in call(server, "/handovers/")[1]["handovers"]]
    listed = call(server, "/handovers/?all=1")[1]["handovers"]
    assert entry in [one["id"] for one in listed]
    with store.memory.repository.reading() as connection:
        noted = [(e.actor, e.action) for e in read_audit(connection, ODD)]
    assert ("http:127.0.0.1", "handover show") in noted
    assert ("http:127.0.0.1", "handover reply") in noted


def test_a_channel_that_can_speak_first_brings_it_at_once(
    server: str, store: MemoryTrackerStore, desk: Desk, receiver: Receiver
) -> None:
    entry = waiting(store, desk, "bob", "callback")
    # As `personal-chat handover` does, in another process.
    desk.take(entry, "小林", "cli:me", time.time())
    desk.reply(entry, "您好，我是小林", "cli:me", time.time())
    receiver.wait_for(2)
    got = [json.loads(body) for _, body in receiver.got]
    assert [(one["recipient_id"], one["text"]) for one in got] == [
        *(("bob", sentences.taken("小林")), ("bob", "您好，我是小林"))
    ]
    deadline = time.monotonic() + 10
    while desk.queue.pending(desk.queue.find(entry)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert said_by_people(store, "bob") == ["您好，我是小林"]
    time.sleep(1.5)
    assert len(receiver.got) == 2


@pytest.mark.parametrize("token", [None, "", "wrong", TOKEN[:-1], f"{TOKEN}0"])
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/handovers/", None),
        ("/handovers/1", None),
        ("/handovers/1/take", {"name": "小林"}),
        ("/handovers/1/reply", {"text": "您好"}),
        ("/handovers/1/close", b""),
        ("/handovers/due/alice", b""),
    ],
)
def test_nobody_gets_in_without_the_token(
    server: str, path: str, body: Any, token: str | None
) -> None:
    status, content = call(server, path, body, token)
    assert status == 401
    assert "Authorization: Bearer" in content["error"]


def test_what_cannot_be_done_is_refused_with_why(
    server: str, store: MemoryTrackerStore, desk: Desk
) -> None:
    entry = waiting(store, desk, "carol")
    assert call(server, "/handovers/9999")[0] == 404
    status, content = call(server, f"/handovers/{entry}/reply", {"text": "您好"})
    assert (status, "Take it first" in content["error"]) == (409, True)
    call(server, f"/handovers/{entry}/take", {"name": "小林"})
    status, content = call(server, f"/handovers/{entry}/take", {"name": "阿梅"})
    assert (status, "with 小林" in content["error"]) == (409, True)
    for body in (b"", b"{", b"[]", {"text": 7}, {"text": "好", "name": "小林"}):
        assert call(server, f"/handovers/{entry}/reply", body)[0] == 400
    assert call(server, f"/handovers/{entry}/reply", {"text": " "})[0] == 409
    assert call(server, f"/handovers/{entry}/reply", b"x" * 20_000)[0] == 413
    assert desk.queue.pending(desk.queue.find(entry))[1:] == []


def test_a_user_whom_nobody_knows_has_nothing_due(server: str) -> None:
    assert call(server, "/handovers/due/nobody", b"") == (200, {"messages": []})


@pytest.mark.parametrize("token", [None, "short", "${HANDOVER_TOKEN}"])
def test_no_server_starts_without_a_secret(tmp_path: Path, token: str | None) -> None:
    (tmp_path / "handover.yml").write_text("")
    keys = {"token": token, "settings": str(tmp_path / "handover.yml")}
    with pytest.raises(ComponentError, match="token"):
        HandoverApi.from_credentials(keys)


def test_no_server_starts_without_the_settings(tmp_path: Path) -> None:
    keys = {"token": TOKEN, "settings": str(tmp_path / "handover.yml")}
    with pytest.raises(ComponentError, match="cannot be read"):
        HandoverApi.from_credentials(keys)
    with pytest.raises(ComponentError, match="Unknown key 'tokens'"):
        HandoverApi.from_credentials({"tokens": TOKEN})
