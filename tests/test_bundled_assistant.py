"""What the bundled assistant understands and does, by the model as chat loads it."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from rasa.core.agent import Agent
from rasa.core.test import test as test_core
from rasa.core.utils import AvailableEndpoints
from rasa.shared.nlu.training_data.loading import load_data

from framework_plugin.cli.assistant import load_agent

test_core.__test__ = False
pytestmark = pytest.mark.slow

PROJECT = Path(__file__).parent.parent
# Where these are recognised, it is still the response policy that speaks.
SPOKEN = {"chitchat", "nlu_fallback", "out_of_scope", "affirm", "deny"}


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


@pytest.fixture(scope="module")
def agent(loop: asyncio.AbstractEventLoop) -> Agent:
    models = sorted((PROJECT / "models").glob("*.tar.gz"))
    if not models:
        pytest.skip("there is no model; `make train` makes one")
    return loop.run_until_complete(load_agent(models[-1], AvailableEndpoints()))


async def told(agent: Agent, folder: Path, as_typed: bool) -> tuple[dict, str]:
    """How many stories are told right, and those that are not."""
    stories = str(PROJECT / "tests" / "stories")
    ran = await test_core(stories, agent, out_directory=str(folder), e2e=as_typed)
    failed = (folder / "failed_test_stories.yml").read_text(encoding="utf-8")
    return ran["report"]["conversation_accuracy"], failed


def understood(
    file: str, agent: Agent, loop: asyncio.AbstractEventLoop
) -> list[tuple[str, str, str]]:
    """Of each message of a file its intent, the one understood, and the text."""
    examples = load_data(str(PROJECT / "tests" / "nlu" / file)).intent_examples
    heard = []
    for message in examples:
        text = message.get("text")
        parsed = loop.run_until_complete(agent.parse_message(text))
        heard.append((message.get("intent"), parsed["intent"]["name"], text))
    return heard


def test_every_story_is_predicted(
    agent: Agent, loop: asyncio.AbstractEventLoop, tmp_path: Path
) -> None:
    report, failed = loop.run_until_complete(told(agent, tmp_path, as_typed=False))
    assert report["total"] == report["correct"] > 0, failed


def test_stories_are_understood_as_they_are_typed(
    agent: Agent, loop: asyncio.AbstractEventLoop, tmp_path: Path
) -> None:
    """Of every ten, nine: no two trainings are sure of just the same messages."""
    report, failed = loop.run_until_complete(told(agent, tmp_path, as_typed=True))
    assert report["accuracy"] >= 0.9, failed


def test_messages_never_learned_from_are_understood(
    agent: Agent, loop: asyncio.AbstractEventLoop
) -> None:
    """Of 100, so many: `docs/results.md`, less what one training differs by."""
    heard = understood("held_out.yml", agent, loop)
    talk = [said for said in heard if said[0] == "chitchat"]
    skills = [said for said in heard if said[0] not in SPOKEN]
    missed = [said for said in skills if said[0] != said[1]]
    mistaken = [said for said in missed if said[1] not in SPOKEN]
    claimed = [said for said in talk if said[1] not in SPOKEN]
    assert len(skills) > 500
    assert len(talk) > 200
    assert len(missed) <= 0.25 * len(skills), missed
    assert len(mistaken) <= 0.04 * len(skills), mistaken
    assert len(claimed) <= 0.07 * len(talk), claimed


def test_who_is_in_danger_is_heard(
    agent: Agent, loop: asyncio.AbstractEventLoop
) -> None:
    heard = understood("danger.yml", agent, loop)
    danger = [said for said in heard if said[0] == "self_harm"]
    alarmed = [said for said in heard if said[0] != said[1] == "self_harm"]
    missed = [said for said in danger if said[1] != "self_harm"]
    assert len(danger) > 70
    assert len(missed) <= 0.3 * len(danger), missed
    assert len(alarmed) <= 0.06 * (len(heard) - len(danger)), alarmed


def test_the_training_data_are_valid() -> None:
    data = ("--domain", "domain", "--data", "nlu_data", "stories")
    ran = subprocess.run(
        [sys.executable, "-m", "rasa", "data", "validate", *data],
        cwd=PROJECT,
        env={**os.environ, "RASA_TELEMETRY_ENABLED": "false", "LOG_LEVEL": "ERROR"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
