"""A real HTTP server on loopback that takes down what it is sent."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Receiver:
    """Answers posts with the next of some statuses, the last one forever.

    Args:
        statuses: Of HTTP.
        seconds: How long each answer takes.
    """

    def __init__(self, *statuses: int, seconds: float = 0.0) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        remaining = list(statuses or (200,))
        got = self.got

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                got.append((dict(self.headers), self.rfile.read(length)))
                time.sleep(seconds)
                status = remaining.pop(0) if len(remaining) > 1 else remaining[0]
                self.send_response(status)
                self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def wait_for(self, count: int, seconds: float = 10.0) -> None:
        """Waits until so many posts have come.

        Raises:
            TimeoutError: If they do not.
        """
        wait_until(lambda: len(self.got) >= count, seconds)

    def stop(self) -> None:
        """Ends it; the port is refused afterwards."""
        self._server.shutdown()
        self._server.server_close()


def wait_until(holds: Callable[[], bool], seconds: float = 10.0) -> None:
    """Waits until something holds.

    Raises:
        TimeoutError: If it does not.
    """
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError("it did not come about in time")
        time.sleep(0.01)
