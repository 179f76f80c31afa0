"""Bots of Feishu: a real server, and the platform on loopback."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import time
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from framework_plugin.components.channels.feishu import FeishuInput
from framework_plugin.components.channels.feishu_crypt import opened
from framework_plugin.components.guarded_routes import Refused
from framework_plugin.components.readable_errors import ComponentError
from tests.components.channels.platform import Asked, Platform, Reply, once
from tests.components.channels.serving import Agent, ask, echo, saying, serving
from tests.handover.receiver import wait_until
from tests.servers import Running

KEY = "the-encrypt-key"
TOKEN = "the-verification-token"
BOT = "ou_bot"
SEND = "/open-apis/im/v1/messages"
AUTH = "/open-apis/auth/v3/tenant_access_token/internal"
KEYS = {
    "app_id": "cli_1",
    "app_secret": "the-app-secret",
    "encrypt_key": KEY,
    "verification_token": TOKEN,
    "on_enter": "/greet",
}


class Feishu(Platform):
    """Gives tokens, of which the newest is good, and takes messages."""

    def __init__(self) -> None:
        super().__init__()
        self.token = "none-yet"
        self.sent: list[tuple[dict[str, str], dict[str, Any]]] = []
        self._tokens = iter(range(1, 1_000))

    def answer(self, asked: Asked) -> Reply:
        if asked.path == AUTH:
            if asked.json["app_secret"] != "the-app-secret":
                return 200, {"code": 10014, "msg": "app secret invalid"}
            self.token = f"t-{next(self._tokens)}"
            return 200, {"code": 0, "tenant_access_token": self.token, "expire": 7200}
        if asked.headers.get("authorization") != f"Bearer {self.token}":
            return 400, {"code": 99991663, "msg": "Invalid access token"}
        if asked.path == "/open-apis/bot/v3/info":
            return 200, {"code": 0, "bot": {"open_id": BOT}}
        if asked.path == "/open-apis/im/v1/images":
            return 200, {"code": 0, "data": {"image_key": "img_1"}}
        message = {**asked.json, "content": json.loads(asked.json["content"])}
        self.sent.append((asked.query, message))
        return 200, {"code": 0, "data": {}}


class Bot:
    """A bot: its channel, its platform and its assistant."""

    def __init__(self, served: Running, platform: Feishu, agent: Agent, channel: Any):
        self.url = served.url
        self.served = served
        self.platform = platform
        self.agent = agent
        self.channel = channel

    def post(self, event: dict[str, Any], **options: Any) -> tuple[int, str]:
        return ask(self.url, *posted(event, **options))

    def wait_for_sent(self, count: int = 1) -> list[dict[str, Any]]:
        wait_until(lambda: len(self.platform.sent) >= count)
        return [message for _, message in self.platform.sent]


def posted(
    content: dict[str, Any],
    *,
    at: float | None = None,
    key: str = KEY,
    signed_with: str | None = None,
) -> tuple[bytes, dict[str, str]]:
    """The body and the headers with which the platform brings an event."""
    plain = json.dumps(content).encode()
    padding = 16 - len(plain) % 16
    vector = os.urandom(16)
    digest = hashlib.sha256(key.encode()).digest()
    encryptor = Cipher(algorithms.AES(digest), modes.CBC(vector)).encryptor()
    closed = encryptor.update(plain + bytes([padding]) * padding)
    encrypted = base64.b64encode(vector + closed).decode()
    body = json.dumps({"encrypt": encrypted}).encode()
    timestamp, nonce = str(int(time.time() if at is None else at)), "n1"
    signing = f"{timestamp}{nonce}{signed_with or key}".encode() + body
    return body, {
        "X-Lark-Request-Timestamp": timestamp,
        "X-Lark-Request-Nonce": nonce,
        "X-Lark-Signature": hashlib.sha256(signing).hexdigest(),
        "Content-Type": "application/json",
    }


def envelope(kind: str, event: dict[str, Any], id_: str, token: str = TOKEN) -> Any:
    header = {"event_id": id_, "event_type": kind, "token": token, "app_id": "cli_1"}
    return {"schema": "2.0", "header": header, "event": event}


def message(
    text: str,
    id_: str,
    *,
    group: str = "",
    mentions: tuple[str, ...] = (),
    kind: str = "text",
    content: dict[str, Any] | None = None,
) -> dict[str, Any]:
    names = [
        {"key": f"@_user_{n}", "id": {"open_id": one}, "name": f"名{n}"}
        for n, one in enumerate(mentions, 1)
    ]
    event = {
        "sender": {"sender_id": {"open_id": "ou_me"}, "sender_type": "user"},
        "message": {
            "message_id": f"om_{id_}",
            "chat_id": group or "oc_alone",
            "chat_type": "group" if group else "p2p",
            "message_type": kind,
            "content": json.dumps(content or {"text": text}),
            **({"mentions": names} if names else {}),
        },
    }
    return envelope("im.message.receive_v1", event, f"e{id_}")


@pytest.fixture(scope="module")
def served_bot() -> Iterator[Bot]:
    platform, agent = Feishu(), Agent()
    channel = FeishuInput.from_credentials({**KEYS, "api": platform.url})
    with serving(channel, agent) as served:
        yield Bot(served, platform, agent, channel)
    platform.stop()


@pytest.fixture
def feishu(served_bot: Bot) -> Bot:
    served_bot.agent.answering = echo
    served_bot.agent.heard.clear()
    served_bot.platform.sent.clear()
    served_bot.platform.asked.clear()
    return served_bot


def test_the_published_example_is_decrypted() -> None:
    encrypted = "P37w+VZImNgPEO1RBhJ6RtKl7n6zymIbEG1pReEzghk="
    assert opened(encrypted, "test key") == "hello world"
    for damaged in ("", "x", "AAAA", encrypted[:-8], encrypted.replace("P", "Q")):
        with pytest.raises(Refused):
            assert opened(damaged, "another key") == "hello world"


def test_the_address_is_confirmed_with_the_challenge(feishu: Bot) -> None:
    asked = {"challenge": "abc", "token": TOKEN, "type": "url_verification"}
    status, body = ask(feishu.url, posted(asked)[0])
    assert (status, json.loads(body)) == (200, {"challenge": "abc"})
    assert ask(feishu.url, posted({**asked, "token": "x"})[0])[0] == 403


def test_a_message_is_answered_with_who_said_it(feishu: Bot) -> None:
    assert feishu.post(message("你好", "1")) == (200, "{}")
    (sent,) = feishu.wait_for_sent()
    assert sent["receive_id"] == "ou_me"
    assert (sent["msg_type"], sent["content"]) == ("text", {"text": "您说：你好"})
    assert feishu.platform.sent[0][0] == {"receive_id_type": "open_id"}
    assert feishu.agent.heard[0].sender_id == "feishu:ou_me"


def test_in_a_group_it_answers_only_who_mentions_it(feishu: Bot) -> None:
    for said in (
        message("大家好", "2", group="oc_1"),
        message("@_user_1 你看看", "3", group="oc_1", mentions=("ou_other",)),
        message("@_all 开会", "4", group="oc_1"),
    ):
        assert feishu.post(said)[0] == 200
    both = message("@_user_1 问问 @_user_2", "5", group="oc_1", mentions=(BOT, "ou_x"))
    feishu.post(both)
    (sent,) = feishu.wait_for_sent()
    assert feishu.agent.texts == ["问问 @名2"]
    # What was said to it alone is not known to it here.
    assert feishu.agent.heard[0].sender_id == "feishu:oc_1/ou_me"
    assert sent["receive_id"] == "oc_1"
    assert sent["content"]["text"].startswith('<at user_id="ou_me"></at> 您说')
    assert feishu.platform.sent[0][0] == {"receive_id_type": "chat_id"}


def test_the_bot_cannot_be_made_to_call_others(feishu: Bot) -> None:
    said = '@_user_1 说<at user_id="all"></at>'
    feishu.post(message(said, "6", group="oc_1", mentions=(BOT,)))
    (sent,) = feishu.wait_for_sent()
    assert sent["content"]["text"].count("<at") == 1


def test_what_is_forged_old_or_in_the_clear_is_refused(
    feishu: Bot, caplog: pytest.LogCaptureFixture
) -> None:
    said = message("假的", "7")
    assert feishu.post(said, signed_with="other")[0] == 403
    assert feishu.post(said, at=time.time() - 301)[0] == 403
    assert feishu.post(said, key="other")[0] == 400
    body, headers = posted(said)
    assert ask(feishu.url, body.replace(b'"encrypt"', b'"encrypt" '), headers)[0] == 403
    wrong = envelope("im.message.receive_v1", said["event"], "e7", token="x")
    assert feishu.post(wrong)[0] == 403
    assert ask(feishu.url, json.dumps(said).encode(), headers)[0] == 400
    for junk in (b"", b"[]", b"{", b'{"encrypt": 7}', b"\xff"):
        assert ask(feishu.url, junk, headers)[0] == 400
    assert ask(feishu.url, b"x" * 300_000, headers)[0] == 413
    assert feishu.agent.heard == []
    for secret in (KEY, TOKEN, "the-app-secret"):
        assert secret not in caplog.text


def test_an_event_that_comes_again_is_answered_once(feishu: Bot) -> None:
    feishu.agent.answering = saying({"text": "好"}, after=0.4)
    body, headers = posted(message("慢", "8"))
    for _ in range(3):
        assert ask(feishu.url, body, headers)[0] == 200
    assert feishu.post(message("慢", "8"))[0] == 200
    feishu.wait_for_sent()
    time.sleep(0.2)
    assert len(feishu.platform.sent) == 1


@pytest.mark.parametrize("group", ["", "oc_1"])
def test_buttons_are_a_card_and_pressing_says_what_they_carry(
    feishu: Bot, group: str
) -> None:
    buttons = [
        {"title": "查订单", "payload": '/track{"a": 1}'},
        {"title": "官网", "url": "https://example.com"},
    ]
    feishu.agent.answering = saying({"text": "要做什么？", "buttons": buttons})
    said = message("@_user_1 帮我", f"9{group}", group=group, mentions=(BOT,))
    feishu.post(said)
    (sent,) = feishu.wait_for_sent()
    words, row = sent["content"]["elements"]
    assert words["text"]["content"] == "要做什么？"
    assert row["actions"][1]["url"] == "https://example.com"
    feishu.agent.answering = echo
    pressed = {
        "operator": {"open_id": "ou_you"},
        "action": {"tag": "button", "value": row["actions"][0]["value"]},
    }
    feishu.post(envelope("card.action.trigger", pressed, f"p{group}"))
    second = feishu.wait_for_sent(2)[1]
    assert second["receive_id"] == (group or "ou_you")
    heard = feishu.agent.heard[1]
    assert (heard.text, heard.sender_id) == (
        *('/track{"a": 1}', f"feishu:{group}/ou_you" if group else "feishu:ou_you"),
    )


def test_cards_of_others_and_unknown_events_are_let_be(feishu: Bot) -> None:
    other = {"operator": {"open_id": "ou_you"}, "action": {"value": {"x": 1}}}
    assert feishu.post(envelope("card.action.trigger", other, "q1"))[0] == 200
    assert feishu.post(envelope("im.chat.disbanded_v1", {}, "q2"))[0] == 200
    by_app = message("自动", "q3")
    by_app["event"]["sender"]["sender_type"] = "app"
    assert feishu.post(by_app)[0] == 200
    assert feishu.post({"schema": "1.0", "token": TOKEN, "event": "x"})[0] == 200
    time.sleep(0.2)
    assert feishu.agent.heard == []


def test_menus_and_opening_the_chat_say_what_was_set(feishu: Bot) -> None:
    entered = {"operator_id": {"open_id": "ou_me"}, "chat_id": "oc_alone"}
    kind = "im.chat.access_event.bot_p2p_chat_entered_v1"
    feishu.post(envelope(kind, entered, "m1"))
    menu = {"operator": {"operator_id": {"open_id": "ou_me"}}, "event_key": "/help"}
    feishu.post(envelope("application.bot.menu_v6", menu, "m2"))
    feishu.wait_for_sent(2)
    assert sorted(str(text) for text in feishu.agent.texts) == ["/greet", "/help"]


def test_rich_text_is_read_and_speech_is_not(feishu: Bot) -> None:
    rich = {
        "title": "问题",
        "content": [
            [{"tag": "at", "user_id": "@_user_1"}, {"tag": "text", "text": "怎么退？"}]
        ],
    }
    said = message("", "10", kind="post", content=rich, mentions=(BOT,))
    feishu.post(said)
    feishu.wait_for_sent()
    assert feishu.agent.texts == ["问题\n怎么退？"]
    audio = {"file_key": "file_1", "duration": 2000}
    feishu.post(message("", "11", kind="audio", content=audio))
    assert "听不懂" in feishu.wait_for_sent(2)[1]["content"]["text"]
    assert len(feishu.agent.heard) == 1


def test_a_picture_is_uploaded_once(feishu: Bot) -> None:
    picture = f"{feishu.platform.url}/picture.png"
    feishu.agent.answering = saying({"image": picture}, {"image": picture})
    feishu.post(message("看看", "12"))
    sent = feishu.wait_for_sent(2)
    assert [one["content"] for one in sent] == [{"image_key": "img_1"}] * 2
    assert len(feishu.platform.of("/open-apis/im/v1/images")) == 1


def test_a_token_that_has_expired_is_renewed_once(feishu: Bot) -> None:
    output = feishu.channel.get_output_channel()
    feishu.served.run(output.send_text_message("feishu:ou_me", "一"))
    feishu.platform.asked.clear()
    feishu.platform.token = "another"
    feishu.served.run(output.send_text_message("feishu:ou_me", "二"))
    assert [one[1]["content"]["text"] for one in feishu.platform.sent] == ["一", "二"]
    assert len(feishu.platform.of(AUTH)) == 1


def test_a_busy_platform_is_asked_again_and_a_refusal_is_explained(
    feishu: Bot,
) -> None:
    output = feishu.channel.get_output_channel()
    limit = {"code": 99991400, "msg": "request trigger frequency limit"}
    feishu.platform.planned.append(once(SEND, 400, limit))
    feishu.served.run(output.send_text_message("feishu:ou_me", "在"))
    first, second = feishu.platform.of(SEND)
    # The same message, by which the platform knows it again.
    assert first.json["uuid"] == second.json["uuid"]
    refusal = {"code": 230013, "msg": "Bot has NO availability to this user."}
    feishu.platform.planned.append(once(SEND, 400, refusal))
    with pytest.raises(Exception, match=r"230013 .*not visible to this user"):
        feishu.served.run(output.send_text_message("feishu:ou_me", "在"))


def test_a_section_without_an_encrypt_key_is_refused() -> None:
    with pytest.raises(ComponentError, match=r"'encrypt_key' is missing.*加密策略"):
        FeishuInput.from_credentials({**KEYS, "encrypt_key": None})
