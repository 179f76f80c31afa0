"""`personal-chat serve` in a process, for a small assistant of its own."""

from __future__ import annotations

import http.client
import json
import math
import signal
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

from tests.cli.conftest import COMMAND
from tests.servers import free_port


class Served:
    """A server that runs.

    Args:
        project: The folder with models/, config.yml, endpoints.yml, credentials.yml.
        arguments: Of the command.
    """

    def __init__(self, project: Path, *arguments: str) -> None:
        self.port = free_port()
        self.process = subprocess.Popen(
            [COMMAND, "serve", "--port", str(self.port), *arguments],
            cwd=project,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        self.said: list[str] = []
        self._heard = threading.Condition()
        self._ended = False
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for line in self.process.stderr:
            with self._heard:
                self.said.append(line)
                self._heard.notify_all()
        with self._heard:
            self._ended = True
            self._heard.notify_all()

    def wait_for(self, words: str, seconds: float = 120) -> str:
        """The first line on stderr that holds the words."""
        with self._heard:
            self._heard.wait_for(lambda: self._line(words) or self._ended, seconds)
            found = self._line(words)
        assert found, "".join(self.said)
        return found

    def _line(self, words: str) -> str | None:
        return next((line for line in self.said if words in line), None)

    def workers(self) -> list[int]:
        """The ids of the processes that answer."""
        return [pid for pid in self.children() if "serving.process" in command(pid)]

    def children(self) -> list[int]:
        pid = self.process.pid
        content = Path(f"/proc/{pid}/task/{pid}/children").read_text()
        return [int(child) for child in content.split()]

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Has it finish; returns the exit code."""
        self.process.send_signal(number)
        return self.process.wait(60)

    def end(self) -> None:
        self.process.kill()
        self.process.wait()


def command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""


class Client:
    """One connection that stays open, as long as the server lets it.

    Attributes:
        sent: When the last question had left as a whole (`time.monotonic`),
            infinity until then.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._open: http.client.HTTPConnection | None = None
        self.connections = 0
        self.sent = math.inf

    def ask(
        self,
        method: str,
        path: str,
        content: Any = None,
        headers: dict[str, str] | None = None,
    ) -> tuple[int, bytes]:
        self.sent = math.inf
        if self._open is None:
            self._open = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
            self.connections += 1
        body = None if content is None else json.dumps(content).encode()
        kind = {"Content-Type": "application/json"} if body else {}
        self._open.request(method, path, body, {**kind, **(headers or {})})
        self.sent = time.monotonic()
        answer = self._open.getresponse()
        said = answer.read()
        if answer.will_close:
            self.close()
        return answer.status, said

    def say(self, user: str, text: str) -> list[str]:
        said = {"sender": user, "message": text}
        status, body = self.ask("POST", "/webhooks/rest/webhook", said)
        assert status == 200, body
        return [message.get("text", "") for message in json.loads(body)]

    def close(self) -> None:
        if self._open is not None:
            self._open.close()
        self._open = None


def until(found: Any, seconds: float = 60) -> Any:
    """What a function returns as soon as that is true."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if result := found():
            return result
        time.sleep(0.05)
    raise AssertionError("it did not happen in time")
