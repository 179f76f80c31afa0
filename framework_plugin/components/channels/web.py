"""The chat page, served by Rasa itself.

    framework_plugin.components.channels.web.WebChat:
      title: 小满

It is found at `/chat/` of the server; see `docs/web.md`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from rasa.core.channels.channel import InputChannel, OutputChannel
from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

from framework_plugin.components import memory_api
from framework_plugin.components.channels.web_consent import Agreement
from framework_plugin.components.channels.web_guard import (
    PRIVATE,
    Guard,
    Handler,
    answer,
    content_of,
    is_https,
)
from framework_plugin.components.channels.web_history import History
from framework_plugin.components.channels.web_hub import Hub
from framework_plugin.components.channels.web_judging import judge
from framework_plugin.components.channels.web_news import NewsStream
from framework_plugin.components.channels.web_page import (
    DESK,
    PAGE,
    WIDGET,
    File,
    files_of,
    page_headers,
)
from framework_plugin.components.channels.web_settings import WebSettings
from framework_plugin.components.channels.web_taken import is_new
from framework_plugin.components.channels.web_turn import (
    NAME,
    Asked,
    NewsOutput,
    OnNewMessage,
    Turn,
)
from framework_plugin.components.channels.web_visitor import (
    Visitor,
    VisitorCookies,
    secret_of,
)
from framework_plugin.components.channels.web_voice import WebVoice
from framework_plugin.components.channels.web_watch import Watch
from framework_plugin.components.guarded_routes import Refused, store_of

logger = logging.getLogger(__name__)

PATH = "/chat"
FRAMED = "/embed"
OPERATORS = "/desk"

Headers = dict[str, str]


class WebChat(InputChannel):
    """A page to talk with the assistant, with what it remembers beside it.

    Args:
        settings: From `credentials.yml`.

    Raises:
        ComponentError: If the secret of the cookies cannot be kept, or `voice.yml`
            cannot be used.
    """

    def __init__(self, settings: WebSettings) -> None:
        self._settings = settings
        secret = secret_of(settings.secret, settings.secret_path)
        self._cookies = VisitorCookies(secret)
        self._guard = Guard(settings, self._cookies)
        self._hub = Hub()
        self._watch = Watch(self._hub)
        self._voice = WebVoice(self._guard)

    @classmethod
    def name(cls) -> str:
        """What Rasa calls it."""
        return NAME

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> WebChat:
        """Makes it from its section of `credentials.yml`."""
        return cls(WebSettings.read(credentials))

    def url_prefix(self) -> str:
        """Where Rasa puts it: not below `/webhooks`, for people type it."""
        return PATH

    def get_output_channel(self) -> OutputChannel:
        """By which people at the desk speak first."""
        return NewsOutput(self._hub)

    def blueprint(self, on_new_message: OnNewMessage) -> Blueprint:
        """The page and what it asks for, once for itself and once for frames."""
        routes = Blueprint("personal_chat_web")
        self._add_files(routes)
        self._add_api(routes, on_new_message, framed=False)
        if self._settings.origins:
            self._add_api(routes, on_new_message, framed=True)

        @routes.listener("before_server_stop")
        async def stop(*_: Any) -> None:
            self._hub.close()
            await self._watch.stop()

        routes.listener("after_server_start")(self._watch.start)
        routes.listener("after_server_start")(self._voice.serve)
        routes.listener("after_server_stop")(self._voice.close)
        return routes

    def _add_files(self, routes: Blueprint) -> None:
        files = files_of(self._settings)
        widget, page, desk = (files.pop(name) for name in (WIDGET, PAGE, DESK))
        places = ["", FRAMED] if self._settings.origins else [""]

        async def static(request: Request, name: str) -> HTTPResponse:
            if name not in files:
                return response.text("There is no such file.", 404)
            shared = {"Cross-Origin-Resource-Policy": "same-origin"}
            return files[name].answer(request, shared)

        shown = [(place, page) for place in places]
        if self._settings.desk:
            shown.append((OPERATORS, desk))
        for place, file in shown:
            headers = page_headers(
                self._settings, framed=place == FRAMED, microphone=self._voice.hears
            )

            async def show(
                request: Request, file: File = file, headers: Headers = headers
            ) -> HTTPResponse:
                if not request.path.endswith("/"):
                    # What the page names is found beside it.
                    last = request.path.rpartition("/")[2]
                    return response.redirect(f"{last}/")
                return file.answer(request, headers)

            suffix = place.strip("/") or "own"
            routes.add_route(show, f"{place}/", name=f"page_{suffix}")
            path = f"{place}/static/<name:str>"
            routes.add_route(static, path, name=f"static_{suffix}")

        async def snippet(request: Request) -> HTTPResponse:
            shared = {"Cross-Origin-Resource-Policy": "cross-origin"}
            return widget.answer(request, shared)

        if self._settings.origins:
            routes.add_route(snippet, f"/{WIDGET}", name="widget")

    def _add_api(
        self, routes: Blueprint, on_new_message: OnNewMessage, *, framed: bool
    ) -> None:
        place = FRAMED if framed else ""

        def add(
            handle: Handler, path: str, method: str, newcomers: bool = False
        ) -> None:
            # Bodies are read here, so that no long one fills the memory.
            routes.add_route(
                self._guard.handler(handle, framed=framed, newcomers=newcomers),
                f"{place}/api{path}",
                methods=[method],
                name=f"{handle.__name__}_{'framed' if framed else 'own'}",
                stream=True,
            )

        async def enter(request: Request, visitor: Visitor | None) -> HTTPResponse:
            return await self._enter(request, visitor, framed)

        async def say(request: Request, visitor: Visitor) -> None:
            await self._say(request, visitor, on_new_message)

        add(enter, "/session", "POST", newcomers=True)
        add(say, "/messages", "POST")
        if self._voice.hears:
            add(self._voice.hear, "/voice", "POST")
            add(self._voice.hear_part, "/voice/part", "POST")
            add(self._voice.wake, "/voice/wake", "POST")
        if self._voice.speaks:
            add(self._voice.speak, "/speech", "POST")
        add(self._history, "/history", "GET")
        add(self._news, "/news", "GET")
        add(self._judge, "/feedback", "POST")
        add(self._consent, "/consent", "POST")
        add(_of_own(memory_api.show_memory), "/memory", "GET")
        add(_of_own(memory_api.export_memory), "/memory/export", "GET")
        add(self._forget, "/memory", "DELETE")
        add(_of_own(memory_api.correct_one), "/memory/facts/<fact:int>", "PATCH")
        add(_of_own(memory_api.remove_one), "/memory/facts/<fact:int>", "DELETE")

    async def _enter(
        self, request: Request, visitor: Visitor | None, framed: bool
    ) -> HTTPResponse:
        """Gives a newcomer a cookie, renews that of others, and tells the rest."""
        await content_of(request)
        agreement = self._agreement(request)
        if visitor is None:
            await self._guard.count_newcomer(request)
            visitor = self._cookies.newcomer(framed=framed)
        history = await History(store_of(request.app)).page(visitor.sender_id)
        own = self._settings
        content = {
            "assistant": {
                "title": own.title,
                "subtitle": own.subtitle,
                "greeting": own.greeting,
                "suggestions": list(own.suggestions),
            },
            "longest_message": own.longest_message,
            "voice": self._voice.told(),
            "consent": await agreement.shown(visitor.sender_id),
            **history,
        }
        said = answer(content)
        path = _cookie_path(request)
        said.headers["Set-Cookie"] = self._cookies.header(
            visitor, path=path, https=is_https(request)
        )
        return said

    async def _say(
        self, request: Request, visitor: Visitor, on_new_message: OnNewMessage
    ) -> None:
        """Has a message answered, line by line."""
        asked = Asked.read(await content_of(request), self._settings.longest_message)
        store = store_of(request.app)
        await self._guard.count_message(request, visitor)
        sender_id = visitor.sender_id
        if self._hub.is_busy(sender_id):
            raise Refused(429, "Other messages of yours are still being answered.")
        history, agreement = History(store), self._agreement(request)
        agent = request.app.ctx.agent
        if not await is_new(agent, self._hub, history, sender_id, asked):
            raise Refused(409, "This message was sent before.")
        turn = Turn(sender_id, asked, history, self._hub, agreement)
        self._hub.start(sender_id, turn.run(on_new_message))
        await turn.stream(request)

    async def _history(self, request: Request, visitor: Visitor) -> HTTPResponse:
        """The messages before one of an id, or the last ones."""
        before = request.args.get("before", "")
        row = int(before) if before.isascii() and before.isdigit() else None
        history = History(store_of(request.app))
        page = await history.page(visitor.sender_id, row)
        consent = await self._agreement(request).shown(visitor.sender_id)
        return answer({**page, "consent": consent})

    async def _consent(self, request: Request, visitor: Visitor) -> HTTPResponse:
        """Takes whether the visitor may be remembered."""
        agreement = self._agreement(request)
        content = await content_of(request)
        await agreement.take(visitor.sender_id, content.get("agree"))
        # What other pages of theirs show is no longer so.
        self._hub.tell(visitor.sender_id, {"type": "anew"})
        return answer({"consent": await agreement.shown(visitor.sender_id)})

    def _agreement(self, request: Request) -> Agreement:
        return Agreement(request.app, self._settings.privacy)

    async def _judge(self, request: Request, visitor: Visitor) -> HTTPResponse:
        """Takes a thumb."""
        content = await content_of(request)
        kept = await judge(store_of(request.app), visitor.sender_id, content)
        return answer({"kept": kept})

    async def _forget(self, request: Request, visitor: Visitor) -> HTTPResponse:
        """Forgets the visitor, who is a new one afterwards."""
        store = store_of(request.app)
        await memory_api.forget_memory(request, store, visitor.sender_id)
        said = answer({"forgotten": True})
        said.headers["Set-Cookie"] = self._cookies.removal(
            framed=visitor.framed, path=_cookie_path(request), https=is_https(request)
        )
        return said

    async def _news(self, request: Request, visitor: Visitor) -> None:
        """What happens while the page is open, as server-sent events."""
        history = History(store_of(request.app))
        # What the page knows of already; a browser that comes back says it itself.
        known = request.headers.get("last-event-id") or request.args.get("since") or ""
        since = int(known) if known.isascii() and known.isdigit() else None
        await NewsStream(self._hub, history, visitor.sender_id).run(request, since)


def _of_own(handle: Callable[..., Any]) -> Handler:
    """A route of the memory, for the one who asks and nobody else."""

    async def own(request: Request, visitor: Visitor, **place: int) -> HTTPResponse:
        store = store_of(request.app)
        said: HTTPResponse = await handle(request, store, visitor.sender_id, **place)
        said.headers.update(PRIVATE)
        return said

    own.__name__ = handle.__name__
    return own


def _cookie_path(request: Request) -> str:
    """The path of the page, behind a proxy's prefix too: `/chat` or `/chat/embed`."""
    return str(request.path.partition("/api/")[0])
