from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from framework_plugin.cli.main import app
from tests.retrieval.making import write

runner = CliRunner()


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a database and some documents."""
    section = {"type": "sql", "dialect": "sqlite", "db": "rasa.db"}
    write(tmp_path / "endpoints.yml", yaml.safe_dump({"tracker_store": section}))
    write(tmp_path / "docs" / "faq.csv", "编号,问题,答案\na,运费？,包邮。\nb,几天？,\n")
    write(tmp_path / "docs" / "手册.md", "# 售后手册\n\n## 退货\n\n七天内。")
    write(tmp_path / "docs" / "broken.jsonl", "{")
    write(tmp_path / "docs" / "logo.png", "")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str):
    return runner.invoke(app, ["documents", *arguments])


def listed() -> dict[str, dict]:
    result = run("list", "--json")
    assert result.exit_code == 0
    return {one["id"]: one for one in json.loads(result.stdout)["documents"]}


def test_add_says_what_was_done_how_long_it_took_and_what_was_left_out(
    project: Path,
) -> None:
    result = run("add", "docs")
    assert result.exit_code == 0
    assert "2 added (2 passages), 1 skipped, in " in result.stdout
    assert "broken.jsonl" in result.stderr
    assert "faq.csv, line 3: there is no answer" in result.stderr
    assert "1 files '.png'" in result.stderr
    assert {id_: one["passages"] for id_, one in listed().items()} == {
        "docs/faq.csv": 1,
        "docs/手册.md": 1,
    }
    again = run("add", "docs")
    assert "2 unchanged (2 passages)" in again.stdout


def test_add_takes_days_groups_and_an_address(project: Path) -> None:
    result = run(
        *("add", "docs/手册.md", "--from", "2025-11-01", "--until", "2025/11/11"),
        *("--audience", "会员", "--audience", "VIP", "--url", "https://tea.example"),
    )
    assert result.exit_code == 0
    one = listed()["docs/手册.md"]
    assert one["kind"] == "markdown"
    assert one["title"] == "售后手册"
    assert (one["valid_from"], one["valid_until"]) == (1761926400.0, 1762876800.0)
    assert one["audience"] == ["会员", "VIP"]
    assert one["url"] == "https://tea.example"
    shown = " ".join(run("list").stdout.split())
    assert "手册.md" in shown
    assert "2025-11-11" in shown
    assert "(over)" in shown


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("docs", "--until", "明天"), "no day or time"),
        (("docs", "--from", "2025-11-02", "--until", "2025-11-01"), "before it begins"),
        (("nowhere",), "does not exist"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(
    project: Path, arguments, reason
) -> None:
    result = run("add", *arguments)
    assert result.exit_code == 2
    assert reason in " ".join(result.output.replace("│", " ").split())
    assert listed() == {}


def test_a_path_of_which_nothing_could_be_used_is_an_error(project: Path) -> None:
    result = run("add", "docs/faq.csv", "docs/broken.jsonl")
    assert result.exit_code == 1
    assert "broken.jsonl" in result.stderr
    assert list(listed()) == ["docs/faq.csv"]


def test_remove_takes_several_and_names_what_is_unknown(project: Path) -> None:
    run("add", "docs")
    result = run("remove", "docs/faq.csv", "docs/手册.md")
    assert result.exit_code == 0
    assert "Removed docs/手册.md with 1 passages." in result.stdout
    assert listed() == {}
    assert "There are no documents" in run("list").stdout
    assert "docs/faq.csv" in str(run("remove", "docs/faq.csv").exception)


def test_reindex_tells_of_files_that_are_gone(project: Path) -> None:
    run("add", "docs")
    (project / "docs" / "faq.csv").unlink()
    result = run("reindex")
    assert result.exit_code == 0
    assert "1 unchanged (1 passages)" in result.stdout
    assert "documents remove 'docs/faq.csv'" in result.stderr


def test_the_project_is_where_its_endpoints_are(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project / "docs")
    section = {"type": "sql", "db": str(project / "rasa.db")}
    write(project / "endpoints.yml", yaml.safe_dump({"tracker_store": section}))
    result = run("add", "faq.csv", "--endpoints", "../endpoints.yml")
    assert result.exit_code == 0
    monkeypatch.chdir(project)
    assert list(listed()) == ["docs/faq.csv"]


@pytest.mark.slow
def test_ctrl_c_stops_and_keeps_what_was_added(project: Path) -> None:
    rows = "\n".join(f"问题{n},答案{n}" for n in range(300))
    for number in range(300):
        write(project / "many" / f"{number:03}.csv", f"问题,答案\n{rows}\n")
    program = "from framework_plugin.cli.main import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", program, "documents", "add", "many"],
        cwd=project,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 60
    while len(listed()) < 5:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "Stopped; what was added so far stays." in err
    assert "Traceback" not in err
    added = int(out.split(" added")[0].rsplit(" ", 1)[1])
    assert 0 < added < 300
    assert len(listed()) in (added, added + 1)
    assert all(one["passages"] == 300 for one in listed().values())
