"""Speech in messengers: real recordings, real engine, the platforms on loopback."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from prometheus_client import REGISTRY

from framework_plugin.components.channels.dingtalk import DingTalkInput
from framework_plugin.components.channels.facebook import GuardedFacebook
from framework_plugin.components.channels.feishu import FeishuInput
from framework_plugin.components.channels.slack import GuardedSlack
from framework_plugin.components.channels.telegram import GuardedTelegram
from framework_plugin.components.channels.wechat import WeChatInput
from framework_plugin.components.channels.wecom import WeComInput
from framework_plugin.components.readable_errors import ComponentError
from framework_plugin.voice.audio import Audio
from tests.components.channels import (
    test_dingtalk,
    test_feishu,
    test_guarded,
    test_wechat,
    test_wecom,
)
from tests.components.channels.platform import Asked, Platform, Reply, once
from tests.components.channels.serving import Agent, ask, serving
from tests.components.channels.tencent import Tencent, posted, text_message
from tests.handover.receiver import wait_until
from tests.voice.conftest import SETTINGS as SPOKEN
from tests.voice.conftest import recording, speech
from tests.voice.recordings import WORDS, silence, written

__all__ = ["recording", "speech"]

pytestmark = pytest.mark.slow

SETTINGS = f"{SPOKEN}\nlimits: {{seconds: 20}}"
SHOWN = f"（我听到的是：{WORDS}）"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, recording: bytes) -> Path:
    """The folder of a project where speech is understood."""
    for name in ("av", "pocketsphinx"):
        pytest.importorskip(name, reason=f"the package {name} is not installed")
    path = tmp_path / "voice.yml"
    path.write_text(SETTINGS)
    monkeypatch.chdir(tmp_path)
    return path


@pytest.fixture
def amr(speech: Audio) -> bytes:
    return written(speech.samples, "AMR")


@pytest.fixture
def tencent() -> Iterator[Tencent]:
    server = Tencent(test_wecom.CORP)
    yield server
    server.stop()


def voice(id_: str, media: str = "m1", **more: str) -> dict[str, str]:
    fields = {**text_message("", id_), "MsgType": "voice", "Format": "amr"}
    return {**fields, "MediaId": media, **more}


def given(data: bytes) -> Any:
    """A plan: the recording that is asked for next."""
    return once("/cgi-bin/media/get", 200, data)  # type: ignore[arg-type]


def counted(outcome: str) -> float:
    """How many recordings the metrics tell of."""
    name = "personal_chat_hearing_seconds_count"
    return REGISTRY.get_sample_value(name, {"outcome": outcome}) or 0.0


def is_marked(agent: Agent, number: int = -1) -> bool:
    said = agent.heard[number].metadata
    return bool(said and (said["spoken"], said["transcript"]) == (True, WORDS))


def test_in_wecom_the_words_are_shown_and_answered_and_trouble_is_told(
    tencent: Tencent, amr: bytes, speech: Audio
) -> None:
    keys = {**test_wecom.KEYS, "api": tencent.url}
    channel, agent = WeComInput.from_credentials(keys), Agent()

    def texts() -> list[str]:
        return [one["text"]["content"] for one in tencent.sent]

    understood = counted("understood")
    with serving(channel, agent) as served:

        def post(fields: dict[str, str]) -> None:
            query, body = posted(fields, test_wecom.CORP)
            assert ask(f"{served.url}?{query}", body) == (200, "")

        tencent.planned.append(given(amr))
        post(voice("1"))
        wait_until(lambda: texts() == [SHOWN, f"您说：{WORDS}"], 30)
        assert counted("understood") == understood + 1
        assert is_marked(agent)
        assert agent.heard[0].metadata["attachment"]["kind"] == "voice"
        # More than one network packet, and all of it is read.
        padded = np.concatenate((silence(12), speech.samples))
        tencent.planned.append(given(written(padded, "WAV")))
        post(voice("2"))
        wait_until(lambda: len(texts()) == 4, 30)
        assert texts()[2] == SHOWN
        for number, (data, told) in enumerate(
            (
                (written(silence(2), "AMR"), "没听到声音"),
                (b"#!AMR\nnonsense", "打不开"),
                (b"\x02#!SILK_V3nonsense", "打不开"),
                (written(silence(30), "AMR"), "最多20秒"),
            ),
            3,
        ):
            tencent.sent.clear()
            tencent.planned.append(given(data))
            post(voice(str(number)))
            wait_until(lambda: len(texts()) == 1, 30)
            assert told in texts()[0]
        # The platform's own words need no engine.
        tencent.sent.clear()
        post(voice("9", Recognition="你好。"))
        wait_until(lambda: texts() == ["您说：你好。"])
        assert agent.heard[-1].metadata["transcript"] == "你好。"
        assert len(agent.heard) == 3


def test_in_wechat_what_takes_long_comes_by_customer_service(
    tencent: Tencent, amr: bytes, here: Path
) -> None:
    here.write_text(f"{SETTINGS}\nshow_words: false\n")
    tencent.app_id = test_wechat.APP
    keys = {**test_wechat.KEYS, "api": tencent.url, "answer_seconds": 0.1}
    channel, agent = WeChatInput.from_credentials(keys), Agent()
    with serving(channel, agent) as served:
        tencent.planned.append(given(amr))
        query, body = posted(voice("1"), test_wechat.APP)
        assert ask(f"{served.url}?{query}", body) == (200, "success")
        wait_until(lambda: len(tencent.sent) == 1, 30)
    assert tencent.sent[0]["text"]["content"] == f"您说：{WORDS}"
    assert is_marked(agent)


def test_without_an_engine_the_user_is_asked_to_write(
    tencent: Tencent, here: Path
) -> None:
    here.unlink()
    keys = {**test_wecom.KEYS, "api": tencent.url}
    channel, agent = WeComInput.from_credentials(keys), Agent()
    with serving(channel, agent) as served:
        query, body = posted(voice("1"), test_wecom.CORP)
        ask(f"{served.url}?{query}", body)
        wait_until(lambda: len(tencent.sent) == 1)
        assert "打字" in tencent.sent[0]["text"]["content"]
        # Text goes on.
        query, body = posted(text_message("你好", "2"), test_wecom.CORP)
        ask(f"{served.url}?{query}", body)
        wait_until(lambda: agent.texts == ["你好"])
    assert tencent.of("/cgi-bin/media/get") == []


def test_a_voice_yml_that_cannot_be_used_stops_the_start(here: Path) -> None:
    here.write_text("recogniser: {engine: sherpa-onnx, model: nowhere}")
    with pytest.raises(ComponentError, match="There is no directory"):
        WeComInput.from_credentials(test_wecom.KEYS)


class SpokenFeishu(test_feishu.Feishu):
    """Gives the recording of a message."""

    recording = b""

    def answer(self, asked: Asked) -> Reply:
        if asked.path == "/open-apis/im/v1/messages/om_1/resources/f1":
            assert asked.query == {"type": "file"}
            return 200, self.recording
        return super().answer(asked)


def test_in_feishu_opus_is_understood(speech: Audio) -> None:
    platform, agent = SpokenFeishu(), Agent()
    platform.recording = written(speech.samples, "Ogg/Opus")
    keys = {**test_feishu.KEYS, "api": platform.url}
    with serving(FeishuInput.from_credentials(keys), agent) as served:
        said = test_feishu.message("", "1", kind="audio", content={"file_key": "f1"})
        assert ask(served.url, *test_feishu.posted(said))[0] == 200
        wait_until(lambda: agent.texts == [WORDS], 30)
        wait_until(lambda: len(platform.sent) == 2)
    assert is_marked(agent)
    assert platform.sent[0][1]["content"]["text"] == SHOWN
    platform.stop()


class SpokenDingTalk(test_dingtalk.DingTalk):
    """Says where the recording of a message is."""

    recording = b""

    def answer(self, asked: Asked) -> Reply:
        if asked.path == "/v1.0/robot/messageFiles/download":
            return 200, {"downloadUrl": f"{self.url}/file"}
        if asked.path == "/file":
            return 200, self.recording
        return super().answer(asked)


def test_in_dingtalk_speech_without_the_platforms_words_is_understood(
    amr: bytes,
) -> None:
    platform, agent = SpokenDingTalk(), Agent()
    platform.recording = amr
    keys = {**test_dingtalk.KEYS, "api": platform.url}
    said = test_dingtalk.message("", "1", msgtype="audio")
    with serving(DingTalkInput.from_credentials(keys), agent) as served:
        for id_, content in (("1", {}), ("2", {"recognition": "你好"})):
            said |= {"msgId": id_, "content": {"downloadCode": "c1", **content}}
            body = json.dumps(said).encode()
            assert ask(served.url, body, test_dingtalk.signed())[0] == 200
            wait_until(lambda n=int(id_): len(agent.heard) == n, 30)
    assert agent.texts == [WORDS, "你好"]
    assert is_marked(agent, 0)
    platform.stop()


class SpokenTelegram(test_guarded.Telegram):
    """Gives a recording, and takes messages."""

    recording = b""

    def answer(self, asked: Asked) -> Reply:
        if asked.path.endswith("/getFile"):
            file = {"file_id": "f1", "file_unique_id": "u", "file_path": "voice/1.oga"}
            return 200, {"ok": True, "result": file}
        if asked.path.endswith("/file/bot123:abc/voice/1.oga"):
            return 200, self.recording
        if asked.path.endswith("/sendMessage"):
            sent = {"message_id": 2, "date": 1, "chat": {"id": 7, "type": "private"}}
            return 200, {"ok": True, "result": sent}
        return super().answer(asked)


def test_in_telegram_speech_is_understood(speech: Audio) -> None:
    platform, agent = SpokenTelegram(), Agent(test_guarded.hear)
    platform.recording = written(speech.samples, "Ogg/Opus")
    keys = {
        "access_token": "123:abc",
        "verify": "my_bot",
        "webhook_url": "https://bot.example.com/webhooks/telegram/webhook",
        "secret_token": test_guarded.SECRET,
        "api": platform.url,
    }
    message = {"message_id": 1, "date": 1, "chat": {"id": 7, "type": "private"}}
    spoken = {**message, "voice": {"file_id": "f1", "duration": 1}}
    body = json.dumps({"update_id": 5, "message": spoken}).encode()
    headers = {
        "X-Telegram-Bot-Api-Secret-Token": test_guarded.SECRET,
        "Content-Type": "application/json",
    }
    with serving(GuardedTelegram.from_credentials(keys), agent) as served:
        for _ in range(2):
            assert ask(served.url, body, headers) == (200, "success")
        wait_until(lambda: agent.texts == [WORDS], 30)
        said = platform.of("/bot123:abc/sendMessage")[0]
        assert "chat_id=7" in said.body.decode()
    assert agent.heard[0].sender_id == "7"
    assert is_marked(agent)
    platform.stop()


class Files(Platform):
    """Gives a recording to whoever has the token."""

    recording = b""

    def answer(self, asked: Asked) -> Reply:
        if asked.headers.get("authorization") not in (None, "Bearer xoxb-1"):
            return 403, {}
        return 200, self.recording


def test_in_slack_and_facebook_speech_is_understood(amr: bytes, here: Path) -> None:
    here.write_text(f"{SETTINGS}\nshow_words: false\n")
    platform = Files()
    platform.recording = amr
    secret = test_guarded.SECRET
    agent = Agent(test_guarded.hear)
    keys = {"slack_token": "xoxb-1", "slack_signing_secret": secret}
    file = {"mimetype": "audio/mp4", "url_private_download": f"{platform.url}/a"}
    event = {"type": "message", "subtype": "file_share", "user": "U1", "channel": "D1"}
    said = {"event": {**event, "channel_type": "im", "files": [file]}, "event_id": "E1"}
    body, now = json.dumps(said).encode(), str(int(time.time()))
    signed = {
        "X-Slack-Request-Timestamp": now,
        "X-Slack-Signature": f"v0={test_guarded.hmac_of(f'v0:{now}:'.encode() + body)}",
        "Content-Type": "application/json",
    }
    with serving(GuardedSlack.from_credentials(keys), agent) as served:
        assert ask(served.url, body, signed)[0] == 200
        wait_until(lambda: agent.texts == [WORDS], 30)
    assert (agent.heard[0].sender_id, is_marked(agent)) == ("U1", True)
    assert platform.asked[0].headers["authorization"] == "Bearer xoxb-1"

    keys = {"verify": "v" * 20, "secret": secret, "page-access-token": "p"}
    sent = {"type": "audio", "payload": {"url": f"{platform.url}/b"}}
    message = {"sender": {"id": "77"}, "message": {"mid": "m1", "attachments": [sent]}}
    body = json.dumps({"entry": [{"messaging": [message]}]}).encode()
    signed = {"X-Hub-Signature-256": f"sha256={test_guarded.hmac_of(body)}"}
    with serving(GuardedFacebook.from_credentials(keys), agent) as served:
        assert ask(served.url, body, signed)[0] == 200
        wait_until(lambda: agent.texts == [WORDS, WORDS], 30)
    assert (agent.heard[1].sender_id, is_marked(agent)) == ("77", True)
    platform.stop()
