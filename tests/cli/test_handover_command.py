from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from rasa.shared.core.domain import Domain

from framework_plugin.components.desk import Desk
from framework_plugin.components.tracker_store import MemoryTrackerStore
from framework_plugin.handover.entry import Reason
from framework_plugin.handover.settings import HandoverSettings
from framework_plugin.memory.audit import read_audit
from tests.memory.turns import turn

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def store(tmp_path: Path) -> MemoryTrackerStore:
    return MemoryTrackerStore(Domain.empty(), db=str(tmp_path / "memory.db"))


@pytest.fixture
def desk(store: MemoryTrackerStore) -> Desk:
    return Desk(store.memory.repository, HandoverSettings())


@pytest.fixture
def endpoints(tmp_path: Path) -> Path:
    path = tmp_path / "endpoints.yml"
    path.write_text(
        f"tracker_store: {{type: sql, dialect: sqlite, db: {tmp_path}/memory.db}}\n"
    )
    (tmp_path / "handover.yml").write_text("idle_minutes: 30\n")
    return path


@pytest.fixture
def entry(store: MemoryTrackerStore, desk: Desk) -> int:
    """Alice waits."""
    asyncio.run(turn(store, "我叫欧阳翀，电话13812345678，邮费怎么算"))
    now = time.time()
    return desk.queue.ask("alice", "alice", "rest", Reason.ASKED, now).entry.id


@pytest.fixture
def run(run_here: Run, endpoints: Path) -> Run:
    def command(*arguments: object) -> tuple[int, str]:
        return run_here("handover", *arguments, "--endpoints", endpoints)

    return command


def test_a_conversation_is_taken_answered_and_closed(
    run: Run, entry: int, desk: Desk, store: MemoryTrackerStore
) -> None:
    code, listed = run("list")
    assert code == 0
    assert "alice" in listed
    assert "waiting" in listed
    code, shown = run("show", entry)
    assert code == 0
    assert "名字 欧阳翀" in shown
    assert "138****5678" in shown
    assert "13812345678" not in shown
    assert run("take", entry, "--as", "小林")[0] == 0
    assert run("reply", entry, "满68元包邮")[0] == 0
    code, shown = run("show", entry)
    assert "用户还没看到：" in shown
    assert "小林：满68元包邮" in shown
    assert [one.text for one in desk.queue.pending(desk.queue.find(entry))][1:] == [
        "满68元包邮"
    ]
    assert run("close", entry)[0] == 0
    assert "Nobody waits" in run("list")[1]
    assert "done" in run("list", "--all")[1]
    with store.memory.repository.reading() as connection:
        actions = [noted.action for noted in read_audit(connection, "alice")]
    assert actions == [
        *("handover show", "handover take", "handover reply"),
        *("handover show", "handover close"),
    ]


def test_programs_get_json(run: Run, entry: int) -> None:
    listed = json.loads(run("list", "--json")[1])
    assert [(one["id"], one["reason"]) for one in listed["handovers"]] == [
        (entry, "asked")
    ]
    shown = json.loads(run("show", entry, "--json")[1])
    assert shown["facts"] == {"name": ["欧阳翀"]}
    assert shown["ahead"] == 0


def test_what_cannot_be_done_is_one_message(run: Run, entry: int) -> None:
    code, text = run("reply", entry, "您好")
    assert code == 1
    assert "Take it first" in text
    code, text = run("show", 99)
    assert code == 1
    assert "no handover 99" in text


def test_without_the_file_it_is_said_how_to_get_a_queue(
    run: Run, endpoints: Path
) -> None:
    endpoints.with_name("handover.yml").unlink()
    code, text = run("list")
    assert code == 1
    assert "handover.yml" in text


def test_what_is_over_goes_with_the_old_sessions(
    run: Run, entry: int, desk: Desk, store: MemoryTrackerStore
) -> None:
    run("take", entry, "--as", "小林")
    run("close", entry)
    asyncio.run(turn(store, "你好", "bob"))
    waits = desk.queue.ask("bob", "bob", None, Reason.ASKED, time.time()).entry
    assert store.memory.repository.retire(time.time() + 1).users == 2
    assert store.memory.export("alice")["handovers"] == []
    assert desk.queue.opened() == [waits]


def test_a_sealed_database_holds_no_reply_in_plain_text(
    tmp_path: Path, run_here: Run
) -> None:
    from cryptography.fernet import Fernet

    key = Fernet.generate_key().decode()
    path = tmp_path / "sealed.db"
    store = MemoryTrackerStore(Domain.empty(), db=str(path), encryption_key=key)
    asyncio.run(turn(store, "你好"))
    desk = Desk(store.memory.repository, HandoverSettings())
    now = time.time()
    entry = desk.queue.ask("alice", "alice", "rest", Reason.ASKED, now).entry.id
    desk.take(entry, "阿梅", "test", now)
    desk.reply(entry, "secret-word", "test", now)
    assert [reply.text for reply in desk.outbox.claim_due("alice", now)][1:] == [
        "secret-word"
    ]
    content = b"".join(file.read_bytes() for file in tmp_path.glob("sealed.db*"))
    assert b"secret-word" not in content
    assert b"enc1:" in content
