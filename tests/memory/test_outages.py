"""The database goes away in mid conversation: users are answered, nothing is lost."""

import asyncio
import json
import socket
import sqlite3
import time

import pytest
import sqlalchemy as sa
from rasa.core.tracker_store import FailSafeTrackerStore
from rasa.shared.core.domain import Domain

from framework_plugin.components.tracker_store import MemoryTrackerStore
from framework_plugin.corpus.user_context import FactKind
from framework_plugin.memory import pooling
from tests.memory.turns import said, turn

DOMAIN = Domain.empty()


async def stored(store, user="alice"):
    return said(await store.retrieve_full_tracker(user))


@pytest.mark.slow
async def test_postgresql_stopped_and_started_in_mid_conversation(
    postgres, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    store = MemoryTrackerStore(DOMAIN, host=postgres.url)
    safe = FailSafeTrackerStore(store)
    await turn(safe, "我叫小鱼")
    postgres.stop()
    assert await turn(safe, "还在吗") == ["我叫小鱼"]
    assert await turn(safe, "我喜欢龙井") == ["我叫小鱼", "还在吗"]
    meanwhile = (await safe.retrieve("alice")).user_context
    assert meanwhile.values(FactKind.NAME) == ("小鱼",)
    assert meanwhile.values(FactKind.LIKE) == ("龙井",)
    await turn(safe, "我也在", "bob")
    assert list(tmp_path.glob("*.unsaved.jsonl"))
    postgres.start()
    # What waited is read already, before anything else is written.
    assert await turn(safe, "回来了") == ["我叫小鱼", "还在吗", "我喜欢龙井"]
    assert await stored(store) == ["我叫小鱼", "还在吗", "我喜欢龙井", "回来了"]
    assert await stored(store, "bob") == ["我也在"]
    facts = (await store.retrieve("alice")).user_context
    assert facts.values(FactKind.NAME) == ("小鱼",)
    assert facts.values(FactKind.LIKE) == ("龙井",)
    assert not list(tmp_path.glob("*.unsaved.jsonl"))


@pytest.mark.slow
async def test_a_server_that_does_not_answer_is_called_once_and_found_when_it_is_back(
    postgres, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    store = MemoryTrackerStore(DOMAIN, host=f"{postgres.url}?connect_timeout=2")
    safe = FailSafeTrackerStore(store)
    await turn(safe, "我叫小鱼")
    postgres.stop()
    with socket.create_server(("127.0.0.1", postgres.port)) as silent:
        began = time.monotonic()
        assert await turn(safe, "还在吗") == ["我叫小鱼"]
        assert await turn(safe, "喂") == ["我叫小鱼", "还在吗"]
        assert time.monotonic() - began < 4.0
        silent.settimeout(0.0)
        silent.accept()[0].close()
        with pytest.raises(BlockingIOError):
            silent.accept()
    postgres.start()
    await asyncio.sleep(2.0 * 2.5)
    assert await turn(safe, "回来了") == ["我叫小鱼", "还在吗", "喂"]
    assert await stored(store) == ["我叫小鱼", "还在吗", "喂", "回来了"]


@pytest.mark.slow
async def test_a_killed_connection_is_noticed_before_it_is_used(postgres):
    store = MemoryTrackerStore(DOMAIN, host=postgres.url)
    await turn(store, "一")
    kill_connections(postgres.url)
    assert await turn(store, "二") == ["一"]
    assert await stored(store) == ["一", "二"]


@pytest.mark.slow
async def test_a_connection_that_died_without_a_word_is_noticed_when_long_unused(
    postgres, monkeypatch
):
    store = MemoryTrackerStore(DOMAIN, host=postgres.url)
    await turn(store, "一")
    kill_connections(postgres.url)
    monkeypatch.setattr(pooling, "_has_news", lambda connection: False)
    monkeypatch.setattr(pooling, "_TRUSTED", 0.0)
    assert await turn(store, "二") == ["一"]
    assert await stored(store) == ["一", "二"]


@pytest.mark.slow
async def test_a_turn_that_the_database_refuses_holds_up_no_other(
    postgres, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    store = MemoryTrackerStore(DOMAIN, host=postgres.url)
    await turn(store, "太长", "a" * 300)  # The column has 255 characters.
    await turn(store, "一")
    assert await stored(store) == ["一"]
    (aside,) = tmp_path.glob("*.unsaved.jsonl.damaged")
    kept = [json.loads(line) for line in aside.read_text().splitlines()]
    assert next(entry["event"].get("text") for entry in kept) == "太长"
    assert not list(tmp_path.glob("*.unsaved.jsonl"))


async def test_turns_of_an_outage_survive_the_process(tmp_path):
    path = tmp_path / "rasa.db"
    store = MemoryTrackerStore(DOMAIN, db=str(path))
    await turn(store, "断开以前")
    away(path)
    for user, text in (("alice", "我叫小爱"), ("bob", "我叫小博"), ("alice", "在吗")):
        await turn(FailSafeTrackerStore(store), text, user)
    store.engine.dispose()
    back(path)
    again = MemoryTrackerStore(DOMAIN, db=str(path))
    tracker = await again.retrieve("alice")
    assert said(tracker) == ["断开以前", "我叫小爱", "在吗"]
    assert tracker.user_context.values(FactKind.NAME) == ("小爱",)
    assert await stored(again, "bob") == ["我叫小博"]


async def test_a_locked_database_delays_no_other_conversation_and_loses_nothing(
    tmp_path, monkeypatch
):
    monkeypatch.setattr("framework_plugin.memory.database._BUSY_MILLISECONDS", 50)
    path = tmp_path / "rasa.db"
    store = MemoryTrackerStore(DOMAIN, db=str(path))
    safe = FailSafeTrackerStore(store)
    with sqlite3.connect(path, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        await turn(safe, "锁着")
        other.execute("COMMIT")
    await turn(safe, "开了")
    assert await stored(store) == ["锁着", "开了"]


def kill_connections(url):
    with sa.create_engine(url).connect() as other:
        other.execute(
            sa.text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )
        )


def away(path):
    with sqlite3.connect(path) as raw:
        raw.execute("ALTER TABLE user_facts RENAME TO away")


def back(path):
    with sqlite3.connect(path) as raw:
        raw.execute("ALTER TABLE away RENAME TO user_facts")
