"""The repository on a real SQLite file and a real PostgreSQL server."""

import json
import threading

import pytest
import sqlalchemy as sa

from framework_plugin.corpus.dialogue import Speaker, Turn
from framework_plugin.corpus.user_context import FactKind, UserContext
from framework_plugin.errors import MemoryStoreError
from framework_plugin.memory.changes import FactChange, Operation
from framework_plugin.memory.database import open_engine
from framework_plugin.memory.fact_rows import FACTS
from framework_plugin.memory.history import (
    SESSION_QUERY,
    TURNS_BEFORE_SESSION,
    TURNS_BEFORE_TIME,
)
from framework_plugin.memory.repository import Forgotten, MemoryRepository
from framework_plugin.memory.snapshots import BEFORE, BEHIND, SINCE_NEWEST
from framework_plugin.memory.tables import events

NAME, LIKE = FactKind.NAME, FactKind.LIKE


def name(value):
    return [FactChange.telling(NAME, value)]


def like(value):
    return [FactChange.telling(LIKE, value)]


def event(user, kind, at, text=None):
    data = {"event": kind, "timestamp": at, "text": text}
    return {
        "sender_id": user,
        "type_name": kind,
        "timestamp": at,
        "data": json.dumps(data),
    }


def write(engine, *rows):
    with engine.begin() as connection:
        for row in rows:
            connection.execute(sa.insert(events).values(**row))


def session(user, start, *texts):
    rows = [event(user, "session_started", start)]
    for number, text in enumerate(texts):
        rows.append(event(user, "user", start + number + 0.25, text))
        rows.append(event(user, "action", start + number + 0.5))
        rows.append(event(user, "bot", start + number + 0.75, f"答{text}"))
    return rows


def check_facts_live_and_die(repository, reopened):
    at = 1_789_000_000.123456
    repository.learn("alice", name("欧阳翀𠮷😀"), at)
    repository.learn("alice", like("Jazz"), at + 1)
    repository.learn("alice", like("jazz"), at + 2)
    repository.learn("alice", like("攀岩"), at + 3)
    repository.learn("bob", name("小博"), at)
    known = reopened.user_context("alice")
    assert known.values(NAME) == ("欧阳翀𠮷😀",)
    assert known.values(LIKE) == ("jazz", "攀岩")
    assert known.facts[0].said_at == at
    repository.learn("alice", name("小鱼"), at + 4)
    assert reopened.user_context("alice").values(NAME) == ("小鱼",)
    assert repository.forget("alice").facts == 5  # the old name, and Jazz
    assert reopened.user_context("alice") == UserContext("alice")
    assert reopened.user_context("bob").value(NAME) == "小博"
    assert list(reopened.users()) == ["bob"]


def test_facts_live_in_a_file_until_they_are_forgotten(repository, engine):
    check_facts_live_and_die(repository, MemoryRepository(open_engine(engine.url)))


@pytest.mark.slow
def test_facts_live_in_postgresql_until_they_are_forgotten(postgres_url):
    engine = open_engine(postgres_url)
    repository = MemoryRepository(engine)
    repository.migrate()
    repository.migrate()
    check_facts_live_and_die(repository, MemoryRepository(open_engine(postgres_url)))
    write(engine, *session("pia", 100.0, "旧😀"), *session("pia", 200.0, "新"))
    turns = repository.user_context("pia").earlier_turns
    assert turns == (Turn(Speaker.USER, "旧😀"), Turn(Speaker.BOT, "答旧😀"))
    names = {i["name"] for i in sa.inspect(engine).get_indexes("events")}
    assert "ix_events_sender_id_id" in names


def test_earlier_turns_are_those_before_the_latest_session(repository, engine):
    write(engine, *session("alice", 100.0, "一", "二"), *session("alice", 200.0, "三"))
    write(engine, *session("bob", 150.0, "别人的"))
    said = [turn.text for turn in repository.user_context("alice").earlier_turns]
    assert said == ["一", "答一", "二", "答二"]
    limited = repository.user_context("alice", earlier_turns=1)
    assert limited.earlier_turns == (Turn(Speaker.BOT, "答二"),)
    before = repository.user_context("alice", before=101.0).earlier_turns
    assert [turn.text for turn in before] == ["一", "答一"]


def test_buttons_and_damaged_rows_are_no_earlier_turns(repository, engine, caplog):
    rows = session("alice", 100.0, "/greet", "你好")
    rows[2]["data"] = "{broken"
    rows[1]["data"] = json.dumps({"event": "user", "text": "/greet"})
    rows[3]["data"] = "{broken"
    write(engine, *rows, *session("alice", 200.0))
    said = [turn.text for turn in repository.user_context("alice").earlier_turns]
    assert said == ["你好", "答你好"]
    assert "damaged" in caplog.text


def test_forgetting_removes_facts_and_conversations_of_one_user(repository, engine):
    write(engine, *session("alice", 100.0, "一"), *session("bob", 100.0, "二"))
    repository.learn("alice", name("小爱"), 100.0)
    assert repository.forget("alice") == Forgotten(facts=1, events=4)
    assert repository.forget("alice") == Forgotten(facts=0, events=0)
    assert list(repository.users()) == ["bob"]


def test_a_removal_reaches_the_database(repository):
    repository.learn("alice", like("咖啡") + like("茶"), 1.0)
    repository.learn("alice", [FactChange(Operation.REMOVE, LIKE, "咖啡")], 2.0)
    assert repository.user_context("alice").values(LIKE) == ("茶",)
    repository.learn("alice", [FactChange(Operation.CLEAR)], 3.0)
    assert repository.user_context("alice").facts == ()


def plan(engine, query):
    compiled = query.compile(engine, compile_kwargs={"literal_binds": True})
    with engine.connect() as connection:
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}")
        return [row[-1] for row in rows]


def test_no_query_of_a_turn_walks_through_the_table(repository, engine):
    for query, values in (
        (TURNS_BEFORE_SESSION, {"limit": 20}),
        (TURNS_BEFORE_TIME, {"limit": 20, "before": 100.0}),
        (SESSION_QUERY, {}),
        (BEFORE, {"others": 14}),
        (SINCE_NEWEST, {"most": 10}),
        (BEHIND, {"event_id": 100}),
        (FACTS, {}),
    ):
        steps = plan(engine, query.params(user="alice", **values))
        assert any("INDEX" in step for step in steps)
        # What was limited before may be scanned and sorted, but no table.
        tables = ("events", "user_facts", "tracker_snapshots")
        assert not any(step.startswith(f"SCAN {t}") for t in tables for step in steps)


def test_writers_wait_for_each_other(repository, engine):
    def learn(number):
        MemoryRepository(engine).learn("alice", like(f"茶{number}"), float(number))

    threads = [threading.Thread(target=learn, args=(n,)) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(repository.user_context("alice").values(LIKE)) == 12


def test_a_database_without_tables_is_named(tmp_path):
    repository = MemoryRepository(open_engine(f"sqlite:///{tmp_path}/empty.db"))
    with pytest.raises(MemoryStoreError, match=r"read .*empty\.db"):
        repository.user_context("alice")
