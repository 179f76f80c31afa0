"""`personal-chat documents gaps`, as a person at the shop uses it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from framework_plugin.cli.main import app
from framework_plugin.memory.answer_feedback import Feedback
from framework_plugin.memory.noting import AnswerNotes
from framework_plugin.memory.opening import open_memory
from framework_plugin.memory.unanswered import Reason
from framework_plugin.retrieval.store import DocumentRepository

runner = CliRunner()
ASKED = ("你们卖手风琴吗", "杯子能刻字吗", "有没有手风琴卖", "13812345678能卖手风琴吗")


@pytest.fixture
def notes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AnswerNotes:
    """A project in whose database some questions were noted."""
    section = {"type": "sql", "dialect": "sqlite", "db": "rasa.db"}
    endpoints = {"tracker_store": section}
    (tmp_path / "endpoints.yml").write_text(yaml.safe_dump(endpoints))
    monkeypatch.chdir(tmp_path)
    made = AnswerNotes(open_memory(endpoints))
    for number, text in enumerate(ASKED, start=1):
        made.unanswered(
            f"user{number}", text, Reason.NOT_FOUND, 1_789_000_000.0 + number
        )
    return made


def run(*arguments: str, code: int = 0) -> Any:
    result = runner.invoke(app, ["documents", *arguments])
    assert result.exit_code == code, result.output
    return result


def listed() -> list[dict[str, Any]]:
    gaps: list[dict[str, Any]] = json.loads(run("gaps", "--json").stdout)["gaps"]
    return gaps


def passages(folder: Path) -> list[Any]:
    memory = open_memory(yaml.safe_load((folder / "endpoints.yml").read_text()))
    return list(DocumentRepository(memory.repository.engine, folder).passages())


def test_gaps_are_listed_with_counts_time_and_an_example(notes: AnswerNotes) -> None:
    first, second = listed()

    assert first == {
        "id": 1,
        "times": 3,
        "latest_at": 1_789_000_004.0,
        "example": "你们卖手风琴吗",
        "wordings": ["你们卖手风琴吗", "有没有手风琴卖", "138****5678能卖手风琴吗"],
        "reasons": {"not_found": 3},
    }
    assert (second["id"], second["times"]) == (2, 1)
    shown = run("gaps").stdout
    assert "你们卖手风琴吗" in shown
    assert "2026-09-10" in shown


def test_an_answer_closes_the_gap_and_outlives_a_reindex(
    notes: AnswerNotes, tmp_path: Path
) -> None:
    result = run("gaps", "answer", "3", "--answer", "不卖，只卖茶。", "--wordings")
    assert "Answered 3 questions" in result.stdout
    assert [gap["id"] for gap in listed()] == [2]

    for _ in range(2):
        (passage,) = passages(tmp_path)
        assert passage.text == "不卖，只卖茶。"
        # Masked words of users are nobody's wording.
        assert passage.questions == ("你们卖手风琴吗", "有没有手风琴卖")
        assert passage.title == "人工答复"
        run("reindex")


def test_question_and_wordings_can_be_given(notes: AnswerNotes, tmp_path: Path) -> None:
    run(
        *("gaps", "answer", "2", "--question", "可以刻字吗？", "--answer", "可以。"),
        *("--similar", "刻名字", "--similar", "刻章", "--file", "docs/more.yml"),
    )
    (passage,) = passages(tmp_path)

    assert passage.questions == ("可以刻字吗？", "刻名字", "刻章")
    assert passage.document == "docs/more.yml"


def test_the_answer_is_asked_for_where_it_is_left_out(
    notes: AnswerNotes, tmp_path: Path
) -> None:
    result = runner.invoke(app, ["documents", "gaps", "answer", "2"], input="可以。\n")

    assert result.exit_code == 0
    assert passages(tmp_path)[0].text == "可以。"


def test_a_gap_that_was_dropped_is_gone_and_may_come_again(notes: AnswerNotes) -> None:
    assert "Dropped 1 questions" in run("gaps", "drop", "2").stdout
    assert [gap["id"] for gap in listed()] == [1]
    notes.unanswered("bob", "杯子能刻字吗", Reason.NOT_FOUND, 2e9)
    assert [gap["id"] for gap in listed()] == [1, 5]


@pytest.mark.parametrize("command", ["answer", "drop"])
def test_an_unknown_gap_is_an_error_and_nothing_is_written(
    notes: AnswerNotes, tmp_path: Path, command: str
) -> None:
    options = ["--answer", "x"] if command == "answer" else []
    result = runner.invoke(app, ["documents", "gaps", command, "99", *options])

    assert result.exit_code != 0
    assert "no gap 99" in f"{result.output}{result.exception}"
    assert not (tmp_path / "answered.yml").exists()


def test_a_file_that_cannot_be_extended_leaves_the_gap_open(
    notes: AnswerNotes, tmp_path: Path
) -> None:
    (tmp_path / "answered.yml").write_text("faq: [", encoding="utf-8")
    result = runner.invoke(app, ["documents", "gaps", "answer", "2", "--answer", "x"])

    assert result.exit_code != 0
    assert [gap["id"] for gap in listed()] == [1, 2]


def test_without_gaps_it_says_so(notes: AnswerNotes) -> None:
    run("gaps", "drop", "1")
    run("gaps", "drop", "2")

    assert "There are no gaps" in run("gaps").stdout


def test_who_reads_what_users_asked_is_noted(notes: AnswerNotes) -> None:
    run("gaps")
    audit = runner.invoke(app, ["memory", "audit"]).stdout

    assert "gaps" in audit
    assert "手风琴" not in audit


def test_documents_are_listed_with_how_often_they_helped(notes: AnswerNotes) -> None:
    run("gaps", "answer", "1", "--answer", "不卖。")
    for user, helpful in (("a", True), ("b", True), ("c", False)):
        said = Feedback("answered.yml#gap_1", "卖琴吗", 1.0, helpful, 2.0)
        notes.feedback(user, said)
    (document,) = json.loads(run("list", "--json").stdout)["documents"]

    assert (document["helpful"], document["unhelpful"]) == (2, 1)
    assert "2 of 3" in " ".join(run("list").stdout.split())
