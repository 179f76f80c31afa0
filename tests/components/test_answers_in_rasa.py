"""Answers through Rasa itself and a real action server, and when that is gone."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.servers import ROOT, ActionServer, free_port
from tests.small_generator import DIALOGUES, OPTIONS

pytestmark = pytest.mark.slow

RASA = str(Path(sys.executable).with_name("rasa"))
HOSTILE = (
    "退货 {name} {0.__class__} 0[ <script>alert(1)</script> '; DROP TABLE events; --"
)
FAQ = f"""
title: 售后
faq:
- id: hostile
  question: 花括号怎么写
  answer: "{HOSTILE}"
- id: other
  question: 手风琴的背带怎么调
  answer: 拧那个扣子。
"""
# The classifier finds whole messages only.
NLU = """
version: "3.1"
nlu:
- intent: ask_faq
  examples: |
    - 花括号怎么写
    - 有没有长颈鹿
    - 有没有大象租
- intent: affirm
  examples: |
    - 好的
- intent: deny
  examples: |
    - 不用
"""
DOMAIN = """
version: "3.1"
intents: [affirm, deny]
slots:
  generated_reply:
    type: text
    influence_conversation: false
    mappings: [{type: custom}]
responses:
  utter_generated: [{text: "{generated_reply}"}]
  utter_service_down: [{text: "店里的系统没回话"}]
actions: [action_hand_over]
"""


def configuration() -> dict[str, Any]:
    policy = "framework_plugin.components.response_policy.LSTMResponsePolicy"
    return {
        "recipe": "default.v1",
        "language": "zh",
        "assistant_id": "small",
        "pipeline": [
            {"name": "framework_plugin.components.tokenizer.ChineseTokenizer"},
            {"name": "KeywordIntentClassifier"},
        ],
        "policies": [
            {"name": "RulePolicy", "enable_fallback_prediction": False},
            {
                "name": policy,
                **OPTIONS,
                "epochs": 20,
                "corpus": "dialogues.txt",
                "development_corpus": "dialogues.txt",
                "unanswerable": "no.txt",
            },
        ],
    }


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, port: int) -> Path:
    """A trained assistant with the bundled rules of the FAQ, and two documents."""
    folder = tmp_path_factory.mktemp("shop")
    store = "framework_plugin.components.tracker_store.MemoryTrackerStore"
    database = str(folder / "memory.db")
    endpoints = {
        "action_endpoint": {"url": f"http://127.0.0.1:{port}/webhook"},
        "tracker_store": {
            "type": store,
            "dialect": "sqlite",
            "db": database,
        },
    }
    for name, content in {
        "config.yml": yaml.safe_dump(configuration(), allow_unicode=True),
        "endpoints.yml": yaml.safe_dump(endpoints),
        "domain/own.yml": DOMAIN,
        "domain/faq.yml": (ROOT / "domain" / "faq.yml").read_text(encoding="utf-8"),
        "data/rules.yml": (ROOT / "stories" / "faq.yml").read_text(encoding="utf-8"),
        "data/nlu.yml": NLU,
        "faq/faq.yml": FAQ,
        "dialogues.txt": DIALOGUES,
        "no.txt": "asdfgh\n法国首都\n怎么退货\n",
    }.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")
    done = subprocess.run(
        [RASA, "train", "--domain", "domain"],
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
        timeout=400,
    )
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def actions(shop: Path, port: int) -> Iterator[ActionServer]:
    server = ActionServer(
        shop / "endpoints.yml", port, PERSONAL_CHAT_FAQ=str(shop / "faq")
    )
    server.wait_until_ready()
    yield server
    server.kill()


@pytest.fixture(scope="module")
def agent(shop: Path) -> Any:
    from rasa.core.agent import load_agent
    from rasa.core.utils import AvailableEndpoints

    before = Path.cwd()
    os.chdir(shop)
    try:
        endpoints = AvailableEndpoints.read_endpoints("endpoints.yml")
        model = str(next((shop / "models").glob("*.tar.gz")))
        return asyncio.run(load_agent(model, endpoints=endpoints))
    finally:
        os.chdir(before)


def talk(agent: Any, sender: str, *texts: str) -> list[list[dict[str, Any]]]:
    async def all_of_them() -> list[list[dict[str, Any]]]:
        return [await agent.handle_text(text, sender_id=sender) for text in texts]

    return asyncio.run(all_of_them())


def test_a_text_with_markup_and_braces_arrives_as_it_stands(
    agent: Any, actions: ActionServer
) -> None:
    ((message,),) = talk(agent, "hostile", "花括号怎么写")

    assert message["text"] == f"{HOSTILE}\n（来源：常见问题·售后）"


def test_the_channel_gets_the_source_as_data(agent: Any, actions: ActionServer) -> None:
    from rasa.core.channels.channel import CollectingOutputChannel, UserMessage

    sent: list[dict[str, Any]] = []

    class Channel(CollectingOutputChannel):
        async def send_text_with_buttons(self, *args: Any, **kwargs: Any) -> None:
            sent.append(kwargs)

    message = UserMessage("花括号怎么写", Channel(), "channel")
    asyncio.run(agent.handle_message(message))

    (kept,) = sent
    assert kept["source"]["entry"] == "hostile"
    assert kept["source"]["kind"] == "faq"


def test_after_two_failures_a_yes_hands_over_and_a_no_goes_on(
    agent: Any, actions: ActionServer
) -> None:
    first, second, handed = talk(agent, "yes", "有没有长颈鹿", "有没有大象租", "好的")
    assert len(first) == len(second) == 1
    assert second[0]["buttons"] == [{"title": "转人工", "payload": "转人工"}]
    assert "人工" in handed[0]["text"]
    *_, declined = talk(agent, "no", "有没有长颈鹿", "有没有大象租", "不用")
    known = yaml.safe_load((ROOT / "domain" / "faq.yml").read_text(encoding="utf-8"))
    wordings = known["responses"]["utter_person_declined"]
    assert declined[0]["text"] in [one["text"] for one in wordings]


def test_without_an_action_server_the_user_gets_a_reply_and_later_an_answer(
    agent: Any, actions: ActionServer
) -> None:
    ((answer,),) = talk(agent, "down", "花括号怎么写")
    actions.kill()
    begun = time.monotonic()
    ((down,),) = talk(agent, "down", "花括号怎么写")
    assert down["text"] == "店里的系统没回话"
    assert time.monotonic() - begun < 10
    actions.start()
    actions.wait_until_ready()
    ((again,),) = talk(agent, "down", "花括号怎么写")
    assert again["text"] == answer["text"]
