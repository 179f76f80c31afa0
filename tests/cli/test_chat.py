"""Whole conversations through `personal-chat chat --json`, with the trained model."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

SOURCES = {"rule", "generator", "retrieval", "fallback"}

STRANGE = {
    "empty": "",
    "blanks": "   　\t ",
    "emoji": "🙂🙂🙂",
    "family emoji": "👨‍👩‍👧‍👦",
    "zero-width": "\u200b\u200d\ufeff",
    "zero-width inside": "我\u200b今天很\u200b累",
    "control characters": "\x00\x07\x1b[31m红",
    "carriage return": "一行\r又一行",
    "right-to-left": "\u202e文字反了",
    "10,000 characters": "我今天上班很累" * 1429,
    "10,000 times one": "哈" * 10_000,
    "one long word": "a" * 5_000,
    "HTML": "<script>alert('你好')</script><b>运费</b>",
    "SQL": "'; DROP TABLE events; --",
    "braces": "{name} {generated_reply} ${DB} %s",
    "an index": "a[0] 0[ 你好",
    "JSON": '{"text": "你好", "sender": "bob"}',
    "full-width": "ＨＥＬＬＯ，你好１２３",
    "traditional": "今天加班到很晚，累死我了，運費是多少錢",
    "English": "how are you doing today",
    "nonsense": "阿斯顿发了看风景哦屁哦",
    "signs": "？？？！！！。。。",
    "a number": "2",
    "unknown intent": "/no_such_intent",
    "broken intent": '/greet{"name": ',
    "a slash": "/",
}


@pytest.fixture(scope="module")
def stranger(start):
    """One conversation for all strange messages, so that each follows the others."""
    return start("stranger")


@pytest.mark.parametrize("text", STRANGE.values(), ids=STRANGE.keys())
def test_whatever_is_typed_gets_an_answer_on_one_line(stranger, text) -> None:
    turn = stranger.say(text)
    assert set(turn) == {"user", "replies", "source", "confidence", "milliseconds"}
    assert turn["user"] == text
    assert turn["source"] in SOURCES
    assert 0 <= turn["confidence"] <= 1
    assert turn["milliseconds"] > 0
    assert turn["replies"]
    assert all(reply.strip() for reply in turn["replies"])


def test_bytes_that_are_no_text_get_an_answer(stranger) -> None:
    turn = stranger.say(b"\xff\xfe\x80 \xe4\xbd")
    assert "\ufffd" in turn["user"]
    assert turn["replies"]


def test_a_strange_conversation_leaves_no_error_and_ends_well(stranger) -> None:
    stranger.say("你好")
    assert stranger.leave() == 0
    assert "Traceback" not in stranger.log()


def test_what_was_told_is_known_after_a_new_start_by_its_user_only(start) -> None:
    first = start("alice")
    first.say("我叫欧阳翀")
    first.say("我喜欢攀岩")
    assert first.leave() == 0

    second = start("alice")
    assert "欧阳翀" in "".join(second.say("我叫什么名字")["replies"])
    second.say("不对，我叫林疏桐")
    answer = "".join(second.say("你还记得我叫什么吗")["replies"])
    assert "林疏桐" in answer
    assert "欧阳翀" not in answer
    assert second.leave() == 0


@pytest.mark.skipif(sys.platform != "linux", reason="finds the process in /proc")
def test_a_killed_conversation_is_kept_apart_until_its_user_has_it_forgotten(
    start, endpoints, run_command
) -> None:
    talk = start("dora")
    stranger = "".join(talk.say("我叫什么名字")["replies"])
    assert "林疏桐" not in stranger
    assert "欧阳翀" not in stranger
    talk.say("我叫沈知遥")
    (server,) = talk.children()
    talk.process.send_signal(signal.SIGKILL)
    talk.process.wait(30)
    assert _ends(server), f"process {server} is still there"

    options = ("--user", "dora", "--endpoints", endpoints)
    known = json.loads(run_command("memory", "show", "--json", *options).stdout)
    assert [(f["kind"], f["value"]) for f in known["facts"]] == [("name", "沈知遥")]
    assert known["turns"] == 4
    assert run_command("memory", "forget", "--yes", *options).returncode == 0
    known = json.loads(run_command("memory", "show", "--json", *options).stdout)
    assert (known["facts"], known["turns"]) == ([], 0)


@pytest.mark.skipif(sys.platform != "linux", reason="finds the process in /proc")
def test_an_action_server_that_dies_costs_an_answer_but_not_the_conversation(
    start,
) -> None:
    talk = start("erin")
    assert talk.say("买多少钱能包邮呀")["source"] == "retrieval"
    (server,) = talk.children()
    os.kill(server, signal.SIGKILL)
    turn = talk.say("可以开发票吗")
    assert turn["source"] == "fallback"
    assert turn["replies"]
    assert talk.say("你好")["replies"]
    assert talk.leave() == 0


def test_plain_lines_are_answered_under_the_name_and_nothing_else_is_printed(
    trained_project, endpoints, run_command
) -> None:
    result = run_command(
        "chat", "--user", "gina", "--endpoints", endpoints, said="你好\n谢谢你\n"
    )
    assert result.returncode == 0
    assert result.stderr == ""
    lines = result.stdout.splitlines()
    assert len([line for line in lines if line.startswith("小满: ")]) >= 2
    assert lines[0].startswith("小满: ")


@pytest.mark.parametrize("command", ["chat", "serve"])
def test_a_damaged_model_is_named_with_the_way_to_a_new_one(
    command, endpoints, run_command, tmp_path
) -> None:
    model = tmp_path / "damaged.tar.gz"
    model.write_bytes(b"\x1f\x8b\x08broken")
    result = run_command(command, "--model", model, "--endpoints", endpoints)
    assert result.returncode == 1
    assert result.stdout == ""
    assert "damaged.tar.gz" in result.stderr
    assert "personal-chat train" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("store", "named"),
    [
        ("MemoryTrackerStore\n  db: {folder}/file/x.db", "Cannot open the memory"),
        ("MemoryTrackerstore\n  db: x.db", "There is no tracker store"),
    ],
    ids=["a folder that is a file", "a mistyped class"],
)
def test_a_database_that_cannot_be_opened_is_told(
    store, named, trained_project, run_command, tmp_path
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    path = tmp_path / "endpoints.yml"
    path.write_text(
        "tracker_store:\n  type: framework_plugin.components.tracker_store."
        + store.format(folder=tmp_path),
        encoding="utf-8",
    )
    result = run_command("chat", "--endpoints", path)
    assert result.returncode == 1
    assert result.stdout == ""
    assert named in result.stderr
    assert "Traceback" not in result.stderr


def _ends(pid: int, seconds: float = 10.0) -> bool:
    """Whether a process is gone, or only waits to be collected, before some time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
        except FileNotFoundError:
            return True
        if stat.rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.05)
    return False
