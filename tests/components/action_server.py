"""The real action server in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from tests.memory.conftest import free_port

ROOT = Path(__file__).parents[2]


class ActionServer:
    """Serves the project's actions on a database.

    Args:
        endpoints: The `endpoints.yml` that names it.
    """

    def __init__(self, endpoints: Path) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self._process = subprocess.Popen(
            [sys.executable, "-m", "rasa_sdk", "--actions", "actions", "-p", str(port)],
            cwd=ROOT,
            env={
                **os.environ,
                "SANIC_HOST": "127.0.0.1",
                "PERSONAL_CHAT_ENDPOINTS": str(endpoints),
            },
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def wait_until_ready(self) -> None:
        """Waits for at most a minute."""
        for _ in range(240):
            try:
                urllib.request.urlopen(f"{self.url}/health", timeout=5).close()
                return
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.25)
        raise TimeoutError("the action server did not answer within a minute")

    def stop(self) -> None:
        """Ends it."""
        self._process.terminate()
        self._process.wait(30)
