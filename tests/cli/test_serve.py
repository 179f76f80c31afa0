from __future__ import annotations

import json
import signal
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import COMMAND
from tests.servers import free_port

pytestmark = pytest.mark.slow


def post(port: int, path: str, content: object) -> object:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}",
        json.dumps(content).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as response:
        return json.load(response)


def say(port: int, user: str, text: str) -> str:
    replies = post(port, "/webhooks/rest/webhook", {"sender": user, "message": text})
    return "".join(reply.get("text", "") for reply in replies)


@pytest.fixture
def server(
    trained_project: Path, endpoints: Path
) -> Iterator[tuple[subprocess.Popen[str], int]]:
    port = free_port()
    process = subprocess.Popen(
        [COMMAND, "serve", "--port", str(port), "--endpoints", str(endpoints)],
        cwd=trained_project,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    line = process.stderr.readline()
    assert str(port) in line, line + process.stderr.read()
    yield process, port
    process.kill()
    process.wait()


def test_users_are_served_apart_and_everything_stops_on_a_signal(server) -> None:
    process, port = server
    say(port, "alice", "我叫欧阳翀")
    assert "欧阳翀" in say(port, "alice", "我叫什么名字")
    assert "欧阳翀" not in say(port, "bob", "我叫什么名字")
    with pytest.raises(urllib.error.HTTPError, match="404"):
        post(port, "/model/parse", {"text": "你好"})
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
    process.send_signal(signal.SIGTERM)
    out, errors = process.communicate(timeout=60)
    assert out == ""
    assert "Traceback" not in errors
    for child in children.split():
        assert not Path(f"/proc/{child}").exists()
