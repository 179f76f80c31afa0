from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
import yaml
from rasa.shared.core.events import BotUttered, UserUttered
from typer.testing import CliRunner

from framework_plugin.cli.main import app
from framework_plugin.cli.project import read_endpoints
from framework_plugin.corpus.user_context import FactKind
from framework_plugin.memory.changes import FactChange, Operation
from framework_plugin.memory.database import database_url, open_engine
from framework_plugin.memory.history import append_events
from framework_plugin.memory.journal import Journal
from framework_plugin.memory.repository import MemoryRepository

runner = CliRunner()


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    """An endpoints.yml whose database knows alice and bob."""
    path = tmp_path / "endpoints.yml"
    section = {"type": "sql", "dialect": "sqlite", "db": str(tmp_path / "memory.db")}
    path.write_text(yaml.safe_dump({"tracker_store": section}), encoding="utf-8")
    repository = MemoryRepository(open_engine(database_url({"tracker_store": section})))
    repository.migrate()
    for user, name in (("alice", "欧阳翀"), ("bob", "[阿宝]")):
        changes = [
            FactChange.telling(FactKind.NAME, name),
            FactChange.telling(FactKind.LIKE, "攀岩"),
        ]
        repository.learn(user, changes, time.time())
        said = [UserUttered(f"我叫{name}"), BotUttered("记下啦。")]
        with repository.writing() as connection:
            append_events(
                connection,
                [
                    {
                        "sender_id": user,
                        "type_name": event.type_name,
                        "timestamp": time.time(),
                        "data": json.dumps(event.as_dict()),
                    }
                    for event in said
                ],
            )
    return path


def shown(endpoints: Path, user: str) -> dict:
    result = runner.invoke(
        app,
        ["memory", "show", "--json", "--user", user, "--endpoints", str(endpoints)],
        catch_exceptions=False,
    )
    assert result.exit_code == 0
    return json.loads(result.stdout)


def nothing(user: str) -> dict:
    sender = {"sender_id": user, "channel": None, "linked_at": None}
    return {"user": user, "senders": [sender], "facts": [], "past": [], "turns": 0}


def test_show_lists_the_facts_and_counts_the_turns(filled: Path) -> None:
    result = runner.invoke(
        app, ["memory", "show", "--user", "bob", "--endpoints", str(filled)]
    )
    assert result.exit_code == 0
    assert "[阿宝]" in result.stdout
    assert "攀岩" in result.stdout
    assert "2 turns" in result.stdout
    assert "欧阳翀" not in result.stdout


def test_show_as_json_tells_kind_value_and_time(filled: Path) -> None:
    content = shown(filled, "alice")
    assert content["user"] == "alice"
    assert content["turns"] == 2
    facts = [(fact["kind"], fact["value"]) for fact in content["facts"]]
    assert facts == [("name", "欧阳翀"), ("like", "攀岩")]
    assert all(fact["said_at"] > 0 for fact in content["facts"])


def test_nothing_is_known_of_a_stranger(filled: Path) -> None:
    assert shown(filled, "carol") == nothing("carol")


def test_forget_removes_one_user_and_says_how_much(filled: Path) -> None:
    result = runner.invoke(
        app,
        ["memory", "forget", "--yes", "--user", "alice", "--endpoints", str(filled)],
    )
    assert result.exit_code == 0
    assert "2 facts and 2 events" in result.stdout
    assert shown(filled, "alice") == nothing("alice")
    assert shown(filled, "bob")["turns"] == 2


def test_forget_without_a_terminal_removes_nothing_unless_told_to(
    filled: Path,
) -> None:
    result = runner.invoke(
        app, ["memory", "forget", "--user", "alice", "--endpoints", str(filled)]
    )
    assert result.exit_code == 2
    assert "--yes" in result.output
    assert len(shown(filled, "alice")["facts"]) == 2


def test_the_endpoints_can_be_named_by_the_environment(
    filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PERSONAL_CHAT_ENDPOINTS", str(filled))
    result = runner.invoke(app, ["memory", "show", "--json", "--user", "alice"])
    assert json.loads(result.stdout)["turns"] == 2


def test_older_conversations_are_made_findable(filled: Path) -> None:
    repository = MemoryRepository(open_engine(database_url(read_endpoints(filled))))
    assert repository.recall("alice", "欧阳翀", time.time()) == ()
    result = runner.invoke(app, ["memory", "index", "--endpoints", str(filled)])
    assert result.exit_code == 0
    assert "2 users" in result.output
    (found,) = repository.recall("alice", "欧阳翀", time.time())
    assert found.text == "我叫欧阳翀"


def export(endpoints: Path, user: str, *options: str):
    arguments = ["memory", "export", "--user", user, "--endpoints", str(endpoints)]
    return runner.invoke(app, [*arguments, *options])


def test_export_holds_all_that_is_stored_and_only_of_this_user(
    filled: Path, tmp_path: Path
) -> None:
    unsaved = [
        {"sender_id": user, "event": UserUttered(f"{user}还没存").as_dict()}
        for user in ("alice", "bob")
    ]
    Journal(tmp_path / "memory.db.unsaved.jsonl").add(unsaved)
    result = export(filled, "alice")
    assert result.exit_code == 0
    content = json.loads(result.stdout)
    assert [f["value"] for f in content["facts"]] == ["欧阳翀", "攀岩"]
    said = [(turn["speaker"], turn["text"]) for turn in content["conversation"]]
    assert said == [("user", "我叫欧阳翀"), ("bot", "记下啦。")]
    assert [event["event"] for event in content["events"]] == ["user", "bot"]
    assert [event["text"] for event in content["unsaved"]] == ["alice还没存"]
    assert "阿宝" not in result.stdout
    assert "bob" not in result.stdout


def test_an_exported_file_is_private_and_overwrites_nothing(
    filled: Path, tmp_path: Path
) -> None:
    path = tmp_path / "alice.json"
    assert export(filled, "alice", "--output", str(path)).exit_code == 0
    assert path.stat().st_mode & 0o077 == 0
    before = path.read_bytes()
    again = export(filled, "alice", "--output", str(path))
    assert again.exit_code == 2
    assert "not" in again.output
    assert path.read_bytes() == before


def test_forget_leaves_nothing_of_the_user_in_any_file(
    filled: Path, tmp_path: Path
) -> None:
    journal = Journal(tmp_path / "memory.db.unsaved.jsonl")
    for user, text in (("alice", "欧阳翀还没存"), ("bob", "阿宝还没存")):
        event = UserUttered(text).as_dict()
        journal.add([{"sender_id": user, "event": event}])
    arguments = ["memory", "forget", "--yes", "--user", "alice"]
    result = runner.invoke(app, [*arguments, "--endpoints", str(filled)])
    assert result.exit_code == 0
    escaped = json.dumps("欧阳翀")[1:-1]
    for path in tmp_path.iterdir():
        content = path.read_bytes()
        for text in ("欧阳翀", escaped):
            assert text.encode() not in content, (path.name, text)
        # The audit in the database says who was forgotten, and when.
        if not path.name.startswith("memory.db"):
            assert b"alice" not in content
    assert "stays in the audit" in result.stdout
    assert "bob" in {entry["sender_id"] for entry in journal.entries()}
    assert shown(filled, "bob")["turns"] == 2


def test_retention_archives_and_forget_removes_the_archive(
    filled: Path, tmp_path: Path
) -> None:
    content = yaml.safe_load(filled.read_text(encoding="utf-8"))
    content["tracker_store"]["archive"] = str(tmp_path / "old")
    filled.write_text(yaml.safe_dump(content), encoding="utf-8")
    place = ["--endpoints", str(filled)]
    done = runner.invoke(app, ["memory", "retention", "--days", "0", *place])
    assert done.exit_code == 0
    assert "Archived 4 events of 2 users" in done.stdout
    told = json.loads(export(filled, "alice").stdout)
    assert told["events"] == []
    said = [turn["text"] for turn in told["conversation"]]
    assert said == ["我叫欧阳翀", "记下啦。"]
    assert [fact["value"] for fact in told["facts"]] == ["欧阳翀", "攀岩"]
    runner.invoke(app, ["memory", "forget", "--yes", "--user", "alice", *place])
    assert [path.name for path in (tmp_path / "old").iterdir()] == ["bob.jsonl"]


def test_retention_without_an_archive_asks_first(filled: Path) -> None:
    result = runner.invoke(
        app, ["memory", "retention", "--days", "0", "--endpoints", str(filled)]
    )
    assert result.exit_code == 2
    assert shown(filled, "alice")["turns"] == 2


def test_show_tells_the_past_and_what_is_being_asked(filled: Path) -> None:
    section = yaml.safe_load(filled.read_text(encoding="utf-8"))
    repository = MemoryRepository(open_engine(database_url(section)))
    said = time.time()
    for change in (
        FactChange(Operation.END, FactKind.LIKE, "攀岩"),
        FactChange.telling(FactKind.NAME, "苏木", 0.95, corrects=False),
    ):
        repository.learn("alice", [change], said)
    content = shown(filled, "alice")
    assert [fact["value"] for fact in content["facts"]] == ["欧阳翀"]
    (past,) = content["past"]
    assert (past["value"], past["ended_at"]) == ("攀岩", said)
    result = runner.invoke(
        app, ["memory", "show", "--user", "alice", "--endpoints", str(filled)]
    )
    assert "攀岩" in result.stdout
    assert "苏木" in result.stdout


def memory(endpoints: Path, *arguments: str):
    command = ["memory", *arguments, "--endpoints", str(endpoints)]
    return runner.invoke(app, command)


def test_linked_senders_are_shown_exported_and_forgotten_as_one_user(
    filled: Path, tmp_path: Path
) -> None:
    journal = Journal(tmp_path / "memory.db.unsaved.jsonl")
    journal.add([{"sender_id": "alice", "event": UserUttered("没存").as_dict()}])

    linked = memory(filled, "link", "bob", "alice")
    assert linked.exit_code == 0
    assert "'alice', 'bob' are one user now." in linked.stdout
    assert "already" in memory(filled, "link", "alice", "bob").stdout

    content = shown(filled, "bob")
    assert content["turns"] == 4
    assert [s["sender_id"] for s in content["senders"]] == ["alice", "bob"]
    assert [fact["value"] for fact in content["facts"]] == ["攀岩", "[阿宝]"]
    told = memory(filled, "show", "--user", "alice").stdout
    assert "bob" in told
    exported = json.loads(export(filled, "bob").stdout)
    assert {turn["sender_id"] for turn in exported["conversation"]} == {"alice", "bob"}

    asked = memory(filled, "forget", "--user", "bob", "--yes")
    assert "3 facts and 4 events of conversations of 'alice', 'bob'" in asked.stdout
    for user in ("alice", "bob"):
        assert shown(filled, user) == nothing(user)
    assert not journal.entries()


def test_an_unlinked_sender_is_a_user_of_its_own(filled: Path) -> None:
    memory(filled, "link", "alice", "bob")
    result = memory(filled, "unlink", "alice")
    assert "the facts stay with 'bob'" in result.stdout
    assert shown(filled, "alice")["facts"] == []
    assert len(shown(filled, "bob")["facts"]) == 2
    assert "linked to no other" in memory(filled, "unlink", "alice").stdout


def test_a_sender_cannot_be_linked_to_itself(filled: Path) -> None:
    result = memory(filled, "link", "alice", "alice")
    assert result.exit_code == 2
    assert "two different" in result.output


def test_the_question_before_forgetting_names_all_senders(
    filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory(filled, "link", "alice", "bob")
    asked: list[str] = []
    monkeypatch.setattr("framework_plugin.cli.memory._agree", asked.append)
    assert memory(filled, "forget", "--user", "bob").exit_code == 0
    (question,) = asked
    assert "'alice', 'bob' (linked senders are forgotten together)" in question
