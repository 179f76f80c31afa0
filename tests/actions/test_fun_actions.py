"""Jokes and poems: another one is another one."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from rasa_sdk import Action

from actions.fun import ActionTellJoke, ActionTellPoem
from tests.actions.talking import Conversation

DOMAIN = Path(__file__).parents[2] / "domain" / "fun.yml"


@pytest.mark.parametrize(
    ("action", "response"),
    [(ActionTellJoke, "utter_joke"), (ActionTellPoem, "utter_poem")],
)
def test_none_is_told_twice_before_all_are_told(
    talk: Conversation, action: type[Action], response: str
) -> None:
    domain = yaml.safe_load(DOMAIN.read_text(encoding="utf-8"))
    pieces = [piece["text"] for piece in domain["responses"][response]]
    talk.responses = domain["responses"]

    told = [talk.say("再来一个").answer(action) for _ in pieces]

    assert sorted(told) == sorted(pieces)
    assert talk.say("再来一个").answer(action) == told[0]
