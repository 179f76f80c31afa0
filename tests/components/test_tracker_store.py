"""The tracker store on real databases: nothing lost, nothing doubled, users apart."""

import json
import logging
import sqlite3
import time

import pytest
from rasa.core.tracker_store import (
    FailSafeTrackerStore,
    SQLTrackerStore,
    TrackerStore,
)
from rasa.shared.core.events import (
    BotUttered,
    SessionStarted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

from framework_plugin.components.memory_tracker import MemoryTracker
from framework_plugin.components.tracker_store import MemoryTrackerStore
from framework_plugin.corpus.dialogue import Speaker, Turn
from framework_plugin.corpus.user_context import FactKind
from framework_plugin.errors import MemoryStoreError, SettingsError
from tests.components.talking import (
    DOMAIN,
    begin_session,
    facts,
    open_store,
    say,
    texts,
    turn,
)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "memory" / "rasa.db"


@pytest.fixture
def store(path):
    return open_store(path)


def rasa_store(path):
    return SQLTrackerStore(DOMAIN, db=str(path))


async def test_what_was_told_is_known_after_a_restart(store, path):
    await turn(store, "alice", "我叫欧阳翀，住在成都")
    tracker = await open_store(path).retrieve("alice")
    assert facts(tracker, FactKind.NAME) == ("欧阳翀",)
    assert facts(tracker, FactKind.CITY) == ("成都",)


async def test_facts_carry_the_time_of_the_message(store):
    tracker = await store.get_or_create_tracker("alice")
    said = 1_700_000_000.123456
    tracker.update(UserUttered("我叫小鱼", timestamp=said))
    await store.save(tracker)
    again = await store.retrieve("alice")
    assert [f.said_at for f in again.user_context.facts] == [said]


async def test_a_correction_replaces_and_likes_join(store):
    for text in ("我叫小明", "我喜欢咖啡", "我也喜欢攀岩", "不对，我叫小亮"):
        await turn(store, "alice", text)
    tracker = await store.retrieve("alice")
    assert facts(tracker, FactKind.NAME) == ("小亮",)
    assert facts(tracker, FactKind.LIKE) == ("咖啡", "攀岩")


async def test_what_was_forgotten_stays_forgotten(store, path):
    for text in ("我叫小明，喜欢咖啡", "忘掉我的名字"):
        await turn(store, "alice", text)
    await turn(store, "alice", "今天天气不错")
    tracker = await open_store(path).retrieve("alice")
    assert facts(tracker, FactKind.NAME) == ()
    assert facts(tracker, FactKind.LIKE) == ("咖啡",)


async def test_two_users_are_never_mixed(store):
    for user, name in (("alice", "小爱"), ("bob", "小博")) * 3:
        await turn(store, user, f"我叫{name}", f"你好{name}")
    for user, name, other in (("alice", "小爱", "小博"), ("bob", "小博", "小爱")):
        tracker = await store.retrieve(user)
        assert facts(tracker, FactKind.NAME) == (name,)
        assert other not in json.dumps(
            [e.as_dict() for e in tracker.events], ensure_ascii=False
        )


async def test_no_turn_is_lost_or_doubled_over_many_turns_and_restarts(path):
    said = [f"第{i}句😀𠮷" for i in range(30)]
    for number, text in enumerate(said):
        store = open_store(path)
        tracker = await store.get_or_create_tracker("alice")
        if number % 7 == 0:
            begin_session(tracker)
        say(tracker, text, f"答{number}")
        await store.save(tracker)
        await store.save(tracker)
    full = await open_store(path).retrieve_full_tracker("alice")
    assert texts(full) == said
    assert texts(full, BotUttered) == [f"答{i}" for i in range(30)]


async def test_two_stores_on_one_file_lose_nothing(path):
    one, other = open_store(path), open_store(path)
    await turn(one, "alice", "开头")
    first, second = await one.retrieve("alice"), await other.retrieve("alice")
    say(first, "从第一个来")
    say(second, "从第二个来")
    await one.save(first)
    await other.save(second)
    assert texts(await one.retrieve("alice")) == ["开头", "从第一个来", "从第二个来"]


async def test_a_tracker_saved_through_another_store_is_not_doubled(path):
    one, other = open_store(path), open_store(path)
    await turn(one, "alice", "你好")
    tracker = await one.retrieve("alice")
    say(tracker, "再见")
    await other.save(tracker)
    assert texts(await one.retrieve("alice")) == ["你好", "再见"]


async def test_a_tracker_rebuilt_from_a_dump_is_not_doubled(store):
    await turn(store, "alice", "你好")
    stored = await store.retrieve("alice")
    dump = [e.as_dict() for e in stored.events]
    rebuilt = DialogueStateTracker.from_dict("alice", dump, DOMAIN.slots)
    say(rebuilt, "还有一句")
    for _ in range(2):
        await store.save(rebuilt)
        assert texts(await store.retrieve("alice")) == ["你好", "还有一句"]


async def test_generated_reply_is_never_persisted(store, path):
    tracker = await store.get_or_create_tracker("alice")
    begin_session(tracker)
    say(tracker, "你好")
    tracker.update(SlotSet("topic", "茶"))
    await store.save(tracker)
    again = await store.retrieve("alice")
    slots = [e.key for e in again.events if isinstance(e, SlotSet)]
    assert slots == ["topic"]
    assert again.get_slot("topic") == "茶"
    with sqlite3.connect(path) as raw:
        (count,) = raw.execute(
            "SELECT count(*) FROM events WHERE data LIKE '%generated_reply%'"
        ).fetchone()
    assert count == 0


async def test_rasas_store_reads_ours_and_ours_reads_rasas(store, path):
    await turn(store, "alice", "我叫小鱼🐟")
    theirs = rasa_store(path)
    tracker = await theirs.retrieve("alice")
    say(tracker, "我喜欢龙井")
    tracker.events = type(tracker.events)(
        e for e in tracker.events if not _is_generated(e)
    )
    await theirs.save(tracker)
    back = await store.retrieve("alice")
    assert texts(back) == ["我叫小鱼🐟", "我喜欢龙井"]


def _is_generated(event):
    return isinstance(event, SlotSet) and event.key == "generated_reply"


async def test_a_database_of_rasas_store_is_taken_over_with_its_indexes(path):
    path.parent.mkdir()
    theirs = rasa_store(path)
    tracker = await theirs.get_or_create_tracker("alice")
    begin_session(tracker)
    tracker.update(UserUttered("旧话"))
    await theirs.save(tracker)
    store = open_store(path)
    assert texts(await store.retrieve("alice")) == ["旧话"]
    with sqlite3.connect(path) as raw:
        names = {row[1] for row in raw.execute("PRAGMA index_list('events')")}
    assert "ix_events_sender_id_id" in names


async def test_a_session_has_the_same_events_as_in_rasas_store(store, path):
    for text in ("昨天", "今天"):
        tracker = await store.get_or_create_tracker("alice", append_action_listen=False)
        begin_session(tracker)
        say(tracker, text)
        await store.save(tracker)
    ours = await store.retrieve("alice")
    assert texts(ours) == ["今天"]
    assert ours.events[0].action_name == "action_session_start"
    assert isinstance(ours.events[1], SessionStarted)
    theirs = await rasa_store(path).retrieve("alice")
    assert list(ours.events)[1:] == list(theirs.events)


async def test_earlier_sessions_come_with_the_tracker_and_its_copies(store):
    for text in ("我想学做桂花糕", "今天好累"):
        tracker = await store.get_or_create_tracker("alice", append_action_listen=False)
        begin_session(tracker)
        say(tracker, text)
        await store.save(tracker)
    tracker = await store.retrieve("alice")
    assert isinstance(tracker, MemoryTracker)
    earlier = tracker.user_context.earlier_turns
    assert earlier == (Turn(Speaker.USER, "我想学做桂花糕"), Turn(Speaker.BOT, "好呀"))
    for copy in (tracker.copy(), tracker.travel_back_in_time(time.time())):
        assert copy.user_context == tracker.user_context


async def test_a_damaged_row_is_skipped_and_named(store, path, caplog):
    await turn(store, "alice", "第一句")
    await turn(store, "alice", "第二句")
    with sqlite3.connect(path) as raw:
        raw.execute(
            "UPDATE events SET data='{broken' WHERE id ="
            " (SELECT min(id) FROM events WHERE type_name='user')"
        )
        raw.execute(
            "INSERT INTO events (sender_id, type_name, timestamp, data)"
            """ VALUES ('alice', 'moon', 1.0, '{"event": "moon"}')"""
        )
    with caplog.at_level(logging.WARNING):
        tracker = await store.retrieve("alice")
    assert texts(tracker) == ["第二句"]
    assert caplog.text.count("was skipped") == 2
    say(tracker, "第三句")
    await store.save(tracker)
    assert texts(await store.retrieve("alice")) == ["第二句", "第三句"]


async def test_a_failed_retrieve_does_not_lose_the_turn_that_follows(store, path):
    await turn(store, "alice", "我叫小鱼")
    safe = FailSafeTrackerStore(open_store(path))
    with sqlite3.connect(path) as raw:
        raw.execute("ALTER TABLE user_facts RENAME TO away")
    tracker = await safe.get_or_create_tracker("alice", append_action_listen=False)
    assert texts(tracker) == []
    with sqlite3.connect(path) as raw:
        raw.execute("ALTER TABLE away RENAME TO user_facts")
    begin_session(tracker)
    say(tracker, "我喜欢龙井")
    await safe.save(tracker)
    full = await store.retrieve_full_tracker("alice")
    assert texts(full) == ["我叫小鱼", "我喜欢龙井"]
    assert facts(full, FactKind.NAME) == ("小鱼",)
    assert facts(full, FactKind.LIKE) == ("龙井",)


async def test_a_turn_is_stored_whole_or_not_at_all(store, path):
    tracker = await store.get_or_create_tracker("alice")
    with sqlite3.connect(path) as raw:
        raw.execute("ALTER TABLE user_facts RENAME TO away")
    say(tracker, "我叫小鱼")
    await store.save(tracker)
    with sqlite3.connect(path) as raw:
        raw.execute("ALTER TABLE away RENAME TO user_facts")
        assert raw.execute("SELECT count(*) FROM events").fetchone() == (1,)
    assert texts(await store.retrieve("alice")) == ["我叫小鱼"]


async def test_turns_of_an_outage_are_written_when_it_is_over(store, path):
    await turn(store, "alice", "断开以前")
    safe = FailSafeTrackerStore(store)
    with sqlite3.connect(path) as raw:
        raw.execute("ALTER TABLE user_facts RENAME TO away")
    for user, text in (("alice", "我叫小爱"), ("bob", "我叫小博"), ("alice", "还在吗")):
        await turn(safe, user, text)
    with sqlite3.connect(path) as raw:
        raw.execute("ALTER TABLE away RENAME TO user_facts")
    await turn(safe, "alice", "回来了")
    for user, name, said in (
        ("alice", "小爱", ["断开以前", "我叫小爱", "还在吗", "回来了"]),
        ("bob", "小博", ["我叫小博"]),
    ):
        full = await store.retrieve_full_tracker(user)
        assert texts(full) == said
        assert facts(full, FactKind.NAME) == (name,)


async def test_an_unknown_user_is_none_and_does_not_exist(store):
    assert await store.retrieve("nobody") is None
    assert not await store.exists("nobody")


async def test_new_events_go_to_the_event_broker_once(path):
    class Broker:
        def __init__(self):
            self.published = []

        def publish(self, event):
            self.published.append(event)

    broker = Broker()
    store = MemoryTrackerStore(DOMAIN, event_broker=broker, db=str(path))
    await turn(store, "alice", "你好")
    await turn(store, "alice", "再见")
    said = [e["text"] for e in broker.published if e["event"] == "user"]
    assert said == ["你好", "再见"]
    assert {e["sender_id"] for e in broker.published} == {"alice"}


async def test_endpoints_name_the_store_as_any_other(path):
    endpoint = EndpointConfig(
        type="framework_plugin.components.tracker_store.MemoryTrackerStore",
        dialect="sqlite",
        db=str(path),
    )
    store = TrackerStore.create(endpoint, DOMAIN)
    assert type(store) is MemoryTrackerStore
    await turn(store, "alice", "我叫小鱼")
    assert "alice" in await store.keys()


def test_an_unknown_key_is_named_with_the_valid_ones(path):
    with pytest.raises(SettingsError, match=r"'datebase'.*dialect"):
        MemoryTrackerStore(DOMAIN, datebase=str(path))


def test_a_database_that_cannot_be_opened_is_an_error_at_start(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(MemoryStoreError, match=r"rasa\.db"):
        open_store(tmp_path / "file" / "rasa.db")
    with pytest.raises(MemoryStoreError, match="driver") as failure:
        MemoryTrackerStore(
            DOMAIN, dialect="oracle", host="localhost", password="geheim"
        )
    assert "geheim" not in str(failure.value)
