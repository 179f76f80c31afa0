"""Rasa's channel for Slack; it does not start without a signing secret.

In `credentials.yml`, with Rasa's keys:

    framework_plugin.components.channels.slack.GuardedSlack:
      slack_token: ${SLACK_TOKEN}
      slack_signing_secret: ${SLACK_SIGNING_SECRET}
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any

from rasa.core.channels.channel import UserMessage
from rasa.core.channels.slack import SlackInput
from sanic import Blueprint
from sanic.request import Request

from framework_plugin.components.channels.credentials import secrets_of
from framework_plugin.components.channels.guard import Guard, object_in
from framework_plugin.components.channels.signatures import (
    hex_hmac_sha256,
    is_fresh,
    same,
)
from framework_plugin.components.channels.spoken import Spoken, fetched
from framework_plugin.components.guarded_routes import Refused

PATH = "framework_plugin.components.channels.slack.GuardedSlack"


class GuardedSlack(SlackInput):
    """Slack, behind a guard."""

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> GuardedSlack:
        """Makes it from its section of `credentials.yml`.

        Raises:
            ComponentError: If a secret is missing.
        """
        secrets_of(credentials, ("slack_token", "slack_signing_secret"), PATH)
        made: GuardedSlack = super().from_credentials(credentials)
        return made

    def blueprint(
        self, on_new_message: Callable[[UserMessage], Awaitable[Any]]
    ) -> Blueprint:
        """Rasa's routes, behind a guard."""
        guard = Guard(self.name(), self._check, _id_of, self._speech_of)
        return guard.put_before(super().blueprint(on_new_message), on_new_message)

    def _check(self, request: Request) -> None:
        if request.method == "GET":
            return
        timestamp = request.headers.get("x-slack-request-timestamp", "")
        signed = f"v0:{timestamp}:".encode() + request.body
        expected = f"v0={hex_hmac_sha256(self.slack_signing_secret, signed)}"
        if not same(request.headers.get("x-slack-signature", ""), expected):
            raise Refused(403, "The signature is wrong; check the signing secret.")
        if not is_fresh(timestamp, time.time()):
            raise Refused(403, "The request is too old; check the clock of the server.")

    def _speech_of(self, request: Request) -> Spoken | None:
        """A recording that somebody sends to the bot alone."""
        if request.headers.get("content-type") != "application/json":
            return None
        event = object_in(request.body).get("event") or {}
        file: Any = next(iter(event.get("files") or ()), {})
        address = file.get("url_private_download") or file.get("url_private")
        is_speech = str(file.get("mimetype")).startswith("audio/") or (
            file.get("subtype") == "slack_audio"
        )
        if not is_speech or not address or event.get("bot_id"):
            return None
        if event.get("channel_type") != "im" or not event.get("user"):
            return None
        metadata = self.get_metadata(request)
        place = (metadata.get("out_channel"), metadata.get("thread_id"))
        sender = self._get_conversation_id(event["user"], *place)
        output = self.get_output_channel(*place)
        headers = {"Authorization": f"Bearer {self.slack_token}"}
        return Spoken(str(sender), output, lambda: fetched(address, headers), metadata)


def _id_of(request: Request) -> str:
    """The id of an event; a button that is pressed has none, and comes once."""
    if request.headers.get("content-type") != "application/json":
        return ""
    return str(object_in(request.body).get("event_id") or "")
