"""The command in processes of its own, on databases of their own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from framework_plugin.cli.main import main
from tests.small_generator import DIALOGUES

ROOT = Path(__file__).resolve().parents[2]
COMMAND = str(Path(sys.executable).with_name("personal-chat"))


class Conversation:
    """`personal-chat chat --json` in a process."""

    def __init__(self, endpoints: Path, user: str, log: Path) -> None:
        self._log = log
        with log.open("ab") as errors:
            self.process = subprocess.Popen(
                [COMMAND, "chat", "--json", "--user", user, "--endpoints", endpoints],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
            )

    def say(self, text: str | bytes) -> dict[str, Any]:
        """Says one line and reads the answer."""
        raw = text.encode() if isinstance(text, str) else text
        self.process.stdin.write(raw + b"\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, f"no answer to {raw[:60]!r}; {self.log()[-2000:]}"
        return json.loads(line)

    def leave(self) -> int:
        """Ends the input; returns the exit code."""
        self.process.stdin.close()
        rest = self.process.stdout.read()
        assert rest == b"", "there is output that no input asked for"
        return self.process.wait(30)

    def children(self) -> list[int]:
        """The ids of the processes that the command started (Linux)."""
        pid = self.process.pid
        content = Path(f"/proc/{pid}/task/{pid}/children").read_text()
        return [int(child) for child in content.split()]

    def log(self) -> str:
        """What it wrote to its error stream."""
        return self._log.read_text(encoding="utf-8", errors="replace")


@pytest.fixture(scope="session")
def trained_project() -> Path:
    """The project, with a model in it."""
    if not any((ROOT / "models").glob("*.tar.gz")):
        pytest.skip("there is no model in models/; `make train` makes one")
    return ROOT


@pytest.fixture(scope="module")
def endpoints(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An endpoints.yml with a database of its own."""
    folder = tmp_path_factory.mktemp("cli")
    path = folder / "endpoints.yml"
    path.write_text(
        "tracker_store:\n"
        "  type: framework_plugin.components.tracker_store.MemoryTrackerStore\n"
        "  dialect: sqlite\n"
        f"  db: {folder / 'memory.db'}\n",
        encoding="utf-8",
    )
    return path


@pytest.fixture(scope="module")
def start(
    trained_project: Path, endpoints: Path
) -> Iterator[Callable[[str], Conversation]]:
    """Starts conversations of users, and ends what is left of them."""
    begun: list[Conversation] = []

    def begin(user: str) -> Conversation:
        log = endpoints.with_name(f"{len(begun)}.log")
        begun.append(Conversation(endpoints, user, log))
        return begun[-1]

    yield begin
    for conversation in begun:
        conversation.process.kill()
        conversation.process.wait()


@pytest.fixture
def run_command() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs the command to its end in some folder."""

    def run(
        *arguments: str | Path, cwd: Path = ROOT, said: str = ""
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [COMMAND, *map(str, arguments)],
            cwd=cwd,
            input=said,
            capture_output=True,
            encoding="utf-8",
            timeout=180,
        )

    return run


UNANSWERABLE = "asdfgh\n法国首都\n量子力学\n"


@pytest.fixture
def small_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that the test is in: dialogues, but no config.yml and no model."""
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev" / "small.txt").write_text(DIALOGUES, encoding="utf-8")
    (tmp_path / "unanswerable.txt").write_text(UNANSWERABLE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run_here(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    """Runs the command in this process: its exit code and all that it printed."""

    def run(*arguments: object) -> tuple[int, str]:
        with pytest.raises(SystemExit) as end:
            main(list(map(str, arguments)))
        printed = capsys.readouterr()
        return int(end.value.code or 0), printed.out + printed.err

    return run
