"""A visitor of the page, without a browser."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from typing import Any
from urllib.parse import urlsplit

from framework_plugin.components.channels.web_visitor import VisitorCookies
from tests.web.conftest import SECRET


class Client:
    """Sends what the page sends, and keeps its cookie.

    Args:
        url: Of the server.
        place: Where the page is.
    """

    def __init__(self, url: str, place: str = "/chat") -> None:
        self.host = urlsplit(url).netloc
        self.place = place
        self.cookie: str | None = None
        self.origin: str | None = f"http://{self.host}"

    def raw(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> tuple[HTTPResponse, bytes]:
        """An answer and its body."""
        connection = HTTPConnection(self.host, timeout=30)
        own = {"Cookie": self.cookie} if self.cookie else {}
        if self.origin and method != "GET":
            own["Origin"] = self.origin
        connection.request(method, path, body, {**own, **(headers or {})})
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer, content

    def call(
        self, method: str, path: str, body: Any = None, **headers: str
    ) -> tuple[int, Any]:
        """The status and the parsed body of the API."""
        data = None if body is None else json.dumps(body).encode()
        kind = {"Content-Type": "application/json"} if data else {}
        place = f"{self.place}/api{path}"
        answer, content = self.raw(method, place, data, {**kind, **headers})
        return answer.status, json.loads(content) if content else None

    @property
    def sender_id(self) -> str:
        """What Rasa calls the visitor."""
        value = (self.cookie or "").partition("=")[2]
        framed = self.place != "/chat"
        known = VisitorCookies(SECRET.encode()).visitor(value, framed=framed)
        assert known
        return known.sender_id

    def enter(self) -> dict[str, Any]:
        """Loads the page; keeps the cookie."""
        answer, content = self.raw(
            *("POST", f"{self.place}/api/session", b"{}"),
            {"Content-Type": "application/json"},
        )
        assert answer.status == 200, content
        header = answer.getheader("Set-Cookie")
        assert header
        self.set_cookie = header
        self.cookie = header.partition(";")[0]
        return dict(json.loads(content))

    def lines(self, text: str, **more: Any) -> list[dict[str, Any]]:
        """Says something; the lines of the answer."""
        body = {"id": secrets.token_hex(8), "text": text, **more}
        answer, content = self.raw(
            *("POST", f"{self.place}/api/messages", json.dumps(body).encode()),
            {"Content-Type": "application/json"},
        )
        assert answer.status == 200, content
        return [json.loads(line) for line in content.decode().splitlines()]

    def say(self, text: str, **more: Any) -> list[dict[str, Any]]:
        """Says something; the stored messages of the turn."""
        last = self.lines(text, **more)[-1]
        assert last["type"] == "done"
        return list(last["messages"])

    def news(
        self, since: int | None = None, last: int | None = None
    ) -> Iterator[dict[str, Any]]:
        """What the page hears while it is open.

        Args:
            since: The newest row that the page knows.
            last: What a browser tells whose stream broke.
        """
        connection = HTTPConnection(self.host, timeout=30)
        headers = {"Cookie": self.cookie or ""}
        if last is not None:
            headers["Last-Event-ID"] = str(last)
        asked = "" if since is None else f"?since={since}"
        connection.request("GET", f"{self.place}/api/news{asked}", headers=headers)
        answer = connection.getresponse()
        assert answer.getheader("Content-Type") == "text/event-stream"
        yield {"type": "open"}
        while line := answer.readline():
            if line.startswith(b"data: "):
                yield json.loads(line[6:])
