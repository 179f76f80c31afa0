"""Servers that tests start on loopback."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sanic import Sanic
from sanic.touchup.service import TouchUp

ROOT = Path(__file__).parents[1]


def free_port() -> int:
    """A port of loopback that nobody listened on a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


class Running:
    """A server in a thread of its own; `run` does something in its loop."""

    def __init__(self, url: str, loop: asyncio.AbstractEventLoop) -> None:
        self.url = url
        self._loop = loop

    def run(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(20)


@contextmanager
def running(app: Sanic) -> Iterator[Running]:
    """Serves an app until the block ends."""
    if getattr(Sanic, "__touched__", False):
        # Sanic rewrites its own methods when the first app of a process starts, and
        # cannot do so twice.
        TouchUp._registry.clear()
    started, loops = threading.Event(), []
    port = free_port()

    @app.after_server_start
    async def note(_: Any, loop: Any) -> None:
        loops.append(loop)
        started.set()

    def run() -> None:
        asyncio.set_event_loop(asyncio.new_event_loop())
        app.run("127.0.0.1", port, register_sys_signals=False, access_log=False)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert started.wait(20)
    try:
        yield Running(f"http://127.0.0.1:{port}", loops[0])
    finally:
        loops[0].call_soon_threadsafe(app.stop)
        thread.join(20)


class ActionServer:
    """The project's real actions in a process of their own, which can be killed.

    Args:
        endpoints: The `endpoints.yml` that names the database.
        port: Where it listens; by default some free one.
        log: File for what it says; by default nobody hears it.
        **environment: Further settings, as variables of the environment.
    """

    def __init__(
        self,
        endpoints: Path,
        port: int | None = None,
        log: Path | None = None,
        **environment: str,
    ) -> None:
        self._port = port or free_port()
        self._log = log or Path(os.devnull)
        self._environment = {
            **os.environ,
            "SANIC_HOST": "127.0.0.1",
            "PERSONAL_CHAT_ENDPOINTS": str(endpoints),
            **environment,
        }
        self.url = f"http://127.0.0.1:{self._port}"
        self.start()

    def start(self) -> None:
        """Starts it, or starts it again."""
        command = [sys.executable, "-m", "rasa_sdk", "--actions", "actions"]
        with self._log.open("a") as log:
            self._process = subprocess.Popen(
                [*command, "-p", str(self._port)],
                cwd=ROOT,
                env=self._environment,
                stdout=subprocess.DEVNULL,
                stderr=log,
            )

    def wait_until_ready(self) -> None:
        """Waits for at most a minute.

        Raises:
            TimeoutError: If it does not answer by then, or has ended.
        """
        for _ in range(240):
            try:
                urllib.request.urlopen(f"{self.url}/health", timeout=5).close()
                return
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.25)
            if self._process.poll() is not None:
                break
        raise TimeoutError("the action server did not answer within a minute")

    def kill(self) -> None:
        """Ends it at once, as a crash does."""
        self._process.kill()
        self._process.wait(30)

    def stop(self) -> None:
        """Asks it to end, and waits."""
        self._process.terminate()
        self._process.wait(30)
