"""While one user's reply is searched for, others are answered."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rasa.core.channels.channel import UserMessage
from rasa.core.lock_store import InMemoryLockStore
from rasa.shared.core.domain import Domain

from framework_plugin.components.answer_source import Source
from framework_plugin.components.serving.agent import ServingAgent
from framework_plugin.components.serving.logs import TextFormatter, Veil
from framework_plugin.components.serving.turn import TurnRecord
from framework_plugin.components.tracker_store import MemoryTrackerStore
from tests.web.small_bot import train_bot

pytestmark = pytest.mark.slow

SLOW = 1.0
"""Seconds that a reply takes to be found."""
MATRIX = np.ones((160, 160), dtype=np.float32)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train_bot(tmp_path_factory.mktemp("bot"))


@pytest.fixture
def noted() -> list[tuple[TurnRecord, BaseException | None]]:
    return []


@pytest.fixture
def agent(model: Path, noted: list[Any], tmp_path: Path) -> Iterator[ServingAgent]:
    domain = Domain.load(str(model.parents[1] / "domain.yml"))
    store = MemoryTrackerStore(domain, db=str(tmp_path / "rasa.db"))
    agent = ServingAgent(
        threads=4,
        note=lambda turn, failure: noted.append((turn, failure)),
        channels=frozenset(["rest"]),
        tracker_store=store,
        lock_store=InMemoryLockStore(),
    )
    agent.load_model(model)
    runner = agent.processor.graph_runner
    run = runner.run

    def search(inputs: dict[str, Any], targets: list[str]) -> Any:
        """Multiplies matrices for a while, as a network does, for who is slow."""
        tracker = inputs["__tracker__"]
        if tracker.sender_id.startswith("slow") and "__message__" not in inputs:
            end = time.perf_counter() + SLOW
            while time.perf_counter() < end:
                MATRIX @ MATRIX
        return run(inputs, targets)

    runner.run = search
    yield agent
    store.engine.dispose()


async def say(agent: ServingAgent, user: str, text: str = "你好") -> tuple[float, Any]:
    """The seconds that a message took, and the answer."""
    begun = time.perf_counter()
    answer = await agent.handle_message(
        UserMessage(text, sender_id=user, input_channel="rest")
    )
    return time.perf_counter() - begun, answer


async def test_a_slow_reply_adds_little_to_the_turns_of_others(agent) -> None:
    await say(agent, "warm")
    alone = [(await say(agent, f"alone-{n}"))[0] for n in range(15)]
    slow = asyncio.ensure_future(say(agent, "slow"))
    beside = []
    await asyncio.sleep(0.05)
    while not slow.done():
        beside.append((await say(agent, f"beside-{len(beside)}"))[0])
    took, answer = await slow
    assert took > SLOW
    assert answer[0]["text"] == "你好呀"
    assert len(beside) > 5
    assert statistics.median(beside) - statistics.median(alone) < 0.05


async def test_turns_of_one_user_stay_in_order(agent) -> None:
    store = agent.tracker_store
    said = ["你好", "按钮", "样式", "你好"]
    await asyncio.gather(*(say(agent, "alice", text) for text in said))
    tracker = await store.retrieve("alice")
    heard = [e.text for e in tracker.events if e.type_name == "user"]
    assert heard == said


async def test_a_turn_is_noted_with_its_parts_and_where_its_answer_came_from(
    agent, noted
) -> None:
    took, _ = await say(agent, "slow-alice")
    turn, failure = noted[-1]
    assert failure is None
    assert turn.source is Source.RULE
    assert turn.intent == "greet"
    assert turn.actions == ("utter_greet",)
    parts = turn.clock.seconds
    assert set(parts) == {"waiting", "tracker", "nlu", "policies", "actions", "save"}
    assert parts["policies"] > SLOW
    assert sum(parts.values()) <= took


async def test_a_turn_that_fails_is_noted_and_the_next_one_answered(
    agent, noted, caplog
) -> None:
    run = agent.processor.graph_runner.run

    def fail(**_: Any) -> None:
        raise ZeroDivisionError("alice said 你好")

    agent.processor.graph_runner.run = fail
    with pytest.raises(ZeroDivisionError):
        await say(agent, "alice")
    assert isinstance(noted[-1][1], ZeroDivisionError)
    (told,) = (record for record in caplog.records if "A turn failed" in record.msg)
    line = TextFormatter(Veil("key")).format(told)
    assert "ZeroDivisionError" in line
    assert "alice" not in line
    assert "你好" not in line
    assert agent.under_way == 0
    agent.processor.graph_runner.run = run
    assert (await say(agent, "alice"))[1][0]["text"] == "你好呀"
