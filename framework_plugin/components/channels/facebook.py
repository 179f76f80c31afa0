"""Rasa's channel for Facebook, with the signature that Facebook recommends.

Rasa takes the digest from the request and compares with `==`; here it is SHA-256,
compared in constant time. In `credentials.yml`, with Rasa's keys:

    framework_plugin.components.channels.facebook.GuardedFacebook:
      verify: ${FACEBOOK_VERIFY}
      secret: ${FACEBOOK_SECRET}
      page-access-token: ${FACEBOOK_PAGE_TOKEN}
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from rasa.core.channels.channel import UserMessage
from rasa.core.channels.facebook import FacebookInput
from sanic import Blueprint
from sanic.request import Request

from framework_plugin.components.channels.credentials import secrets_of
from framework_plugin.components.channels.guard import Guard, object_in
from framework_plugin.components.channels.signatures import hex_hmac_sha256, same
from framework_plugin.components.channels.spoken import Spoken, fetched
from framework_plugin.components.guarded_routes import Refused

PATH = "framework_plugin.components.channels.facebook.GuardedFacebook"


class GuardedFacebook(FacebookInput):
    """Facebook Messenger, behind a guard."""

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> GuardedFacebook:
        """Makes it from its section of `credentials.yml`.

        Raises:
            ComponentError: If a secret is missing.
        """
        names = ("verify", "secret", "page-access-token")
        return cls(*secrets_of(credentials, names, PATH))

    def blueprint(
        self, on_new_message: Callable[[UserMessage], Awaitable[Any]]
    ) -> Blueprint:
        """Rasa's routes, behind a guard."""
        guard = Guard(self.name(), self._check, _id_of, self._speech_of)
        return guard.put_before(super().blueprint(on_new_message), on_new_message)

    def _check(self, request: Request) -> None:
        if request.method == "GET":
            given = request.args.get("hub.verify_token", "")
            if not same(given, self.fb_verify):
                raise Refused(403, "The verify token is wrong.")
            return
        expected = f"sha256={hex_hmac_sha256(self.fb_secret, request.body)}"
        if not same(request.headers.get("x-hub-signature-256", ""), expected):
            raise Refused(403, "The signature is wrong; check the app secret.")
        object_in(request.body)

    def _speech_of(self, request: Request) -> Spoken | None:
        """The recording that a request begins with, as Rasa takes its first message."""
        entries: Any = object_in(request.body).get("entry") or ({},)
        first: Any = next(iter(entries[0].get("messaging") or ()), {})
        sent: Any = next(
            iter((first.get("message") or {}).get("attachments") or ()), {}
        )
        address = (sent.get("payload") or {}).get("url")
        sender = (first.get("sender") or {}).get("id")
        if sent.get("type") != "audio" or not address or not sender:
            return None
        metadata = self.get_metadata(request) or {}
        output = self.get_output_channel()
        return Spoken(str(sender), output, lambda: fetched(address), metadata)

    @staticmethod
    def validate_hub_signature(
        app_secret: str, request_payload: bytes, hub_signature_header: str
    ) -> bool:
        """True: the guard has checked the better signature before."""
        return True


def _id_of(request: Request) -> str:
    """The ids of all messages of a request."""
    found = []
    for entry in object_in(request.body).get("entry") or ():
        for one in entry.get("messaging") or ():
            message = one.get("message") or one.get("postback") or {}
            found.append(str(message.get("mid") or ""))
    return ",".join(found) if all(found) else ""
