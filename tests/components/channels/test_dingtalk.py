"""Robots of DingTalk: a real server, and the platform on loopback."""

from __future__ import annotations

import base64
import hmac
import json
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

import pytest

from framework_plugin.components.channels.dingtalk import DingTalkInput
from framework_plugin.components.readable_errors import ComponentError
from tests.components.channels.platform import Asked, Platform, Reply, once
from tests.components.channels.serving import Agent, ask, echo, saying, serving
from tests.handover.receiver import wait_until
from tests.servers import Running

SECRET = "the-client-secret"
ALONE = "/v1.0/robot/oToMessages/batchSend"
GROUP = "/v1.0/robot/groupMessages/send"
AUTH = "/v1.0/oauth2/accessToken"
KEYS = {"client_id": "ding1", "client_secret": SECRET}


class DingTalk(Platform):
    """Gives tokens, of which the newest is good, and takes messages."""

    def __init__(self) -> None:
        super().__init__()
        self.token = "none-yet"
        self.sent: list[tuple[str, dict[str, Any]]] = []
        self._tokens = iter(range(1, 1_000))

    def answer(self, asked: Asked) -> Reply:
        if asked.path == AUTH:
            if asked.json != {"appKey": "ding1", "appSecret": SECRET}:
                return 400, {"code": "invalidClientIdOrSecret", "message": "无效的"}
            self.token = f"t-{next(self._tokens)}"
            return 200, {"accessToken": self.token, "expireIn": 7200}
        if asked.headers.get("x-acs-dingtalk-access-token") != self.token:
            return 401, {"code": "InvalidAuthentication", "message": "不合法的token"}
        message = {**asked.json, "msgParam": json.loads(asked.json["msgParam"])}
        self.sent.append((asked.path, message))
        return 200, {"processQueryKey": "k", "invalidStaffIdList": []}


class Robot:
    """A robot: its channel, its platform and its assistant."""

    def __init__(self, served: Running, platform: DingTalk, agent: Agent, channel: Any):
        self.url = served.url
        self.served = served
        self.platform = platform
        self.agent = agent
        self.channel = channel

    def post(self, content: Any, **options: Any) -> int:
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        return ask(self.url, body, signed(**options))[0]

    def wait_for_sent(self, count: int = 1) -> list[tuple[str, dict[str, Any]]]:
        wait_until(lambda: len(self.platform.sent) >= count)
        return self.platform.sent


def signed(at: float | None = None, secret: str = SECRET) -> dict[str, str]:
    """The headers with which the platform signs."""
    timestamp = str(int(1000 * (time.time() if at is None else at)))
    mac = hmac.new(secret.encode(), f"{timestamp}\n{secret}".encode(), "sha256")
    sign = base64.b64encode(mac.digest()).decode()
    kind = "application/json; charset=utf-8"
    return {"timestamp": timestamp, "sign": sign, "Content-Type": kind}


def message(text: str, id_: str, **changes: Any) -> dict[str, Any]:
    return {
        "conversationId": "cid1",
        "conversationType": "1",
        "msgId": id_,
        "senderStaffId": "u1",
        "senderNick": "小林",
        "sessionWebhook": "https://attacker.example.com/",
        "msgtype": "text",
        "text": {"content": f" {text} "},
        **changes,
    }


@pytest.fixture(scope="module")
def served_robot() -> Iterator[Robot]:
    platform, agent = DingTalk(), Agent()
    channel = DingTalkInput.from_credentials({**KEYS, "api": platform.url})
    with serving(channel, agent) as served:
        yield Robot(served, platform, agent, channel)
    platform.stop()


@pytest.fixture
def dingtalk(served_robot: Robot) -> Robot:
    served_robot.agent.answering = echo
    served_robot.agent.heard.clear()
    served_robot.platform.sent.clear()
    served_robot.platform.asked.clear()
    return served_robot


def test_a_message_is_answered_by_the_robot(dingtalk: Robot) -> None:
    assert dingtalk.post(message("你好", "1")) == 200
    ((path, sent),) = dingtalk.wait_for_sent()
    assert path == ALONE
    assert (sent["robotCode"], sent["userIds"]) == ("ding1", ["u1"])
    assert (sent["msgKey"], sent["msgParam"]) == (
        *("sampleText", {"content": "您说：你好"}),
    )
    assert dingtalk.agent.heard[0].sender_id == "dingtalk:u1"


def test_in_a_group_it_answers_only_who_mentions_it(dingtalk: Robot) -> None:
    group = {"conversationType": "2", "conversationId": "cid+/g=="}
    dingtalk.post(message("大家好", "2", **group))
    dingtalk.post(message("你好", "3", **group, isInAtList=True))
    ((path, sent),) = dingtalk.wait_for_sent()
    assert (path, sent["openConversationId"]) == (GROUP, "cid+/g==")
    assert dingtalk.agent.heard[0].sender_id == "dingtalk:cid+/g==|u1"
    assert len(dingtalk.agent.heard) == 1


def test_what_is_forged_or_old_is_refused(
    dingtalk: Robot, caplog: pytest.LogCaptureFixture
) -> None:
    said = message("假的", "4")
    assert dingtalk.post(said, secret="other") == 403
    assert dingtalk.post(said, at=time.time() - 301) == 403
    assert dingtalk.post(said, at=time.time() + 301) == 403
    assert ask(dingtalk.url, json.dumps(said).encode())[0] == 403
    headers = {**signed(), "sign": "密".encode().decode("latin-1")}
    assert ask(dingtalk.url, json.dumps(said).encode(), headers)[0] == 403
    for junk in (b"", b"[]", b"{", b"\xff"):
        assert dingtalk.post(junk) == 400
    assert dingtalk.post(b"x" * 300_000) == 413
    assert dingtalk.agent.heard == []
    assert SECRET not in caplog.text


def test_a_message_that_comes_again_is_answered_once(dingtalk: Robot) -> None:
    dingtalk.agent.answering = saying({"text": "好"}, after=0.4)
    for _ in range(3):
        assert dingtalk.post(message("慢", "5")) == 200
    dingtalk.wait_for_sent()
    time.sleep(0.2)
    assert len(dingtalk.platform.sent) == 1


def test_buttons_are_a_card_whose_titles_choose(dingtalk: Robot) -> None:
    buttons = [
        {"title": "查订单", "payload": "/track"},
        {"title": "官网", "url": "https://example.com"},
    ]
    dingtalk.agent.answering = saying({"text": "要做什么？", "buttons": buttons})
    dingtalk.post(message("帮我", "6"))
    ((_, sent),) = dingtalk.wait_for_sent()
    card = sent["msgParam"]
    assert (sent["msgKey"], card["text"]) == ("sampleActionCard2", "要做什么？")
    assert card["actionURL2"] == "https://example.com"
    assert unquote(card["actionURL1"]).endswith("content=查订单")
    dingtalk.agent.answering = echo
    dingtalk.post(message("查订单", "7"))
    dingtalk.wait_for_sent(2)
    assert dingtalk.agent.texts[-1] == "/track"


def test_buttons_in_a_group_are_numbers(dingtalk: Robot) -> None:
    buttons = [{"title": "是"}, {"title": "否", "payload": "/deny"}]
    dingtalk.agent.answering = saying({"text": "好吗？", "buttons": buttons})
    group = {"conversationType": "2", "isInAtList": True}
    dingtalk.post(message("问我", "8", **group))
    ((_, sent),) = dingtalk.wait_for_sent()
    assert sent["msgParam"]["content"] == "好吗？\n1. 是\n2. 否\n回复数字就行"
    dingtalk.post(message("2", "9", **group))
    dingtalk.wait_for_sent(2)
    assert dingtalk.agent.texts[-1] == "/deny"


def test_speech_is_taken_in_the_words_of_the_platform(dingtalk: Robot) -> None:
    heard = {"downloadCode": "c1", "recognition": "钉钉，让进步发生"}
    dingtalk.post(message("", "10", msgtype="audio", content=heard))
    dingtalk.wait_for_sent()
    assert dingtalk.agent.texts == ["钉钉，让进步发生"]
    dingtalk.post(message("", "11", msgtype="picture", content={"downloadCode": "c"}))
    assert "看不懂" in dingtalk.wait_for_sent(2)[1][1]["msgParam"]["content"]


def test_a_token_that_has_expired_is_renewed_once(dingtalk: Robot) -> None:
    output = dingtalk.channel.get_output_channel()
    dingtalk.served.run(output.send_text_message("dingtalk:u1", "一"))
    dingtalk.platform.asked.clear()
    dingtalk.platform.token = "another"
    dingtalk.served.run(output.send_text_message("dingtalk:u1", "二"))
    said = [one["msgParam"]["content"] for _, one in dingtalk.platform.sent]
    assert said == ["一", "二"]
    assert len(dingtalk.platform.of(AUTH)) == 1


def test_who_is_unknown_and_what_is_too_fast_is_told_apart(dingtalk: Robot) -> None:
    output = dingtalk.channel.get_output_channel()
    throttled = {"code": "Forbidden.AccessDenied.QpsLimitForApi.Throttling"}
    dingtalk.platform.planned.append(once(ALONE, 403, throttled))
    dingtalk.served.run(output.send_text_message("dingtalk:u1", "在"))
    assert len(dingtalk.platform.of(ALONE)) == 2
    dingtalk.platform.planned.append(once(ALONE, 200, {"invalidStaffIdList": ["u9"]}))
    with pytest.raises(Exception, match="the user is unknown"):
        dingtalk.served.run(output.send_text_message("dingtalk:u9", "在"))


def test_a_section_that_cannot_work_says_why() -> None:
    with pytest.raises(ComponentError, match="'client_secret' is missing"):
        DingTalkInput.from_credentials({"client_id": "ding1"})
