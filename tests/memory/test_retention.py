"""Old sessions leave the database whole, and lie in the archive as they were."""

import json

import pytest

from framework_plugin.memory.archive import Archive
from framework_plugin.memory.history import all_rows, append_events
from framework_plugin.memory.repository import Retired


def rows(user, begin, texts, session=True):
    """A session: one message per hundred seconds."""
    kinds = [("action", "action_session_start", {})] if session else []
    kinds += [("session_started", None, {})] if session else []
    kinds += [("user", None, {"text": text}) for text in texts]
    return [
        {
            "sender_id": user,
            "type_name": kind,
            "timestamp": begin + 100.0 * number,
            "action_name": name,
            "data": json.dumps(
                {"event": kind, "name": name, "timestamp": begin + number, **more}
            ),
        }
        for number, (kind, name, more) in enumerate(kinds)
    ]


@pytest.fixture
def filled(repository):
    with repository.writing() as connection:
        append_events(connection, rows("alice", 1_000.0, ["旧一", "旧二"]))
        append_events(connection, rows("bob", 1_000.0, ["阿宝旧"]))
        append_events(connection, rows("alice", 5_000.0, ["跨一", "跨二", "跨三"]))
        append_events(connection, rows("alice", 9_000.0, ["新"]))
    return repository


def texts(repository, user):
    with repository.reading() as connection:
        found = [json.loads(row.data) for row in all_rows(connection, user)]
    return [event["text"] for event in found if "text" in event]


def test_whole_sessions_go_and_a_session_that_goes_on_stays(filled, tmp_path):
    archive = Archive(tmp_path / "old")
    # In the middle of the second session of alice.
    assert filled.retire(5_300.0, archive) == Retired(2, 7)
    assert texts(filled, "alice") == ["跨一", "跨二", "跨三", "新"]
    assert texts(filled, "bob") == []
    kept = [json.loads(line) for line in archive.read("alice")]
    assert [e["event"] for e in kept] == ["action", "session_started", "user", "user"]
    assert filled.retire(5_300.0, archive) == Retired(0, 0)


def test_the_first_event_left_opens_a_session(filled):
    filled.retire(5_300.0)
    with filled.reading() as connection:
        first, second, *_ = all_rows(connection, "alice")
    assert first.action_name == "action_session_start"
    assert second.type_name == "session_started"


def test_a_conversation_without_sessions_goes_when_all_of_it_is_old(repository):
    with repository.writing() as connection:
        append_events(connection, rows("alice", 1_000.0, ["一", "二"], session=False))
    assert repository.retire(1_050.0) == Retired(0, 0)
    assert repository.retire(1_200.0) == Retired(1, 2)


def test_what_cannot_be_archived_stays(filled, tmp_path):
    (tmp_path / "old").write_text("no folder", encoding="utf-8")
    with pytest.raises(OSError, match="old"):
        filled.retire(5_300.0, Archive(tmp_path / "old"))
    assert texts(filled, "alice") == ["旧一", "旧二", "跨一", "跨二", "跨三", "新"]


def test_an_interrupted_run_archives_nothing_twice(tmp_path):
    archive = Archive(tmp_path)
    archive.add("alice", ['{"a": 1}', '{"a": 2}'])
    archive.add("alice", ['{"a": 1}', '{"a": 2}', '{"a": 3}'])
    assert len(archive.read("alice")) == 3


@pytest.mark.parametrize("user", ["../../x", "微信/1", "a" * 255, "好" * 255, ".."])
def test_no_id_leaves_the_folder(user, tmp_path):
    archive = Archive(tmp_path / "old")
    archive.add(user, ["{}"])
    (file,) = (tmp_path / "old").iterdir()
    assert file.stat().st_mode & 0o077 == 0
    assert archive.read(user) == ["{}"]
    assert archive.remove(user) == 1
    assert archive.read(user) == []
    assert [p.name for p in tmp_path.iterdir()] == ["old"]
