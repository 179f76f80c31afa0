"""The memory over HTTP: a real Sanic server with Rasa's own registration."""

import asyncio
import json
import urllib.error
import urllib.request
from types import SimpleNamespace
from urllib.parse import quote

import pytest
from rasa.core.channels.channel import register
from rasa.core.tracker_store import FailSafeTrackerStore
from rasa.core.utils import AvailableEndpoints  # noqa: F401
from rasa.shared.core.domain import Domain
from sanic import Sanic

from framework_plugin.components.memory_api import MemoryApi
from framework_plugin.components.readable_errors import ComponentError
from framework_plugin.components.tracker_store import MemoryTrackerStore
from framework_plugin.memory.audit import read_audit
from tests.memory.turns import turn
from tests.servers import running

TOKEN = "0123456789abcdef0123456789abcdef"
ODD = "李雷/a b?#%"


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    path = tmp_path_factory.mktemp("api") / "rasa.db"
    store = MemoryTrackerStore(Domain.empty(), db=str(path))
    for user, text in (
        ("alice", "我叫欧阳翀，喜欢攀岩"),
        ("bob", "我叫阿宝"),
        (ODD, "我住在成都"),
    ):
        asyncio.run(turn(store, text, user))
    return store


@pytest.fixture(scope="module")
def server(store):
    app = Sanic("memory_api_test")
    app.ctx.agent = SimpleNamespace(tracker_store=FailSafeTrackerStore(store))
    register([MemoryApi.from_credentials({"token": TOKEN})], app, route="/webhooks/")
    with running(app) as served:
        yield served.url


def call(server, path, method="GET", body=None, token=TOKEN):
    """The status and the parsed body of an answer."""
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    data = json.dumps(body).encode() if isinstance(body, dict) else body
    request = urllib.request.Request(server + path, data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def facts(server, user):
    status, content = call(server, f"/users/{quote(user, safe='')}/memory")
    assert status == 200
    assert content["user"] == user
    return {fact["value"]: fact for fact in content["facts"]}


def audited(store, user):
    with store.memory.repository.reading() as connection:
        return [(e.actor, e.action) for e in read_audit(connection, user)]


def test_facts_are_shown_of_that_user_only_and_it_is_written_down(server, store):
    assert set(facts(server, "alice")) == {"欧阳翀", "攀岩"}
    assert set(facts(server, ODD)) == {"成都"}
    assert facts(server, "nobody") == {}
    assert audited(store, ODD) == [("http:127.0.0.1", "show")]


@pytest.mark.parametrize("token", [None, "", "wrong", TOKEN[:-1], f"{TOKEN}0", "密"])
@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("/users/alice/memory", "GET"),
        ("/users/alice/memory", "DELETE"),
        ("/users/alice/memory/export", "GET"),
        ("/users/alice/memory/facts/1", "PATCH"),
        ("/users/alice/memory/facts/1", "DELETE"),
    ],
)
def test_nobody_gets_in_without_the_token(server, path, method, token):
    if token == "密":
        token = token.encode().decode("latin-1")
    status, content = call(server, path, method, token=token)
    assert status == 401
    assert "Authorization: Bearer" in content["error"]
    assert "欧阳翀" in facts(server, "alice")


def test_the_export_holds_what_was_said(server):
    status, content = call(server, "/users/alice/memory/export")
    assert status == 200
    assert content["conversation"][0]["text"] == "我叫欧阳翀，喜欢攀岩"


def test_one_fact_is_corrected_and_one_removed(server, store):
    asyncio.run(turn(store, "我叫小鱼，喜欢龙井", "carol"))
    known = facts(server, "carol")
    path = f"/users/carol/memory/facts/{known['小鱼']['id']}"
    status, content = call(server, path, "PATCH", {"value": "小雨"})
    assert (status, content["value"]) == (200, "小雨")
    path = f"/users/carol/memory/facts/{known['龙井']['id']}"
    assert call(server, path, "DELETE")[0] == 200
    assert set(facts(server, "carol")) == {"小雨"}
    assert call(server, path, "DELETE")[0] == 404
    assert ("http:127.0.0.1", "correct") in audited(store, "carol")
    assert ("http:127.0.0.1", "remove") in audited(store, "carol")


def test_a_fact_of_another_user_is_out_of_reach(server):
    of_bob = facts(server, "bob")["阿宝"]["id"]
    path = f"/users/alice/memory/facts/{of_bob}"
    assert call(server, path, "PATCH", {"value": "小偷"})[0] == 404
    assert call(server, path, "DELETE")[0] == 404
    assert set(facts(server, "bob")) == {"阿宝"}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        ({"value": 7}, 400),
        ({"value": "小雨", "kind": "city"}, 400),
        ({"value": ""}, 422),
        ({"value": "x" * 21}, 422),
        ({"value": "13812345678"}, 422),
        ({"value": "<script>"}, 422),
        (b"x" * 1_025, 413),
        (b"x" * 300_000, 413),
    ],
)
def test_a_body_that_cannot_be_used_is_refused_with_what_to_do(server, body, status):
    fact = facts(server, "bob")["阿宝"]["id"]
    answer, content = call(server, f"/users/bob/memory/facts/{fact}", "PATCH", body)
    assert answer == status
    assert len(content["error"]) > 20
    assert set(facts(server, "bob")) == {"阿宝"}


def test_an_id_that_no_user_can_have_is_refused(server):
    assert call(server, f"/users/{'x' * 256}/memory")[0] == 400
    assert call(server, "/users/%20/memory")[0] == 400


def test_who_is_forgotten_is_gone_from_the_process_too(server, store):
    asyncio.run(turn(store, "我叫小狸，电话13812345678", "dave"))
    status, content = call(server, "/users/dave/memory", "DELETE")
    assert (status, content["facts"]) == (200, 1)
    assert facts(server, "dave") == {}
    assert asyncio.run(store.retrieve("dave")) is None
    assert store._recent.of("dave", store.domain.slots) is None
    assert ("http:127.0.0.1", "forget") in audited(store, "dave")


@pytest.mark.parametrize(
    "token", [None, "short", "${MEMORY_API_TOKEN}", 12345678901234567]
)
def test_no_server_starts_without_a_secret(token):
    with pytest.raises(ComponentError, match="token"):
        MemoryApi.from_credentials({"token": token})
