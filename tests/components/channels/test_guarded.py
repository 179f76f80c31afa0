"""Rasa's own channels behind a guard: a real server, Telegram on loopback."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl

import pytest
import rasa.core.channels.facebook as rasa_facebook
from rasa.core.channels.channel import UserMessage

from framework_plugin.components.channels.facebook import GuardedFacebook
from framework_plugin.components.channels.slack import GuardedSlack
from framework_plugin.components.channels.telegram import GuardedTelegram
from framework_plugin.components.readable_errors import ComponentError
from tests.components.channels.platform import Asked, Platform, Reply
from tests.components.channels.serving import Agent, ask, serving
from tests.handover.receiver import wait_until
from tests.servers import Running

SECRET = "the-secret-of-this-test-0123456789"


def hmac_of(body: bytes, digest: Any = hashlib.sha256) -> str:
    return hmac.new(SECRET.encode(), body, digest).hexdigest()


async def hear(_: UserMessage) -> None:
    """Says nothing: what is tried is who gets in."""


class Talker:
    """In the place of Rasa's `Messenger`, which would write to Facebook."""

    def __init__(self, _: str, on_new_message: Any) -> None:
        self._on_new_message = on_new_message

    async def handle(self, payload: dict[str, Any], _: Any) -> None:
        text = payload["entry"][0]["messaging"][0]["message"]["text"]
        await self._on_new_message(UserMessage(text))


@pytest.fixture
def facebook(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Running, Agent]]:
    monkeypatch.setattr(rasa_facebook, "Messenger", Talker)
    keys = {"verify": "v" * 20, "secret": SECRET, "page-access-token": "p"}
    agent = Agent(hear)
    with serving(GuardedFacebook.from_credentials(keys), agent) as served:
        yield served, agent


def test_facebook_needs_the_sha256_signature(
    facebook: tuple[Running, Agent], caplog: pytest.LogCaptureFixture
) -> None:
    served, agent = facebook
    said = {"entry": [{"messaging": [{"message": {"mid": "m1", "text": "你好"}}]}]}
    body = json.dumps(said).encode()
    good = {"X-Hub-Signature-256": f"sha256={hmac_of(body)}"}
    weak = {"X-Hub-Signature": f"sha1={hmac_of(body, hashlib.sha1)}"}
    chosen = {"X-Hub-Signature-256": f"md5={hmac_of(body, hashlib.md5)}"}
    for headers in ({}, weak, chosen, {"X-Hub-Signature-256": "sha256="}):
        assert ask(served.url, body, headers)[0] == 403
    assert ask(served.url, body + b" ", good)[0] == 403
    long = b"x" * 300_000
    signed = {"X-Hub-Signature-256": f"sha256={hmac_of(long)}"}
    assert ask(served.url, long, signed)[0] == 413
    assert agent.heard == []
    assert ask(served.url, body, good) == (200, "success")
    assert ask(served.url, body, good) == (200, "success")
    assert agent.texts == ["你好"]
    assert SECRET not in caplog.text


def test_facebook_is_confirmed_with_the_verify_token_alone(
    facebook: tuple[Running, Agent],
) -> None:
    query = "hub.mode=subscribe&hub.challenge=123&hub.verify_token="
    assert ask(f"{facebook[0].url}?{query}{'v' * 20}") == (200, "123")
    assert ask(f"{facebook[0].url}?{query}wrong")[0] == 403


def test_slack_needs_its_signature_of_now_and_hears_an_event_once() -> None:
    keys = {"slack_token": "x", "slack_signing_secret": SECRET}
    agent = Agent(hear)
    event = {"type": "message", "text": "你好", "user": "U1", "channel": "D1"}
    said = {"event": {**event, "channel_type": "im"}, "event_id": "Ev1"}
    body = json.dumps(said).encode()

    def signed(at: float) -> dict[str, str]:
        timestamp = str(int(at))
        mac = hmac_of(f"v0:{timestamp}:".encode() + body)
        return {
            "X-Slack-Request-Timestamp": timestamp,
            "X-Slack-Signature": f"v0={mac}",
            "Content-Type": "application/json",
        }

    with serving(GuardedSlack.from_credentials(keys), agent) as served:
        assert ask(served.url, body)[0] == 403
        assert ask(served.url, body, signed(time.time() - 301))[0] == 403
        wrong = {**signed(time.time()), "X-Slack-Signature": "v0="}
        assert ask(served.url, body, wrong)[0] == 403
        assert agent.heard == []
        for _ in range(2):
            assert ask(served.url, body, signed(time.time()))[0] == 200
        wait_until(lambda: agent.texts == ["你好"])


class Telegram(Platform):
    """The interface of bots."""

    def answer(self, asked: Asked) -> Reply:
        if asked.path.endswith("/getMe"):
            me = {"id": 1, "is_bot": True, "first_name": "x", "username": "my_bot"}
            return 200, {"ok": True, "result": me}
        return 200, {"ok": True, "result": True}


def test_telegram_is_told_the_secret_and_has_to_say_it() -> None:
    platform, agent = Telegram(), Agent(hear)
    keys = {
        "access_token": "123:abc",
        "verify": "my_bot",
        "webhook_url": "https://bot.example.com/webhooks/telegram/webhook",
        "secret_token": SECRET,
        "api": platform.url,
    }
    chat = {"id": 7, "type": "private"}
    message = {"message_id": 1, "date": 1, "chat": chat, "text": "你好"}
    body = json.dumps({"update_id": 5, "message": message}).encode()
    good = {
        "X-Telegram-Bot-Api-Secret-Token": SECRET,
        "Content-Type": "application/json",
    }
    with serving(GuardedTelegram.from_credentials(keys), agent) as served:
        place = "/bot123:abc/setWebhook"
        wait_until(lambda: bool(platform.of(place)))
        entered = dict(parse_qsl(platform.of(place)[0].body.decode()))
        assert entered["secret_token"] == SECRET
        for headers in ({}, {**good, "X-Telegram-Bot-Api-Secret-Token": "x"}):
            assert ask(served.url, body, headers)[0] == 403
        again = served.url.rsplit("/", 1)[0] + "/set_webhook"
        assert ask(again)[0] == 404
        assert agent.heard == []
        for _ in range(2):
            assert ask(served.url, body, good)[0] == 200
        assert agent.texts == ["你好"]
        joined = json.dumps({"update_id": 6, "my_chat_member": {"x": 1}}).encode()
        assert ask(served.url, joined, good)[0] == 200
        assert ask(served.url, b"[]", good)[0] == 400
    platform.stop()


def test_none_of_them_starts_without_its_secret() -> None:
    with pytest.raises(ComponentError, match="'secret' is missing"):
        GuardedFacebook.from_credentials({"verify": "v"})
    with pytest.raises(ComponentError, match="'slack_signing_secret' is missing"):
        GuardedSlack.from_credentials({"slack_token": "x"})
    keys = {"access_token": "1:a", "verify": "b", "webhook_url": "u"}
    with pytest.raises(ComponentError, match="'secret_token' is missing"):
        GuardedTelegram.from_credentials(keys)
    with pytest.raises(ComponentError, match="16 to 256"):
        GuardedTelegram.from_credentials({**keys, "secret_token": "short"})
