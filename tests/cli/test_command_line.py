from __future__ import annotations

import os
import socket
import tarfile
from pathlib import Path

import pytest

from framework_plugin import __version__
from framework_plugin.cli import project
from framework_plugin.cli.main import main
from framework_plugin.errors import ArtefactError


def ended(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str]:
    """The exit code of a command, and all that it printed."""
    with pytest.raises(SystemExit) as end:
        main([str(argument) for argument in arguments])
    printed = capsys.readouterr()
    return int(end.value.code or 0), printed.out + printed.err


@pytest.fixture
def small_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The least that a command takes for a project."""
    (tmp_path / "config.yml").write_text("language: zh\n", encoding="utf-8")
    (tmp_path / "endpoints.yml").write_text(
        "tracker_store:\n  type: sql\n  db: memory.db\n", encoding="utf-8"
    )
    (tmp_path / "models").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("command", ["train", "chat", "serve"])
def test_outside_a_project_the_message_says_where_to_go(
    command, tmp_path, monkeypatch, capsys
) -> None:
    monkeypatch.chdir(tmp_path)
    code, printed = ended(capsys, command)
    assert code == 1
    assert "config.yml" in printed
    assert "Traceback" not in printed


def test_the_version_is_that_of_the_package(capsys) -> None:
    assert ended(capsys, "--version") == (0, f"{__version__}\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ("chat", "--user", "  "),
        ("chat", "--user", "x" * 256),
        ("chat", "--colour"),
        ("serve", "--port", "0"),
        ("serve", "--port", "65536"),
        ("memory", "show"),
        ("sing",),
    ],
)
def test_arguments_that_make_no_sense_are_refused(
    arguments, small_project, capsys
) -> None:
    code, printed = ended(capsys, *arguments)
    assert code == 2
    assert "Error" in printed


def test_a_model_that_is_not_there_is_named(small_project, capsys) -> None:
    code, printed = ended(capsys, "chat", "--model", "models/none.tar.gz")
    assert code == 1
    assert "models/none.tar.gz" in printed


def test_without_a_model_and_a_terminal_the_way_to_one_is_told(
    small_project, run_command
) -> None:
    result = run_command("chat", cwd=small_project)
    assert result.returncode == 1
    assert result.stdout == ""
    assert "personal-chat train" in result.stderr


@pytest.mark.parametrize("content", ["- a\n- b\n", "a: [", "\x00"])
def test_endpoints_that_cannot_be_read_are_named(
    content, small_project, capsys
) -> None:
    (small_project / "endpoints.yml").write_text(content, encoding="utf-8")
    code, printed = ended(capsys, "memory", "show", "--user", "a")
    assert code == 1
    assert "endpoints.yml" in printed


def test_a_database_in_a_place_that_is_a_file_is_refused(small_project, capsys) -> None:
    (small_project / "file").write_text("", encoding="utf-8")
    (small_project / "endpoints.yml").write_text(
        "tracker_store:\n  type: sql\n  db: file/memory.db\n", encoding="utf-8"
    )
    code, printed = ended(capsys, "memory", "show", "--user", "a")
    assert code == 1
    assert "Cannot open the memory database" in printed


def test_a_port_that_is_taken_is_told_at_once(small_project, capsys) -> None:
    (small_project / "models" / "a.tar.gz").write_bytes(b"")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, printed = ended(capsys, "serve", "--port", port)
    assert code == 1
    assert f"port {port}" in printed


def test_the_newest_model_is_the_one_trained_last(small_project) -> None:
    assert project.newest_model() is None
    for age, name in enumerate(["a", "c", "b"]):
        path = small_project / "models" / f"{name}.tar.gz"
        with tarfile.open(path, "w:gz"):
            pass
        os.utime(path, (1000 - age, 1000 - age))
    assert project.newest_model() == Path("models/a.tar.gz")


def test_a_chosen_model_must_exist(small_project) -> None:
    with pytest.raises(ArtefactError, match=r"models/x\.tar\.gz"):
        project.chosen_model(Path("models/x.tar.gz"))
