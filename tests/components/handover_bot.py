"""A tiny assistant, really trained, with the project's actions and a desk."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from rasa.core.agent import Agent
from rasa.core.channels.channel import CollectingOutputChannel, UserMessage
from rasa.model_training import train
from rasa.shared.core.domain import Domain
from rasa.utils.endpoints import EndpointConfig

from framework_plugin.components.desk import Desk
from framework_plugin.components.tracker_store import MemoryTrackerStore
from framework_plugin.handover.settings import HandoverSettings

CONFIG = """
recipe: default.v1
language: zh
assistant_id: handover_test
pipeline:
- name: KeywordIntentClassifier
policies:
- name: RulePolicy
  core_fallback_threshold: 0.3
  core_fallback_action_name: action_default_fallback
"""
DOMAIN = """
version: "3.1"
intents: [greet, talk_to_human, ask_queue, back_to_assistant, complain, self_harm]
actions:
- action_hand_over
- action_queue_position
- action_back_to_assistant
- action_person_speaks
responses:
  utter_greet: [{text: 你好呀}]
  utter_apologize: [{text: 对不起}]
  utter_self_harm: [{text: 请现在就拨 12356}]
session_config:
  session_expiration_time: 60
  carry_over_slots_to_new_session: true
"""
DATA = """
version: "3.1"
nlu:
- {intent: greet, examples: "- 你好"}
- {intent: talk_to_human, examples: "- 转人工"}
- {intent: ask_queue, examples: "- 前面还有几位"}
- {intent: back_to_assistant, examples: "- 不用人工了"}
- {intent: complain, examples: "- 你们就是骗子\\n- 气死我了"}
- {intent: self_harm, examples: "- 不想活了"}
rules:
"""
RULES = {
    "greet": "utter_greet",
    "talk_to_human": "action_hand_over",
    "ask_queue": "action_queue_position",
    "back_to_assistant": "action_back_to_assistant",
    "complain": "utter_apologize",
    "self_harm": "utter_self_harm",
}
_RULE = "- {{rule: {0}, steps: [{{intent: {0}}}, {{action: {1}}}]}}\n"


def train_bot(folder: Path) -> Path:
    """The model; made in some seconds."""
    rules = "".join(_RULE.format(*rule) for rule in RULES.items())
    for name, text in (("config", CONFIG), ("domain", DOMAIN), ("data", DATA + rules)):
        (folder / f"{name}.yml").write_text(text, encoding="utf-8")
    done = train(
        str(folder / "domain.yml"),
        str(folder / "config.yml"),
        str(folder / "data.yml"),
        output=str(folder / "models"),
    )
    assert done.model
    return Path(done.model)


class Bot:
    """An agent that users talk to by a channel that only answers, as REST.

    Args:
        model: Trained.
        store: Where the conversations are.
        actions: Address of the action server.
    """

    def __init__(self, model: Path, store: MemoryTrackerStore, actions: str) -> None:
        self.store = store
        self.agent = Agent.load(
            model,
            tracker_store=store,
            action_endpoint=EndpointConfig(f"{actions}/webhook"),
        )
        self.desk = Desk(store.memory.repository, HandoverSettings())

    async def say(
        self, text: str, user: str, channel: str = "rest"
    ) -> list[dict[str, Any]]:
        """The messages that answer."""
        out = CollectingOutputChannel()
        await self.agent.handle_message(UserMessage(text, out, user, None, channel))
        return out.messages

    async def texts(self, text: str, user: str) -> list[str]:
        """The texts that answer."""
        return [message["text"] for message in await self.say(text, user)]

    async def wait_for_person(self, user: str, name: str = "小林") -> int:
        """Has a person take a new conversation; returns the number of the entry."""
        await self.say("转人工", user)
        entry = self.desk.queue.entry_of(user)
        assert entry is not None
        self.desk.take(entry.id, name, "test", time.time())
        return entry.id


def open_store(path: Path, **options: Any) -> MemoryTrackerStore:
    return MemoryTrackerStore(Domain.empty(), db=str(path), **options)
