"""Apps of WeCom: a real server, and the platform on loopback."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest

from framework_plugin.components.channels.wecom import WeComInput
from framework_plugin.components.readable_errors import ComponentError
from tests.components.channels.platform import once
from tests.components.channels.serving import Agent, ask, echo, saying, serving
from tests.components.channels.tencent import (
    AES_KEY,
    TOKEN,
    Tencent,
    event,
    posted,
    read_answer,
    sealed,
    sha1_of,
    text_message,
)
from tests.handover.receiver import wait_until
from tests.servers import Running

CORP = "wx5823bf96d3bd56c7"
SEND = "/cgi-bin/message/send"
KEYS = {
    "corp_id": CORP,
    "agent_id": 1000002,
    "app_secret": "the-app-secret",
    "token": TOKEN,
    "encoding_aes_key": AES_KEY,
}


class App:
    """An app: its channel, its platform and its assistant."""

    def __init__(self, served: Running, platform: Tencent, agent: Agent, channel: Any):
        self.url = served.url
        self.served = served
        self.platform = platform
        self.agent = agent
        self.channel = channel

    def post(self, fields: dict[str, str], **options: Any) -> tuple[int, str]:
        query, body = posted(fields, CORP, **options)
        return ask(f"{self.url}?{query}", body)

    def wait_for_sent(self, count: int = 1) -> list[dict[str, Any]]:
        wait_until(lambda: len(self.platform.sent) >= count)
        return self.platform.sent


@pytest.fixture(scope="module")
def served_app() -> Iterator[App]:
    platform, agent = Tencent(CORP), Agent()
    channel = WeComInput.from_credentials({**KEYS, "api": platform.url})
    with serving(channel, agent) as served:
        yield App(served, platform, agent, channel)
    platform.stop()


@pytest.fixture
def wecom(served_app: App) -> App:
    served_app.agent.answering = echo
    served_app.agent.heard.clear()
    served_app.platform.sent.clear()
    served_app.platform.asked.clear()
    return served_app


def test_the_address_is_confirmed_by_what_was_encrypted(wecom: App) -> None:
    now = str(int(time.time()))
    echoed = sealed("1616140317555161061", CORP)
    query = {"timestamp": now, "nonce": "n1", "echostr": echoed}
    signature = sha1_of(TOKEN, now, "n1", echoed)
    answer = ask(f"{wecom.url}?{urlencode({**query, 'msg_signature': signature})}")
    assert answer == (200, "1616140317555161061")
    wrong = {**query, "msg_signature": signature[::-1]}
    assert ask(f"{wecom.url}?{urlencode(wrong)}")[0] == 403


def test_a_message_is_answered_by_the_app(wecom: App) -> None:
    assert wecom.post(text_message("你好", "1", "zhangsan")) == (200, "")
    (sent,) = wecom.wait_for_sent()
    assert sent == {
        "msgtype": "text",
        "text": {"content": "您说：你好"},
        "touser": "zhangsan",
        "agentid": 1000002,
    }
    assert wecom.agent.heard[0].sender_id == "wecom:zhangsan"


def test_a_slow_answer_holds_up_no_request_and_comes_once(wecom: App) -> None:
    wecom.agent.answering = saying({"text": "好"}, after=1.5)
    begun = time.monotonic()
    for _ in range(3):
        assert wecom.post(text_message("慢", "2"))[0] == 200
    assert time.monotonic() - begun < 1.5
    wecom.wait_for_sent()
    time.sleep(0.3)
    assert len(wecom.platform.sent) == 1


def test_what_is_forged_or_old_is_refused(wecom: App) -> None:
    message = text_message("假的", "3")
    assert wecom.post(message, token="other")[0] == 403
    assert wecom.post(message, at=time.time() - 400)[0] == 403
    query, body = posted(message, "ww-another-company")
    assert ask(f"{wecom.url}?{query}", body)[0] == 400
    assert ask(f"{wecom.url}?{query}", b"x" * 300_000)[0] == 413
    assert wecom.agent.heard == []


def test_a_card_has_the_buttons_and_says_what_was_pressed(wecom: App) -> None:
    buttons = [{"title": "查订单", "payload": '/track{"a": 1}'}, {"title": "退货"}]
    wecom.agent.answering = saying({"text": "要做什么？", "buttons": buttons})
    wecom.post(text_message("帮我", "4"))
    card = wecom.wait_for_sent()[0]["template_card"]
    assert card["main_title"] == {"title": "要做什么？"}
    assert [one["key"] for one in card["button_list"]] == ['/track{"a": 1}', "退货"]
    wecom.agent.answering = echo
    pressed = event("template_card_event", card["button_list"][0]["key"])
    status, body = wecom.post({**pressed, "TaskId": card["task_id"]})
    answer = read_answer(body, CORP)
    assert (status, answer["MsgType"]) == (200, "update_button")
    assert wecom.wait_for_sent(2)[1]["text"]["content"] == '您说：/track{"a": 1}'


def test_too_many_buttons_are_numbers(wecom: App) -> None:
    buttons = [{"title": f"第{n}项"} for n in range(1, 8)]
    wecom.agent.answering = saying({"text": "选", "buttons": buttons})
    wecom.post(text_message("帮我", "5"))
    assert "7. 第7项" in wecom.wait_for_sent()[0]["text"]["content"]
    wecom.agent.answering = echo
    wecom.post(text_message("7", "6"))
    assert wecom.wait_for_sent(2)[1]["text"]["content"] == "您说：第7项"


def test_menus_speak_and_the_rest_is_quiet(wecom: App) -> None:
    wecom.post(event("click", "/ask_holiday"))
    for quiet in ("enter_agent", "subscribe", "unsubscribe", "LOCATION", "view"):
        assert wecom.post(event(quiet)) == (200, "")
    wecom.wait_for_sent()
    assert wecom.agent.texts == ["/ask_holiday"]


def test_a_user_whom_the_app_does_not_reach_is_an_error_that_says_so(
    wecom: App,
) -> None:
    refusal = {"errcode": 0, "errmsg": "ok", "invaliduser": "lisi"}
    wecom.platform.planned.append(once(SEND, 200, refusal))
    output = wecom.channel.get_output_channel()
    with pytest.raises(Exception, match="not visible to this user"):
        wecom.served.run(output.send_text_message("wecom:lisi", "您好"))


def test_a_token_that_has_expired_is_renewed_once(wecom: App) -> None:
    output = wecom.channel.get_output_channel()
    wecom.served.run(output.send_text_message("wecom:lisi", "一"))
    wecom.platform.asked.clear()
    wecom.platform.planned.append(
        once(SEND, 200, {"errcode": 42001, "errmsg": "access_token expired"})
    )
    wecom.platform.expire()
    wecom.served.run(output.send_text_message("wecom:lisi", "二"))
    assert [one["text"]["content"] for one in wecom.platform.sent] == ["一", "二"]
    assert len(wecom.platform.of("/cgi-bin/gettoken")) == 1


def test_a_section_that_cannot_work_says_why() -> None:
    with pytest.raises(ComponentError, match=r"'corp_id' is missing.*企业信息"):
        WeComInput.from_credentials({**KEYS, "corp_id": None})
    with pytest.raises(ComponentError, match="must be of type int"):
        WeComInput.from_credentials({**KEYS, "agent_id": "1000002x"})
