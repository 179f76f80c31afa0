"""The channels as Rasa makes them, two servers of them, and people at the desk."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rasa.core.agent import Agent as RasaAgent
from rasa.core.lock_store import InMemoryLockStore
from rasa.core.run import create_http_input_channels
from rasa.core.tracker_store import FailSafeTrackerStore
from rasa.shared.core.domain import Domain

from framework_plugin.components.channels.attachments import (
    Attachment,
    Download,
    Kind,
)
from framework_plugin.components.channels.notes import MemoryNotes
from framework_plugin.components.channels.notes_redis import RedisNotes
from framework_plugin.components.channels.notes_sql import SqlNotes
from framework_plugin.components.channels.wechat import WeChatInput
from framework_plugin.components.channels.wecom import WeComInput
from framework_plugin.components.desk import Desk
from framework_plugin.components.handover_delivery import Delivery
from framework_plugin.components.lock_store import ExactLockStore
from framework_plugin.components.tracker_store import MemoryTrackerStore
from framework_plugin.handover.entry import Reason
from framework_plugin.handover.settings import HandoverSettings
from tests.components.channels import test_dingtalk, test_wecom
from tests.components.channels.platform import once
from tests.components.channels.serving import Agent, ask, saying, serving
from tests.components.channels.tencent import (
    Tencent,
    posted,
    read_answer,
    text_message,
)
from tests.components.channels.test_wechat import APP, KEYS
from tests.components.handover_bot import train_bot
from tests.handover.receiver import wait_until
from tests.memory.conftest import redis_port
from tests.memory.turns import turn

__all__ = ["redis_port"]

CREDENTIALS = """
framework_plugin.components.channels.wechat.WeChatInput:
  app_id: wx1
  app_secret: s
  token: t
  encoding_aes_key: abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG
framework_plugin.components.channels.wecom.WeComInput:
  corp_id: ww1
  agent_id: 1000002
  app_secret: s
  token: t
  encoding_aes_key: abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG
framework_plugin.components.channels.feishu.FeishuInput:
  app_id: cli_1
  app_secret: s
  encrypt_key: k
  verification_token: v
framework_plugin.components.channels.dingtalk.DingTalkInput:
  client_id: d
  client_secret: s
"""


@pytest.fixture
def store(tmp_path: Path) -> MemoryTrackerStore:
    return MemoryTrackerStore(Domain.empty(), db=str(tmp_path / "rasa.db"))


@pytest.fixture
def platform() -> Iterator[Tencent]:
    server = Tencent(APP)
    yield server
    server.stop()


def test_rasa_makes_all_of_them_from_credentials(tmp_path: Path) -> None:
    path = tmp_path / "credentials.yml"
    path.write_text(CREDENTIALS)
    channels = create_http_input_channels(None, str(path))
    names = ["wechat", "wecom", "feishu", "dingtalk"]
    assert [one.name() for one in channels] == names
    for one in channels:
        output = one.get_output_channel()
        assert output is not None
        assert output.name() == one.name()


@pytest.mark.slow
def test_without_wechatpy_it_is_said_how_to_install_it() -> None:
    said = subprocess.run(
        [
            sys.executable,
            "-W",
            "ignore",
            "-c",
            "import sys; sys.modules['wechatpy.crypto'] = None\n"
            "from framework_plugin.components.channels.wechat import WeChatInput\n"
            f"WeChatInput.from_credentials({KEYS!r})",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "pip install 'personal-chat[wechat]'" in said.stderr


@pytest.mark.parametrize("place", ["sql", "redis"])
def test_two_servers_answer_one_message_once_with_one_token(
    platform: Tencent,
    store: MemoryTrackerStore,
    place: str,
    request: pytest.FixtureRequest,
) -> None:
    lock_store = InMemoryLockStore()
    if place == "redis":
        port = request.getfixturevalue("redis_port")
        lock_store = ExactLockStore()
        lock_store._redis.connection_pool.connection_kwargs["port"] = port
    keys = {**KEYS, "api": platform.url, "answer_seconds": 0.0}
    agents = [Agent(saying({"text": "好"}, after=0.3)) for _ in range(2)]
    channels = [WeChatInput.from_credentials(keys) for _ in agents]
    for agent in agents:
        agent.tracker_store = FailSafeTrackerStore(store)
        agent.lock_store = lock_store
    with serving(channels[0], agents[0]) as one, serving(channels[1], agents[1]) as two:
        for id_ in ("1", "2"):
            for server in (one, two, one):
                query, body = posted(text_message("你好", id_), APP)
                assert ask(f"{server.url}?{query}", body) == (200, "success")
        wait_until(lambda: len(platform.sent) == 2)
        time.sleep(0.2)
        kind = SqlNotes if place == "sql" else RedisNotes
        assert all(isinstance(one.notes._notes, kind) for one in channels)
    assert len(platform.sent) == 2
    assert sum(len(agent.heard) for agent in agents) == 2
    # The second server has it from the first.
    assert len(platform.of("/cgi-bin/stable_token")) == 1


def test_without_stores_of_its_own_a_server_uses_its_memory(platform: Tencent) -> None:
    keys = {**KEYS, "api": platform.url}
    channel, agent = WeChatInput.from_credentials(keys), Agent()
    with serving(channel, agent) as server:
        for _ in range(2):
            query, body = posted(text_message("你好", "1"), APP)
            ask(f"{server.url}?{query}", body)
        assert isinstance(channel.notes._notes, MemoryNotes)
    assert agent.texts == ["你好"]


def test_a_person_at_the_desk_is_heard_and_what_was_refused_stays_due(
    platform: Tencent, store: MemoryTrackerStore
) -> None:
    platform.app_id = test_wecom.CORP
    keys = {**test_wecom.KEYS, "api": platform.url}
    channel, agent = WeComInput.from_credentials(keys), Agent()
    user = "wecom:zhangsan"
    desk = Desk(store.memory.repository, HandoverSettings())
    asyncio.run(turn(store, "转人工", user))
    entry = desk.queue.ask(user, user, "wecom", Reason.ASKED, time.time()).entry
    desk.take(entry.id, "小林", "test", time.time())
    desk.reply(entry.id, "您好，我是小林", "test", time.time())
    agent.tracker_store = FailSafeTrackerStore(store)
    agent.lock_store = InMemoryLockStore()
    delivery = Delivery(desk.outbox, agent, [channel])  # type: ignore[arg-type]
    with serving(channel, agent) as server:
        assert server.run(delivery.deliver_all()) == 2
        assert platform.sent[-1]["text"]["content"] == "您好，我是小林"
        desk.reply(entry.id, "还在吗", "test", time.time())
        refusal = {"errcode": 45009, "errmsg": "reach max api daily quota limit"}
        platform.planned.append(once(test_wecom.SEND, 200, refusal))
        assert server.run(delivery.deliver_all()) == 0
    pending = desk.queue.pending(desk.queue.find(entry.id))
    assert [one.text for one in pending] == ["还在吗"]


class Listener:
    """A recogniser that reads what it is brought."""

    async def words(self, attachment: Attachment, download: Download) -> str | None:
        if attachment.kind is not Kind.VOICE:
            return None
        return f"{attachment.format}:{(await download()).decode()[6:]}"


def test_a_recogniser_gets_what_was_said_and_makes_words_of_it(
    platform: Tencent,
) -> None:
    named = f"{__name__}.{Listener.__name__}"
    keys = {**KEYS, "api": platform.url, "recogniser": named}
    channel, agent = WeChatInput.from_credentials(keys), Agent()
    voice = {**text_message("", "1"), "MsgType": "voice", "Format": "amr"}
    with serving(channel, agent) as server:
        query, body = posted({**voice, "MediaId": "m7"}, APP)
        status, answer = ask(f"{server.url}?{query}", body)
        assert (status, read_answer(answer, APP)["Content"]) == (200, "您说：amr:m7")
        image = {**text_message("", "2"), "MsgType": "image", "MediaId": "m8"}
        query, body = posted(image, APP)
        answer = ask(f"{server.url}?{query}", body)[1]
        assert "看不懂" in read_answer(answer, APP)["Content"]
        # What the platform does not give is nothing that was said.
        refusal = {"errcode": 40007, "errmsg": "invalid media_id"}
        platform.planned.append(once("/cgi-bin/media/get", 200, refusal))
        query, body = posted({**voice, "MsgId": "3", "MediaId": "m9"}, APP)
        answer = ask(f"{server.url}?{query}", body)[1]
        assert "听不懂" in read_answer(answer, APP)["Content"]


@pytest.mark.slow
def test_a_real_assistant_answers_in_wechat_and_remembers_who_asked(
    platform: Tencent, store: MemoryTrackerStore, tmp_path: Path
) -> None:
    agent = RasaAgent.load(train_bot(tmp_path), tracker_store=store)
    channel = WeChatInput.from_credentials(
        {**KEYS, "api": platform.url, "answer_seconds": 4.8}
    )
    with serving(channel, agent) as server:
        query, body = posted(text_message("你好", "1"), APP)
        status, answer = ask(f"{server.url}?{query}", body)
        assert (status, read_answer(answer, APP)["Content"]) == (200, "你好呀")
    tracker = asyncio.run(store.retrieve("wechat:oABC"))
    assert tracker is not None
    assert tracker.get_latest_input_channel() == "wechat"
    assert isinstance(channel.notes._notes, SqlNotes)


def test_two_platforms_never_take_their_users_for_one_another(
    store: MemoryTrackerStore,
) -> None:
    names: set[str] = set()
    body = text_message("你好", "1", "same-id")
    from framework_plugin.components.channels import dingtalk_messages, wechat_messages

    for channel in ("wechat", "wecom"):
        found = wechat_messages.incoming_of(body, channel, {})
        assert found is not None
        names.add(found.recipient)
    said: dict[str, Any] = test_dingtalk.message("你好", "1", senderStaffId="same-id")
    found = dingtalk_messages.incoming_of(said, "dingtalk")
    assert found is not None
    names.add(found.recipient)
    assert len(names) == 3
