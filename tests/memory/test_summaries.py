"""What remains of a session when the next one begins, or when it leaves."""

import json

import pytest
import sqlalchemy as sa

from framework_plugin.memory.archive import Archive
from framework_plugin.memory.history import append_events, newest_session
from framework_plugin.memory.repository import MemoryRepository
from framework_plugin.memory.summaries import all_summaries, summarise_before
from framework_plugin.memory.tables import session_summaries
from tests.memory.conftest import emptied
from tests.memory.test_plans import say
from tests.memory.test_search import terms_of, told

NOON = 1_790_000_000.0


def event(repository, user, kind, at, **more):
    data = json.dumps({"event": kind, "timestamp": at, **more})
    row = {"sender_id": user, "type_name": kind, "timestamp": at, "data": data}
    with repository.writing() as connection:
        append_events(connection, [row])


def begin(repository, at, user="alice"):
    """Opens a session, which ends the one before."""
    event(repository, user, "session_started", at)
    with repository.writing() as connection:
        opened = newest_session(connection, user)
        summarise_before(connection, user, opened)
        summarise_before(connection, user, opened)


def summaries(repository, user="alice"):
    with repository.reading() as connection:
        return all_summaries(connection, [user])


def talk(repository):
    """Two sessions and the beginning of a third."""
    begin(repository, NOON)
    say(repository, "alice", "我下周要面试，好紧张", NOON + 1)
    told(repository, "alice", "面试的公司在成都", NOON + 2)
    told(repository, "alice", "成都的房租贵吗？", NOON + 3)
    unknown = {"source": {"kind": "unknown"}}
    event(repository, "alice", "bot", NOON + 4, text="没懂", metadata=unknown)
    begin(repository, NOON + 100_000)
    told(repository, "alice", "今天爬山去了，真开心", NOON + 100_001)
    begin(repository, NOON + 200_000)


def check_summaries(repository):
    talk(repository)
    first, second = summaries(repository)
    assert set(first.topics[:2]) == {"面试", "成都"}
    assert first.mood == -1.0
    assert [plan["plan"] for plan in first.plans] == ["面试"]
    assert first.questions == ("成都的房租贵吗？",)
    assert (first.started_at, first.ended_at) == (NOON + 1, NOON + 3)
    assert first.first_event_id < first.last_event_id < second.first_event_id
    assert (second.topics, second.mood, second.plans) == (("爬山",), 1.0, ())


def test_a_session_is_summarised_once_when_the_next_begins(repository):
    check_summaries(repository)


def test_the_sessions_of_a_person_are_those_of_all_senders(repository):
    begin(repository, NOON, "wx")
    say(repository, "wx", "我下周要去敦煌面试", NOON + 1)
    begin(repository, NOON + 100, "web")
    say(repository, "web", "敦煌的酒店贵不贵", NOON + 101)
    repository.link("wx", "web", NOON + 150)
    begin(repository, NOON + 200, "wx")
    begin(repository, NOON + 300, "web")
    assert repository.sessions("wx") == repository.sessions("web")
    told, asked = repository.sessions("web")
    assert (told.sender_id, asked.sender_id) == ("wx", "web")
    assert [plan["plan"] for plan in told.plans] == ["去敦煌面试"]
    assert asked.plans == ()


def test_what_a_person_wants_forgotten_is_forgotten_on_every_channel(repository):
    repository.link("wx", "web", NOON)
    begin(repository, NOON, "wx")
    say(repository, "wx", "我喜欢爬山，下周要面试", NOON + 1)
    begin(repository, NOON + 100, "wx")
    say(repository, "wx", "我叫小雨，周末去露营", NOON + 101)
    say(repository, "web", "别记我喜欢爬山了", NOON + 200)
    assert repository.recall("wx", "爬山", NOON + 201) == ()
    assert repository.recall("wx", "露营", NOON + 201)
    say(repository, "web", "忘掉关于我的一切", NOON + 300)
    say(repository, "wx", "我在敦煌", NOON + 400)
    assert repository.sessions("web") == []
    for _ in range(2):
        assert terms_of(repository, "wx") == {"敦煌"}
        assert repository.recall("wx", "露营", NOON + 401) == ()
        assert repository.export("wx")["facts"] == []
        repository.index()


@pytest.mark.slow
@pytest.mark.parametrize("server", ["postgres_url", "mariadb_url"])
def test_sessions_are_summarised_on_a_server(server, request):
    url = request.getfixturevalue(server)
    repository = MemoryRepository(emptied(url))
    repository.migrate()
    check_summaries(repository)
    emptied(url)


def test_a_session_without_content_has_no_summary(repository):
    begin(repository, NOON)
    told(repository, "alice", "你好", NOON + 1)
    begin(repository, NOON + 2)
    assert summaries(repository) == []


def test_what_was_to_be_forgotten_is_in_no_summary(repository):
    begin(repository, NOON)
    told(repository, "alice", "我喜欢爬山", NOON + 1)
    told(repository, "alice", "下周要面试，好难过", NOON + 2)
    told(repository, "alice", "刚才说的别记", NOON + 3)
    begin(repository, NOON + 100)
    (one,) = summaries(repository)
    assert (one.topics, one.mood, one.plans) == (("爬山",), None, ())
    told(repository, "alice", "忘掉关于我的一切", NOON + 101)
    assert summaries(repository) == []


def test_the_cost_of_a_summary_does_not_grow_with_the_session(repository, engine):
    begin(repository, NOON)
    rows = [
        {
            "sender_id": "alice",
            "type_name": "user",
            "timestamp": NOON + n,
            "data": json.dumps({"event": "user", "timestamp": NOON + n, "text": "茶"}),
        }
        for n in range(1000)
    ]
    with repository.writing() as connection:
        append_events(connection, rows)
    read = []
    sa.event.listen(
        engine, "after_cursor_execute", lambda *a: read.append(a[2].lower()[:6])
    )
    begin(repository, NOON + 2000)
    assert len(read) < 20


def test_retention_leaves_a_summary_and_nothing_to_find(repository, tmp_path):
    talk(repository)
    with repository.writing() as connection:
        connection.execute(sa.delete(session_summaries))
    assert repository.retire(NOON + 150_000, Archive(tmp_path)).events > 0
    assert len(summaries(repository)) == 2
    assert summaries(repository)[0].plans[0]["plan"] == "面试"
    assert terms_of(repository) == set()
    assert repository.recall("alice", "面试", NOON) == ()


def test_export_shows_what_remains_and_forget_leaves_no_byte(repository, engine):
    talk(repository)
    told(repository, "bob", "我想去敦煌", NOON)
    exported = repository.export("alice")
    assert exported["sessions"][0]["plans"][0]["plan"] == "面试"
    assert exported["facts"][0]["closed_at"] is None
    assert {"面试", "爬山"} <= {w for one in exported["search"] for w in one["words"]}
    json.dumps(exported)
    raw = engine.url.database
    repository.forget("alice")
    exported = repository.export("alice")
    assert not any(exported[key] for key in ("sessions", "facts", "search"))
    with open(raw, "rb") as file:
        content = file.read()
    assert "爬山".encode() not in content
    assert "面试".encode() not in content
    assert "敦煌".encode() in content
