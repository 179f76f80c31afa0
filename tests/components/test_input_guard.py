from pathlib import Path
from typing import Any

import pytest
from rasa.shared.nlu.constants import ENTITIES, INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message

from framework_plugin.components.input_guard import InputGuard
from framework_plugin.errors import PersonalChatError
from tests.components.contract import Bench, NluComponentContract


class TestContract(NluComponentContract):
    component = InputGuard


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "model")


def guessed(text: str) -> Message:
    """A message with what a classifier guessed of it."""
    guess = {"name": "inform", "confidence": 0.93}
    return Message(
        {
            TEXT: text,
            INTENT: dict(guess),
            "intent_ranking": [dict(guess), {"name": "other", "confidence": 0.07}],
            ENTITIES: [{"entity": "city", "start": 0, "end": 1, "value": text[:1]}],
        },
        output_properties={TEXT, INTENT, "intent_ranking", ENTITIES},
    )


@pytest.mark.parametrize(
    ("text", "intent"),
    [("？！", "nothing_readable"), ("😀😀", "emoji_only"), ("好" * 501, "too_long")],
)
def test_guess_about_an_unreadable_message_is_replaced(
    bench: Bench, text: str, intent: str
) -> None:
    (message,) = bench.create(InputGuard).process([guessed(text)])
    sure = {"name": intent, "confidence": 1.0}
    assert message.as_dict(only_output_properties=True) == {
        TEXT: text,
        INTENT: sure,
        "intent_ranking": [sure],
        ENTITIES: [],
    }


def test_readable_message_passes_unchanged(bench: Bench) -> None:
    (message,) = bench.create(InputGuard).process([guessed("杭州有店吗")])
    assert message == guessed("杭州有店吗")


def test_verdict_is_part_of_the_output_without_a_classifier_before(
    bench: Bench,
) -> None:
    (message,) = bench.create(InputGuard).process([Message({TEXT: "😀"})])
    output = message.as_dict(only_output_properties=True)
    assert output[INTENT]["name"] == "emoji_only"
    assert output[ENTITIES] == []


def test_max_length_is_an_option(bench: Bench) -> None:
    guard = bench.create(InputGuard, max_length=3)
    just, over = guard.process([Message({TEXT: "好好好"}), Message({TEXT: "好好好好"})])
    assert just.get(INTENT) is None
    assert over.get(INTENT)["name"] == "too_long"


@pytest.mark.parametrize("value", [0, -1, "500", None, True])
def test_impossible_max_length_is_refused(bench: Bench, value: Any) -> None:
    with pytest.raises(PersonalChatError, match="max_length"):
        bench.create(InputGuard, max_length=value)
