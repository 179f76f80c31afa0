"""`personal-chat documents learn` writes a judge that is better, and no other."""

from __future__ import annotations

import os
from datetime import datetime, timezone
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from actions.resources import ActionSettings, Resources
from framework_plugin.cli.main import app
from tests.retrieval.making import write
from tests.retrieval.shops import MATTERS, entries, pairs

runner = CliRunner()


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with questions, and pairs of them."""
    section = {"type": "sql", "dialect": "sqlite", "db": "rasa.db"}
    write(tmp_path / "endpoints.yml", yaml.safe_dump({"tracker_store": section}))
    faq = [
        {"id": entry.id, "question": entry.questions[0], "answer": entry.text}
        for entry in entries()
    ]
    text = yaml.safe_dump({"faq": faq}, allow_unicode=True)
    write(tmp_path / "nlu_data" / "faq" / "goods.yml", text)
    lines = [f"{one.question}\t{one.wording}\t{one.right:d}" for one in pairs()]
    write(tmp_path / "pairs.tsv", "\n".join(lines))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def learn(*arguments: str):
    return runner.invoke(app, ["documents", "learn", *arguments])


def resources(project: Path) -> Resources:
    settings = ActionSettings(
        faq=project / "nlu_data" / "faq",
        endpoints=project / "endpoints.yml",
        ranker=project / "models" / "ranker.npz",
    )
    return Resources(settings, lambda: datetime(2026, 1, 1, tzinfo=timezone.utc))


def found(resources: Resources) -> list[str]:
    said = [f"相机{words}" for words in MATTERS.values()]
    return [resources.faq.search(query)[0].passage.id for query in said]


def test_what_was_learned_answers_in_the_actions(project: Path) -> None:
    rightly = [f"相机 {asks}" for asks in MATTERS]
    before = found(resources(project))
    result = learn("pairs.tsv", "--report", "report.html", "--own")

    assert result.exit_code == 0, result.output
    assert "64 questions, 64 of them with a right entry" in result.stdout
    assert "Wrote models/ranker.npz" in result.stdout
    assert before != rightly
    assert found(resources(project)) == rightly
    page = (project / "report.html").read_text(encoding="utf-8")
    assert page.count("<svg") == 2


def test_what_is_no_better_is_not_written(project: Path) -> None:
    # The formula finds the very words of its entries, and cannot be bettered.
    lines = [f"{entry.questions[0]}\t{entry.questions[0]}\t1" for entry in entries()]
    write(project / "pairs.tsv", "\n".join(lines))
    result = learn("pairs.tsv")

    assert result.exit_code == 1
    assert "no better than the formula" in result.stdout
    assert not (project / "models").exists()


def test_wordings_of_no_entry_are_told(project: Path) -> None:
    with (project / "pairs.tsv").open("a", encoding="utf-8") as file:
        file.write("\n几点关门\t营业时间\t1\n几点开门\t\t0\n")
    result = learn("pairs.tsv", "--ranker", os.devnull + "/none")

    assert "1 wordings stand in no entry, such as '营业时间'" in result.stdout


def test_a_broken_file_is_named(project: Path) -> None:
    write(project / "pairs.tsv", "一\t二\n")
    result = learn("pairs.tsv")

    assert result.exit_code == 1
    assert "line 1: found 2 columns" in str(result.exception or result.output)


def test_a_broken_judge_leaves_the_formula(
    project: Path, caplog: pytest.LogCaptureFixture
) -> None:
    before = found(resources(project))
    write(project / "models" / "ranker.npz", "nothing")

    assert found(resources(project)) == before
    assert "Answers are judged by the formula" in caplog.text
