"""Rasa's channel for Telegram, with the secret token that Telegram sends with updates.

Rasa checks nothing of a request. In `credentials.yml`, with Rasa's keys and one more:

    framework_plugin.components.channels.telegram.GuardedTelegram:
      access_token: ${TELEGRAM_TOKEN}
      verify: my_bot
      webhook_url: https://your.server/webhooks/telegram/webhook
      secret_token: ${TELEGRAM_SECRET}
"""

from __future__ import annotations

import asyncio
import io
import logging
import re
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
from aiogram import Bot
from aiogram.bot.api import TelegramAPIServer
from aiogram.utils.exceptions import TelegramAPIError
from rasa.core.channels.channel import UserMessage
from rasa.core.channels.telegram import TelegramInput, TelegramOutput
from sanic import Blueprint, Sanic
from sanic.request import Request

from framework_plugin.components.channels.credentials import secrets_of
from framework_plugin.components.channels.guard import Guard, object_in
from framework_plugin.components.channels.sending import SendError
from framework_plugin.components.channels.signatures import same
from framework_plugin.components.channels.spoken import Spoken
from framework_plugin.components.guarded_routes import Refused
from framework_plugin.components.readable_errors import ComponentError

logger = logging.getLogger(__name__)

PATH = "framework_plugin.components.channels.telegram.GuardedTelegram"
_SECRET = re.compile(r"[A-Za-z0-9_-]{16,256}")
_API = "https://api.telegram.org"


class GuardedTelegram(TelegramInput):
    """Telegram, behind a guard.

    The address is entered with the secret when the server starts; nobody can enter it
    again without.
    """

    _secret = ""
    _api = _API

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> GuardedTelegram:
        """Makes it from its section of `credentials.yml`.

        Raises:
            ComponentError: If something is missing, or the secret is no good.
        """
        names = ("access_token", "verify", "webhook_url", "secret_token")
        *others, secret = secrets_of(credentials, names, PATH)
        if not _SECRET.fullmatch(secret):
            raise ComponentError(
                f"'secret_token' in credentials.yml under {PATH} must have 16 to 256 "
                "letters, digits, _ and -. Make one with: openssl rand -hex 32"
            )
        made = cls(*others, debug_mode=False)
        made._secret = secret
        made._api = str((credentials or {}).get("api") or _API)
        return made

    def blueprint(
        self, on_new_message: Callable[[UserMessage], Awaitable[Any]]
    ) -> Blueprint:
        """Rasa's routes, behind a guard."""
        guard = Guard(self.name(), self._check, _id_of, self._speech_of)
        routes = guard.put_before(super().blueprint(on_new_message), on_new_message)
        routes.listener("after_server_start")(self._enter)
        return routes

    def get_output_channel(self) -> TelegramOutput:
        """For what the assistant says; unlike Rasa's it enters no address."""
        output = TelegramOutput(self.access_token)
        server = TelegramAPIServer.from_base(self._api)
        Bot.__init__(output, self.access_token, server=server)
        return output

    def _check(self, request: Request) -> None:
        if request.path.endswith("/set_webhook"):
            raise Refused(404, "The address is entered when the server starts.")
        given = request.headers.get("x-telegram-bot-api-secret-token", "")
        if not same(given, self._secret):
            raise Refused(403, "The secret token is wrong.")
        update = object_in(request.body)
        if not any(update.get(kind) for kind in _KINDS):
            raise Refused(200, "There is nothing to answer.")

    def _speech_of(self, request: Request) -> Spoken | None:
        message = object_in(request.body).get("message") or {}
        file = (message.get("voice") or message.get("audio") or {}).get("file_id")
        sender = (message.get("chat") or {}).get("id")
        if not file or sender is None:
            return None
        output = self.get_output_channel()

        async def download() -> bytes:
            content = io.BytesIO()
            try:
                await output.download_file_by_id(file, destination=content)
            except (
                *(TelegramAPIError, aiohttp.ClientError),
                *(asyncio.TimeoutError, OSError),
            ) as error:
                raise SendError(
                    f"Telegram did not give a recording ({type(error).__name__})."
                ) from None
            return content.getvalue()

        metadata = self.get_metadata(request) or {}
        return Spoken(str(sender), output, download, metadata, output.session.close)

    async def _enter(self, _: Sanic, *__: Any) -> None:
        """Tells Telegram the address and the secret."""
        output = self.get_output_channel()
        entry = {"url": self.webhook_url, "secret_token": self._secret}
        try:
            await output.request("setWebhook", entry)
        except (TelegramAPIError, OSError) as error:
            logger.error("Telegram did not take the address: %s", type(error).__name__)
        finally:
            await output.session.close()


_KINDS = ("message", "edited_message", "callback_query")


def _id_of(request: Request) -> str:
    return str(object_in(request.body).get("update_id") or "")
