"""The server's side of a voice process: starts it, asks it, and replaces it."""

from __future__ import annotations

import logging
import os
import select
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, Literal

import framework_plugin
from framework_plugin.errors import VoiceError
from framework_plugin.settings_file import variables_of
from framework_plugin.voice.frames import Frame, packed, read_frame
from framework_plugin.voice.trouble import NotHeard, Trouble

logger = logging.getLogger(__name__)

_START = 120.0
"""Seconds that a model may take to load."""
_GOODBYE = 2.0
_PIECE = 65_536
_LAST_LINES = 600
_VARIABLES = ("PATH", "HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "TMPDIR")

Task = Literal["hear", "speak"]


class VoiceProcess:
    """One process of `worker.py`, started when it is first asked, and again if it dies.

    Its methods wait; all but `kill` are called from one thread at a time.

    Args:
        task: What it is for.
        settings: The file of the settings.
        timeout: Seconds that one answer may take.
    """

    def __init__(self, task: Task, settings: Path, timeout: float) -> None:
        self._task = task
        self._settings = settings
        self._timeout = timeout
        self._running: subprocess.Popen[bytes] | None = None
        self._said = _Said()

    @property
    def id(self) -> int | None:
        """Of the process; None while there is none."""
        running = self._running
        return running.pid if running and running.poll() is None else None

    def start(self) -> None:
        """Starts the process, if there is none.

        Raises:
            NotHeard: If it cannot be started.
        """
        self._started()

    def ask(self, content: dict[str, Any], data: bytes = b"") -> Frame:
        """The answer to a frame.

        Raises:
            NotHeard: If there is none, for whatever reason.
        """
        running = self._started()
        try:
            return self._exchange(running, packed(content, data), self._timeout)
        except TimeoutError:
            self.close()
            raise NotHeard(
                Trouble.SLOW,
                f"The voice process took more than {self._timeout:g} seconds and was "
                "ended; another one is started when it is needed.",
            ) from None

    def kill(self) -> None:
        """Ends the process at once; the one method that another thread may call.

        Who waits for an answer is told that it died.
        """
        running = self._running
        if running is not None:
            running.kill()

    def close(self) -> None:
        """Ends the process; another question starts a new one."""
        running, self._running = self._running, None
        if running is not None:
            running.kill()
            running.wait(_GOODBYE)
            for pipe in (running.stdin, running.stdout):
                if pipe:
                    pipe.close()

    def _started(self) -> subprocess.Popen[bytes]:
        if self._running is not None and self._running.poll() is None:
            return self._running
        if self._running is not None:
            logger.warning("The voice process had died; another one is started.")
        self.close()
        task, settings = self._task, str(self._settings)
        self._running = subprocess.Popen(
            [sys.executable, "-m", "framework_plugin.voice.worker", task, settings],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            env=_environment(self._settings),
            # Ctrl-C is for the server, which ends this one itself.
            start_new_session=True,
        )
        self._said = _Said()
        self._said.listen(self._running.stderr)
        try:
            self._exchange(self._running, b"", _START)
        except TimeoutError:
            self.close()
            raise NotHeard(
                Trouble.BROKEN, f"The engine was not there after {_START:g} seconds."
            ) from None
        except NotHeard:
            self.close()
            raise
        return self._running

    def _exchange(
        self, running: subprocess.Popen[bytes], question: bytes, timeout: float
    ) -> Frame:
        """Sends a question, if there is one, and reads the answer.

        Raises:
            TimeoutError: If there is none in time.
            NotHeard: If the process has died, or tells of a trouble.
        """
        deadline = time.monotonic() + timeout
        try:
            _send(running, question, deadline)
            frame = read_frame(_reader(running, deadline))
        except TimeoutError:
            raise
        except (OSError, VoiceError):
            frame = None
        if frame is None:
            raise self._died(running)
        content, data = frame
        if "trouble" in content:
            trouble = Trouble(content["trouble"])
            raise NotHeard(trouble, str(content.get("message", "")))
        return content, data

    def _died(self, running: subprocess.Popen[bytes]) -> NotHeard:
        try:
            code: int | None = running.wait(_GOODBYE)
        except subprocess.TimeoutExpired:
            code = None
        last = self._said.last()
        self.close()
        return NotHeard(
            Trouble.BROKEN,
            f"The voice process ended with {code} and is started again when it is "
            f"needed. The last it said: {last or 'nothing'}",
        )


class _Said:
    """The last that a process has complained of; in memory alone."""

    def __init__(self) -> None:
        self._last = bytearray()
        self._thread: threading.Thread | None = None

    def listen(self, pipe: IO[bytes] | None) -> None:
        assert pipe is not None
        self._thread = threading.Thread(target=self._read, args=(pipe,), daemon=True)
        self._thread.start()

    def last(self) -> str:
        if self._thread is not None:
            self._thread.join(_GOODBYE)
        return self._last.decode(errors="replace").strip()

    def _read(self, pipe: IO[bytes]) -> None:
        with pipe:
            while part := pipe.read(_PIECE):
                self._last += part
                del self._last[:-_LAST_LINES]


def _environment(settings: Path) -> dict[str, str]:
    """What the process is told of the environment: none of the server's secrets."""
    wanted = {*_VARIABLES, *variables_of(settings)}
    known = {key: value for key, value in os.environ.items() if key in wanted}
    root = str(Path(framework_plugin.__file__).parents[1])
    path = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**known, "PYTHONPATH": os.pathsep.join(path)}


def _send(running: subprocess.Popen[bytes], data: bytes, deadline: float) -> None:
    assert running.stdin is not None
    file = running.stdin.fileno()
    os.set_blocking(file, False)
    rest = memoryview(data)
    while rest:
        _wait([], [file], deadline)
        try:
            rest = rest[os.write(file, rest[:_PIECE]) :]
        except BlockingIOError:
            continue


def _reader(
    running: subprocess.Popen[bytes], deadline: float
) -> Callable[[int], bytes]:
    assert running.stdout is not None
    file = running.stdout.fileno()

    def read(count: int) -> bytes:
        parts = bytearray()
        while len(parts) < count:
            _wait([file], [], deadline)
            part = os.read(file, min(_PIECE, count - len(parts)))
            if not part:
                break
            parts += part
        return bytes(parts)

    return read


def _wait(reading: list[int], writing: list[int], deadline: float) -> None:
    poll = select.poll()
    for file in reading:
        poll.register(file, select.POLLIN)
    for file in writing:
        poll.register(file, select.POLLOUT)
    if not poll.poll(max(0.0, deadline - time.monotonic()) * 1_000):
        raise TimeoutError
