"""WeChat Official Accounts: a real server, and the platform on loopback."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from rasa.core.channels.channel import UserMessage

from framework_plugin.components.channels.wechat import WeChatInput
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
    sha1_of,
    text_message,
)
from tests.handover.receiver import wait_until
from tests.servers import Running

APP = "wx2c2769f8efd9abc2"
SEND = "/cgi-bin/message/custom/send"
KEYS = {
    "app_id": APP,
    "app_secret": "the-app-secret",
    "token": TOKEN,
    "encoding_aes_key": AES_KEY,
    "answer_seconds": 0.6,
}


class Setting:
    """An account: its channel, its platform and its assistant."""

    def __init__(self, served: Running, platform: Tencent, agent: Agent, channel: Any):
        self.url = served.url
        self.served = served
        self.platform = platform
        self.agent = agent
        self.channel = channel

    def post(self, fields: dict[str, str], **options: Any) -> tuple[int, str]:
        query, body = posted(fields, APP, **options)
        return ask(f"{self.url}?{query}", body)

    def said(self, text: str, id_: str, user: str = "oABC") -> dict[str, str]:
        """The passive answer to a text."""
        status, body = self.post(text_message(text, id_, user))
        assert status == 200
        return read_answer(body, APP)

    def custom(self) -> list[dict[str, Any]]:
        return self.platform.sent

    def reset(self) -> None:
        self.agent.answering = echo
        self.agent.heard.clear()
        self.platform.sent.clear()
        self.platform.asked.clear()
        self.platform.planned.clear()


@pytest.fixture(scope="module")
def account() -> Iterator[Setting]:
    platform, agent = Tencent(APP), Agent()
    channel = WeChatInput.from_credentials({**KEYS, "api": platform.url})
    with serving(channel, agent) as served:
        yield Setting(served, platform, agent, channel)
    platform.stop()


@pytest.fixture
def wechat(account: Setting) -> Setting:
    account.reset()
    return account


@pytest.fixture(scope="module")
def humble_account() -> Iterator[Setting]:
    """One that may not write to users by itself."""
    platform, agent = Tencent(APP), Agent()
    keys = {**KEYS, "api": platform.url, "customer_service": False}
    channel = WeChatInput.from_credentials(keys)
    with serving(channel, agent) as served:
        yield Setting(served, platform, agent, channel)
    platform.stop()


def test_the_address_is_confirmed_by_its_signature_alone(wechat: Setting) -> None:
    now = str(int(time.time()))
    good = sha1_of(TOKEN, now, "n1")
    for signature, timestamp, status in (
        (good, now, 200),
        (good[::-1], now, 403),
        ("密", now, 403),
        (sha1_of(TOKEN, "1409735669", "n1"), "1409735669", 403),
    ):
        query = {"signature": signature, "timestamp": timestamp, "nonce": "n1"}
        answer = ask(f"{wechat.url}?{urlencode({**query, 'echostr': 'shr5ch'})}")
        assert answer[0] == status
        assert (answer[1] == "shr5ch") == (status == 200)


def test_a_quick_answer_is_given_to_the_request_itself(wechat: Setting) -> None:
    answer = wechat.said("你好", "1")
    assert answer["Content"] == "您说：你好"
    assert (answer["ToUserName"], answer["FromUserName"]) == ("oABC", "gh_1")
    assert answer["MsgType"] == "text"
    heard = wechat.agent.heard[0]
    assert (heard.sender_id, heard.input_channel) == ("wechat:oABC", "wechat")
    assert wechat.custom() == []


def test_several_short_messages_are_one_answer(wechat: Setting) -> None:
    wechat.agent.answering = saying({"text": "好的]]>。"}, {"text": "还要别的吗？"})
    assert wechat.said("下单", "2")["Content"] == "好的]]>。\n\n还要别的吗？"


def test_what_is_too_long_for_one_answer_is_sent_in_its_order(wechat: Setting) -> None:
    text = "这是一句不长不短的话，说了又说。" * 100
    wechat.agent.answering = saying({"text": text})
    assert wechat.post(text_message("讲讲", "3"))[1] == "success"
    wait_until(lambda: "".join(_texts(wechat)) == text)
    assert all(len(one.encode()) <= 2048 for one in _texts(wechat))
    assert all(one.endswith("。") for one in _texts(wechat))


def test_a_slow_answer_is_sent_by_customer_service(wechat: Setting) -> None:
    wechat.agent.answering = saying({"text": "查到了"}, {"text": "明天到"}, after=2.0)
    begun = time.monotonic()
    assert wechat.post(text_message("查订单", "4")) == (200, "success")
    assert time.monotonic() - begun < 2.0
    wait_until(lambda: _texts(wechat) == ["查到了", "明天到"])
    assert wechat.custom()[0]["touser"] == "oABC"


def test_what_is_said_before_the_time_is_up_comes_first(wechat: Setting) -> None:
    async def answer(message: UserMessage) -> None:
        await message.output_channel.send_text_message(message.sender_id, "我查一下")
        await asyncio.sleep(0.9)
        await message.output_channel.send_text_message(message.sender_id, "查到了")

    wechat.agent.answering = answer
    assert wechat.post(text_message("查订单", "5"))[1] == "success"
    wait_until(lambda: _texts(wechat) == ["我查一下"], 0.8)
    wait_until(lambda: _texts(wechat) == ["我查一下", "查到了"])


def test_a_message_that_comes_again_is_answered_once(wechat: Setting) -> None:
    wechat.agent.answering = saying({"text": "好"}, after=1.0)
    answers: list[str] = []

    def send() -> None:
        answers.append(wechat.post(text_message("慢", "6"))[1])

    threads = [threading.Thread(target=send) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == ["success"] * 3
    wait_until(lambda: _texts(wechat) == ["好"])
    assert wechat.agent.texts == ["慢"]


def test_an_old_message_that_comes_again_after_a_newer_one_is_known(
    wechat: Setting,
) -> None:
    assert wechat.said("第一句", "7")["Content"] == "您说：第一句"
    assert wechat.said("第二句", "8")["Content"] == "您说：第二句"
    assert wechat.post(text_message("第一句", "7")) == (200, "success")
    assert wechat.agent.texts == ["第一句", "第二句"]


def test_what_was_heard_on_the_wire_cannot_be_sent_again(wechat: Setting) -> None:
    query, body = posted(text_message("转账", "9"), APP)
    assert ask(f"{wechat.url}?{query}", body)[0] == 200
    assert ask(f"{wechat.url}?{query}", body) == (200, "success")
    old = posted(text_message("转账", "10"), APP, at=time.time() - 301)
    assert ask(f"{wechat.url}?{old[0]}", old[1])[0] == 403
    assert wechat.agent.texts == ["转账"]


@pytest.mark.parametrize("what", ["signature", "token", "app", "body", "nonce"])
def test_what_is_not_from_the_platform_is_not_processed(
    wechat: Setting, what: str, caplog: pytest.LogCaptureFixture
) -> None:
    message = text_message("假的", "11")
    query, body = posted(
        message,
        "wx0000" if what == "app" else APP,
        token="other" if what == "token" else TOKEN,
    )
    if what == "signature":
        query = query.replace("msg_signature=", "msg_signature=0")
    if what == "nonce":
        query = query.replace("1320562132", "1320562133")
    if what == "body":
        body = posted(text_message("别的", "12"), APP)[1]
    status, answer = ask(f"{wechat.url}?{query}", body)
    assert status == (400 if what == "app" else 403)
    assert wechat.agent.heard == []
    for secret in (TOKEN, AES_KEY, "the-app-secret", "假的"):
        assert secret not in caplog.text
        assert secret not in answer
    assert "was refused" in caplog.text


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"<xml>", 400),
        (b"<xml></xml>", 400),
        (b"<xml><Content>hi</Content></xml>", 400),
        (b'<!DOCTYPE x [<!ENTITY a "b">]><xml><Encrypt>&a;</Encrypt></xml>', 400),
        (b"\xff\xfe\x00", 400),
        (b"<xml><Encrypt>" + b"x" * 300_000 + b"</Encrypt></xml>", 413),
    ],
)
def test_a_body_that_is_none_is_refused(
    wechat: Setting, body: bytes, status: int
) -> None:
    assert ask(f"{wechat.url}?timestamp=1&nonce=2", body)[0] == status
    assert wechat.agent.heard == []


def test_followers_and_codes_and_menus_say_what_was_set(wechat: Setting) -> None:
    wechat.post(event("subscribe", "qrscene_shop7", "o1"))
    wechat.post(event("CLICK", "/ask_opening_hours", "o2"))
    wechat.post(event("CLICK", "今天有什么活动", "o3"))
    for quiet in ("unsubscribe", "VIEW", "LOCATION", "SCAN", "made_up"):
        assert wechat.post(event(quiet, "x", "o4")) == (200, "success")
    assert wechat.agent.texts == ["/greet", "/ask_opening_hours", "今天有什么活动"]
    assert wechat.agent.heard[0].metadata == {"event": "subscribe", "scene": "shop7"}
    # The platform sends events again, too; they have no id.
    assert wechat.post(event("subscribe", "qrscene_shop7", "o1"))[1] == "success"
    assert len(wechat.agent.heard) == 3


def test_nobody_can_type_an_intent(wechat: Setting) -> None:
    wechat.said('/inform{"order_number": "1"}', "20")
    assert wechat.agent.texts == ['／inform{"order_number": "1"}']


def test_speech_is_taken_in_the_words_of_the_platform(wechat: Setting) -> None:
    voice = {**text_message("", "21"), "MsgType": "voice", "Format": "amr"}
    del voice["Content"]
    status, body = wechat.post({**voice, "MediaId": "m1", "Recognition": "你好。"})
    assert (status, read_answer(body, APP)["Content"]) == (200, "您说：你好。")
    attachment = wechat.agent.heard[0].metadata["attachment"]
    assert attachment == {"kind": "voice", "media_id": "m1", "format": "amr"}
    status, body = wechat.post({**voice, "MediaId": "m2", "MsgId": "22"})
    assert "听不懂" in read_answer(body, APP)["Content"]
    assert len(wechat.agent.heard) == 1


@pytest.mark.parametrize("kind", ["image", "video", "location", "made_up"])
def test_who_sends_what_nobody_understands_is_told_so(
    wechat: Setting, kind: str
) -> None:
    fields = {**text_message("", f"23{kind}"), "MsgType": kind}
    status, body = wechat.post(fields)
    assert (status, "文字" in read_answer(body, APP)["Content"]) == (200, True)
    assert wechat.agent.heard == []


def test_buttons_are_numbers_in_an_answer_and_the_number_chooses(
    wechat: Setting,
) -> None:
    buttons = [
        {"title": "查订单", "payload": "/track_order"},
        {"title": "退货", "payload": '/return{"why": "b"}'},
        {"title": "官网", "url": "https://example.com"},
    ]
    wechat.agent.answering = saying({"text": "要做什么？", "buttons": buttons})
    shown = wechat.said("帮我", "30")["Content"]
    assert shown == (
        "要做什么？\n1. 查订单\n2. 退货\n官网：https://example.com\n回复数字就行"
    )
    wechat.agent.answering = echo
    assert wechat.said("２", "31")["Content"].endswith('/return{"why": "b"}')
    # The choice is over: now it is a number like any other.
    assert wechat.said("2", "32")["Content"] == "您说：2"


def test_buttons_are_a_menu_when_they_come_by_customer_service(
    wechat: Setting,
) -> None:
    buttons = [{"title": "满意", "payload": "/affirm"}, {"title": "不满意"}]
    wechat.agent.answering = saying({"text": "怎么样？", "buttons": buttons}, after=0.9)
    assert wechat.post(text_message("好了", "33"))[1] == "success"
    wait_until(lambda: bool(wechat.custom()))
    menu = wechat.custom()[0]
    assert menu["msgtype"] == "msgmenu"
    assert menu["msgmenu"]["head_content"] == "怎么样？"
    assert [one["content"] for one in menu["msgmenu"]["list"]] == ["满意", "不满意"]
    wechat.agent.answering = echo
    assert wechat.said("满意", "34")["Content"] == "您说：/affirm"


def test_a_picture_is_uploaded_once_and_shown(wechat: Setting) -> None:
    picture = f"{wechat.platform.url}/picture.png"
    wechat.agent.answering = saying({"image": picture})
    for id_ in ("35", "36"):
        status, body = wechat.post(text_message("看看", id_))
        answer = read_answer(body, APP)
        assert (status, answer["MsgType"], answer["Image"]) == (
            *(200, "image", "media-1"),
        )
    (upload,) = wechat.platform.of("/cgi-bin/media/upload")
    assert b"-a-picture-" in upload.body


def test_a_picture_that_cannot_be_read_is_sent_as_its_address(wechat: Setting) -> None:
    address = f"{wechat.platform.url}/cgi-bin/none.png"
    wechat.agent.answering = saying({"image": address})
    assert wechat.said("看看", "37")["Content"] == address


@pytest.mark.parametrize("code", [40001, 42001, 40014])
def test_a_token_that_is_refused_is_renewed_once(wechat: Setting, code: int) -> None:
    _send_first(wechat, "你好")
    wechat.reset()
    wechat.platform.planned.append(once(SEND, 200, {"errcode": code, "errmsg": "x"}))
    wechat.platform.expire()
    _send_first(wechat, "又来了")
    assert _texts(wechat) == ["又来了"]
    assert len(wechat.platform.of("/cgi-bin/stable_token")) == 1


def test_messages_that_need_a_token_at_once_fetch_one(wechat: Setting) -> None:
    _send_first(wechat, "你好")
    wechat.reset()
    wechat.platform.expire()

    async def many() -> None:
        output = wechat.channel.get_output_channel()
        await asyncio.gather(
            *(output.send_text_message("wechat:oABC", f"第{n}条") for n in range(8))
        )

    wechat.served.run(many())
    assert sorted(_texts(wechat)) == [f"第{n}条" for n in range(8)]
    assert len(wechat.platform.of("/cgi-bin/stable_token")) == 1


def test_a_busy_platform_is_tried_again_and_a_refusal_is_not(wechat: Setting) -> None:
    wechat.platform.planned += [
        once(SEND, 200, {"errcode": -1, "errmsg": "system error"}),
        once(SEND, 503, {}),
    ]
    _send_first(wechat, "在吗")
    assert (_texts(wechat), len(wechat.platform.of(SEND))) == (["在吗"], 3)
    wechat.reset()
    refusal = {"errcode": 45015, "errmsg": "response out of time limit"}
    wechat.platform.planned.append(once(SEND, 200, refusal))
    with pytest.raises(Exception, match=r"45015 .*48 hours") as raised:
        _send_first(wechat, "在吗")
    assert "token" not in str(raised.value)
    assert len(wechat.platform.of(SEND)) == 1


def test_an_answer_that_is_refused_does_not_break_the_turn(wechat: Setting) -> None:
    went_on: list[str] = []

    async def answer(message: UserMessage) -> None:
        await asyncio.sleep(0.9)
        await message.output_channel.send_text_message(message.sender_id, "一")
        await message.output_channel.send_text_message(message.sender_id, "二")
        went_on.append("saved")

    wechat.agent.answering = answer
    refusal = {"errcode": 45047, "errmsg": "out of response count limit"}
    wechat.platform.planned.append(once(SEND, 200, refusal))
    assert wechat.post(text_message("好", "40"))[1] == "success"
    wait_until(lambda: went_on == ["saved"])
    assert _texts(wechat) == ["二"]


def test_text_is_sent_as_it_reads(wechat: Setting) -> None:
    _send_first(wechat, "你好")
    assert "你好".encode() in wechat.platform.of(SEND)[0].body


def test_without_customer_service_what_is_late_comes_with_the_next_answer(
    humble_account: Setting,
) -> None:
    humble = humble_account
    humble.agent.answering = saying({"text": "查到了"}, after=1.0)
    assert humble.post(text_message("查订单", "50"))[1] == "success"
    time.sleep(0.8)
    humble.agent.answering = echo
    assert humble.said("好了吗", "51")["Content"] == "查到了\n\n您说：好了吗"
    assert humble.said("谢谢", "52")["Content"] == "您说：谢谢"
    assert humble.custom() == []
    assert humble.channel.get_output_channel() is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"token": None}, "'token' is missing"),
        ({"app_secret": "${WECHAT_APP_SECRET}"}, "is not set"),
        ({"encoding_aes_key": "short"}, "5 characters; expected the 43"),
        ({"encoding_aes_key": "密" * 43}, "expected the 43"),
        ({"tokens": "x"}, "Unknown setting 'tokens'"),
        ({"answer_seconds": 30}, "between 0.0 and 4.8"),
        ({"recogniser": "no.such.Thing"}, "cannot be made"),
    ],
)
def test_a_section_that_cannot_work_says_why(
    change: dict[str, Any], message: str
) -> None:
    with pytest.raises(ComponentError, match=message) as raised:
        WeChatInput.from_credentials({**KEYS, **change})
    assert "the-app-secret" not in str(raised.value)


def _texts(account: Setting) -> list[str]:
    return [one["text"]["content"] for one in account.custom() if "text" in one]


def _send_first(account: Setting, text: str) -> None:
    """Says something without being asked, as a person at the desk does."""
    output = account.channel.get_output_channel()
    account.served.run(output.send_response("wechat:oABC", {"text": text}))
