"""The files of the page, held in memory, and the headers that protect it."""

from __future__ import annotations

import gzip
import hashlib
import html
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sanic import response
from sanic.request import Request
from sanic.response import HTTPResponse

from framework_plugin.components.channels.web_settings import WebSettings

FOLDER = Path(__file__).resolve().parents[1] / "web_page"
PAGE = "index.html"
DESK = "desk.html"
WIDGET = "widget.js"

_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_TITLE = "{{title}}"


@dataclass(frozen=True)
class File:
    """A file as it is sent.

    Args:
        content: Its bytes.
        packed: The same, with gzip.
        type: For `Content-Type`.
        tag: Changes with the content.
    """

    content: bytes
    packed: bytes
    type: str
    tag: str

    @classmethod
    def of(cls, content: bytes, suffix: str) -> File:
        """Packs and tags a content."""
        tag = f'"{hashlib.sha256(content).hexdigest()[:20]}"'
        return cls(content, gzip.compress(content, 9, mtime=0), _TYPES[suffix], tag)

    def answer(self, request: Request, headers: Mapping[str, str]) -> HTTPResponse:
        """The file, or that the browser has it already."""
        shared = {
            "ETag": self.tag,
            "Cache-Control": "no-cache",
            "Vary": "Accept-Encoding",
            "X-Content-Type-Options": "nosniff",
            **headers,
        }
        if request.headers.get("if-none-match") == self.tag:
            return response.empty(304, shared)
        body = self.content
        if "gzip" in request.headers.get("accept-encoding", ""):
            body, shared["Content-Encoding"] = self.packed, "gzip"
        return response.raw(body, 200, shared, self.type)


def files_of(settings: WebSettings, folder: Path = FOLDER) -> dict[str, File]:
    """All files of the page by name, the title filled in."""
    found = {}
    for path in sorted(folder.iterdir()):
        if path.suffix not in _TYPES:
            continue
        content = path.read_bytes()
        if path.suffix == ".html":
            title = html.escape(settings.title).encode()
            content = content.replace(_TITLE.encode(), title)
        found[path.name] = File.of(content, path.suffix)
    return found


def page_headers(
    settings: WebSettings, *, framed: bool, microphone: bool = False
) -> dict[str, str]:
    """What the browser is told about the page.

    Nothing is loaded from elsewhere, no text becomes code, and only the sites that
    are allowed to may show the page in a frame.

    Args:
        settings: Of the page.
        framed: Whether it is the page in a frame.
        microphone: Whether visitors may speak.
    """
    parents = " ".join(settings.origins) if framed else "'none'"
    headers = {
        "Content-Security-Policy": _policy(settings.images, parents or "'none'"),
        "Referrer-Policy": "no-referrer",
        "Permissions-Policy": "camera=(), geolocation=(), "
        f"microphone=({'self' if microphone else ''})",
        "Cross-Origin-Opener-Policy": "same-origin",
    }
    return headers if framed else {**headers, "X-Frame-Options": "DENY"}


def _policy(images: Iterable[str], parents: str) -> str:
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "connect-src 'self'",
            " ".join(("img-src 'self'", *images)),
            # Replies that are spoken are fetched, and played from the page's memory.
            "media-src 'self' blob:",
            "base-uri 'none'",
            "form-action 'none'",
            f"frame-ancestors {parents}",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    )
