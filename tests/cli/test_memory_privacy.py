"""`personal-chat memory audit` and `rotate`, on a real SQLite file."""

from __future__ import annotations

import getpass
import json
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography.fernet import Fernet
from typer.testing import CliRunner

from framework_plugin.cli.main import app
from framework_plugin.corpus.user_context import FactKind
from framework_plugin.memory.changes import FactChange
from framework_plugin.memory.opening import Memory, open_memory

runner = CliRunner()
OLD, NEW = (Fernet.generate_key().decode() for _ in range(2))


@pytest.fixture
def endpoints(tmp_path: Path) -> Path:
    path = tmp_path / "endpoints.yml"
    configure(path)
    return path


def configure(path: Path, **options: Any) -> Memory:
    section = {"dialect": "sqlite", "db": str(path.with_name("memory.db"))}
    section |= {"archive": str(path.with_name("old")), **options}
    path.write_text(yaml.safe_dump({"tracker_store": section}), encoding="utf-8")
    return open_memory({"tracker_store": section})


def fill(memory: Memory, user: str = "alice") -> None:
    told = [FactChange.telling(FactKind.NAME, "欧阳翀")]
    memory.repository.learn(user, told, time.time())
    memory.journal.add([{"sender_id": user, "event": {"text": "欧阳翀等着"}}])
    assert memory.archive is not None
    memory.archive.add(user, [json.dumps({"text": "欧阳翀从前"})])


def run(endpoints: Path, *arguments: str) -> str:
    result = runner.invoke(app, ["memory", *arguments, "--endpoints", str(endpoints)])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_every_command_is_written_down_and_forget_removes_no_line(
    endpoints: Path,
) -> None:
    fill(configure(endpoints))
    began = time.time()
    run(endpoints, "show", "--user", "alice")
    run(endpoints, "export", "--user", "alice")
    run(endpoints, "show", "--user", "bob")
    run(endpoints, "retention", "--days", "365")
    run(endpoints, "forget", "--yes", "--user", "alice")
    entries = json.loads(run(endpoints, "audit", "alice", "--json"))
    assert [(e["action"], e["user_id"]) for e in entries] == [
        ("show", "alice"),
        ("export", "alice"),
        ("retention", None),
        ("forget", "alice"),
    ]
    assert {e["actor"] for e in entries} == {f"cli:{getpass.getuser()}"}
    assert all(began <= e["at"] <= time.time() for e in entries)
    assert "欧阳翀" not in json.dumps(entries, ensure_ascii=False)
    assert entries[-1]["detail"] == "1 facts and 0 events"
    table = run(endpoints, "audit", "--limit", "2")
    assert "forget" in table
    assert "retention" in table
    assert "export" not in table


def test_an_audit_without_entries_says_so(endpoints: Path) -> None:
    assert "Nobody" in run(endpoints, "audit", "alice")


def test_the_export_holds_the_audit_of_its_user_alone(endpoints: Path) -> None:
    run(endpoints, "show", "--user", "bob")
    run(endpoints, "show", "--user", "alice")
    content = json.loads(run(endpoints, "export", "--user", "alice"))
    assert [e["user_id"] for e in content["audit"]] == ["alice"]
    assert content["consents"] == []


def test_rotation_leaves_no_file_readable_and_none_needs_the_old_key(
    endpoints: Path,
) -> None:
    fill(configure(endpoints))
    fill(configure(endpoints, encryption_key=OLD), "bob")
    configure(endpoints, encryption_key=[NEW, OLD])
    assert "2 rows" in run(endpoints, "rotate")
    escaped = json.dumps("欧阳翀")[1:-1].encode()
    for path in endpoints.parent.rglob("*"):
        if path.is_file() and path != endpoints:
            content = path.read_bytes()
            assert "欧阳翀".encode() not in content, path
            assert escaped not in content, path
    memory = configure(endpoints, encryption_key=NEW)
    for user in ("alice", "bob"):
        content = memory.export(user)
        assert content["facts"][0]["value"] == "欧阳翀"
        assert content["unsaved"] == [{"sender_id": user, "text": "欧阳翀等着"}]
        assert content["archived"] == [{"text": "欧阳翀从前", "sender_id": user}]
    actions = [e["action"] for e in json.loads(run(endpoints, "audit", "--json"))]
    assert actions == ["rotate"]


def test_rotation_needs_a_key(endpoints: Path) -> None:
    result = runner.invoke(app, ["memory", "rotate", "--endpoints", str(endpoints)])
    assert result.exit_code == 2
    assert "encryption_key" in result.output


def test_a_missing_key_is_an_error_that_says_what_to_do(endpoints: Path) -> None:
    fill(configure(endpoints, encryption_key=OLD))
    section = yaml.safe_load(endpoints.read_text(encoding="utf-8"))
    del section["tracker_store"]["encryption_key"]
    endpoints.write_text(yaml.safe_dump(section), encoding="utf-8")
    arguments = ["memory", "show", "--user", "alice", "--endpoints", str(endpoints)]
    result = runner.invoke(app, arguments)
    assert result.exit_code == 1
    assert "encryption_key" in str(result.exception)
