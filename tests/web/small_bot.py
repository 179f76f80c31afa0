"""A tiny assistant with one reply of each kind, behind the chat page, really served."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rasa.core.agent import Agent
from rasa.core.channels.channel import InputChannel, register
from rasa.core.lock_store import InMemoryLockStore
from rasa.model_training import train
from sanic import Sanic

from framework_plugin.components.tracker_store import MemoryTrackerStore
from tests.servers import running

HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script>"
MARKDOWN = (
    "有**粗体**，`代码`，[店铺](https://shop.example/茶)和https://tea.example/a。\n"
    "- 一\n- 二\n号码138****5678和139****8765\n[坏](javascript:alert(1))"
)
IMAGE = "/chat/static/leaf.svg"

CONFIG = """
recipe: default.v1
language: zh
assistant_id: web_test
pipeline:
- name: KeywordIntentClassifier
policies:
- name: RulePolicy
  core_fallback_threshold: 0.3
  core_fallback_action_name: action_default_fallback
"""
RESPONSES: dict[str, list[dict[str, Any]]] = {
    "utter_greet": [{"text": "你好呀"}],
    "utter_buttons": [
        {
            "text": "选一个",
            "buttons": [
                {"title": "打招呼", "payload": "/greet"},
                {"title": "样式", "payload": "样式"},
            ],
        }
    ],
    "utter_image": [{"text": "看", "image": IMAGE}],
    "utter_markdown": [{"text": MARKDOWN}],
    "utter_hostile": [{"text": HOSTILE}],
    "utter_default": [{"text": "我没听懂"}],
}
SAID = {"greet": "你好", "buttons": "按钮", "image": "图片", "markdown": "样式"} | {
    "hostile": "坏话"
}


def train_bot(folder: Path) -> Path:
    """The model; made in some seconds."""
    import yaml

    rules = [
        {"rule": name, "steps": [{"intent": name}, {"action": f"utter_{name}"}]}
        for name in SAID
    ]
    nlu = [{"intent": name, "examples": f"- {said}"} for name, said in SAID.items()]
    session = {
        "session_expiration_time": 60,
        "carry_over_slots_to_new_session": True,
    }
    domain = {
        "version": "3.1",
        "intents": list(SAID),
        "responses": RESPONSES,
        "session_config": session,
    }
    files = {
        "config.yml": yaml.safe_load(CONFIG),
        "domain.yml": domain,
        "data.yml": {"version": "3.1", "nlu": nlu, "rules": rules},
    }
    for name, content in files.items():
        text = yaml.safe_dump(content, allow_unicode=True, sort_keys=False)
        # Rasa reads examples as a block of text only.
        (folder / name).write_text(text, encoding="utf-8")
    done = train(
        *(str(folder / name) for name in ("domain.yml", "config.yml", "data.yml")),
        output=str(folder / "models"),
    )
    assert done.model
    return Path(done.model)


@contextmanager
def served(
    name: str, model: Path, store: MemoryTrackerStore, channels: list[InputChannel]
) -> Iterator[str]:
    """The address of a server with these channels."""
    app = Sanic(name)
    agent = Agent.load(model, tracker_store=store, lock_store=InMemoryLockStore())
    app.ctx.agent = agent
    register(channels, app, route="/webhooks/")
    with running(app) as server:
        yield server.url
