"""A server on loopback in the place of a platform."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass
class Asked:
    """A request that came in."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes = field(repr=False)

    @property
    def json(self) -> dict[str, Any]:
        return json.loads(self.body) if self.body else {}


Reply = tuple[int, dict[str, Any] | bytes]
PICTURE = b"\x89PNG\r\n\x1a\n-a-picture-"


class Platform:
    """Notes every request; a subclass answers as its platform does."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.planned: list[Callable[[Asked], Reply | None]] = []
        self._changing = threading.Lock()
        platform = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length)
                place = urlsplit(self.path)
                asked = Asked(
                    self.command,
                    place.path,
                    dict(parse_qsl(place.query)),
                    {k.lower(): v for k, v in self.headers.items()},
                    body,
                )
                status, content = platform.handle(asked)
                raw = content if isinstance(content, bytes) else json.dumps(content)
                data = raw if isinstance(raw, bytes) else raw.encode()
                self.send_response(status)
                kind = "image/png" if isinstance(content, bytes) else "application/json"
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_POST = do_GET

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def handle(self, asked: Asked) -> Reply:
        with self._changing:
            self.asked.append(asked)
            if asked.path == "/picture.png":
                return 200, PICTURE
            for plan in list(self.planned):
                reply = plan(asked)
                if reply is not None:
                    self.planned.remove(plan)
                    return reply
            return self.answer(asked)

    def answer(self, asked: Asked) -> Reply:
        raise NotImplementedError

    def of(self, path: str) -> list[Asked]:
        """The requests for a path."""
        return [one for one in self.asked if one.path == path]

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def once(path: str, status: int, content: dict[str, Any]) -> Any:
    """A plan: the next request for a path gets this answer."""
    return lambda asked: (status, content) if asked.path == path else None
