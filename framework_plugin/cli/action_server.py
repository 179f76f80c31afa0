"""The action server beside an assistant: started, awaited, and always stopped."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import NoReturn

from framework_plugin.cli.environment import serving_environment
from framework_plugin.errors import PersonalChatError

START_SECONDS = 120.0
_STOP_SECONDS = 5.0


class ActionServer:
    """A process with the actions of the project, on a port of this machine.

    Args:
        endpoints: The `endpoints.yml` in which the actions find the memory.
        verbose: Whether it may log more than errors.
        port: Where it listens; 0 takes a free one.

    Raises:
        OSError: If the port is taken.
    """

    def __init__(
        self, endpoints: Path, *, verbose: bool = False, port: int = 0
    ) -> None:
        with socket.create_server(("127.0.0.1", port)) as listening:
            self.port: int = listening.getsockname()[1]
            # Handing the open socket over leaves no moment in which another process
            # could take the port. The copy here is closed, so that connections are
            # refused once the process has died.
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "framework_plugin.cli.action_process"),
                    *("--actions", "actions", "--parent", str(os.getpid())),
                    *("--socket", str(listening.fileno())),
                    *(["--verbose"] if verbose else []),
                ],
                pass_fds=[listening.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=sys.stderr.fileno(),
                env={
                    **serving_environment(os.environ),
                    "PERSONAL_CHAT_ENDPOINTS": str(endpoints),
                },
                # Ctrl-C shall reach it only through its parent, after the last turn.
                start_new_session=True,
            )

    @property
    def url(self) -> str:
        """Where Rasa calls the actions."""
        return f"http://127.0.0.1:{self.port}/webhook"

    @property
    def pid(self) -> int:
        """The id of the process."""
        return self._process.pid

    def is_alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    def wait_until_ready(self, seconds: float = START_SECONDS) -> None:
        """Waits until the actions can be called.

        Raises:
            PersonalChatError: If the server ends, or does not answer in time.
        """
        end = time.monotonic() + seconds
        while self._process.poll() is None and time.monotonic() < end:
            if self._answers(max(0.1, end - time.monotonic())):
                return
            time.sleep(0.05)
        code = self._process.poll()
        what = "did not answer" if code is None else f"ended with exit code {code}"
        raise PersonalChatError(
            f"The action server {what}. Expected the package 'actions' to load; see "
            "the messages above, or more of them with --verbose."
        )

    def _answers(self, seconds: float) -> bool:
        url = f"http://127.0.0.1:{self.port}/health"
        # Proxies of the environment are for other machines.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(url, timeout=seconds) as response:
                return bool(response.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def stop(self) -> None:
        """Ends the process, gently first."""
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@contextmanager
def running_actions(endpoints: Path, *, verbose: bool) -> Iterator[ActionServer]:
    """An action server that is stopped when the block ends, in whichever way.

    SIGTERM ends the block like any exception while this is open.
    """
    before = signal.signal(signal.SIGTERM, _end)
    server = ActionServer(endpoints, verbose=verbose)
    try:
        yield server
    finally:
        server.stop()
        signal.signal(signal.SIGTERM, before)


def _end(number: int, _: FrameType | None) -> NoReturn:
    sys.exit(128 + number)
