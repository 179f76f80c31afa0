from pathlib import Path
from typing import Any

import pytest
from rasa.shared.nlu.constants import ENTITIES, INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message

from framework_plugin.components.regex_intents import RegexIntentClassifier
from framework_plugin.errors import PersonalChatError
from tests.components.contract import Bench, NluComponentContract

PATTERNS = {"danger": ["攒.{0,4}药", "^遗书$"], "hotline": ["热线|hotline"]}


class TestContract(NluComponentContract):
    component = RegexIntentClassifier


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "model")


def guessed(text: str) -> Message:
    """A message with what a classifier guessed of it."""
    guess = {"name": "chitchat", "confidence": 0.93}
    other = {"name": "danger", "confidence": 0.07}
    return Message(
        {
            TEXT: text,
            INTENT: dict(guess),
            "intent_ranking": [dict(guess), other],
            ENTITIES: [{"entity": "amount", "start": 1, "end": 2, "value": text[1:2]}],
        },
        output_properties={TEXT, INTENT, "intent_ranking", ENTITIES},
    )


def read(bench: Bench, message: Message) -> dict[str, Any]:
    (message,) = bench.create(RegexIntentClassifier, patterns=PATTERNS).process(
        [message]
    )
    return message.as_dict(only_output_properties=True)


def test_a_pattern_overrules_the_guess_and_leaves_the_entities(bench: Bench) -> None:
    sure = {"name": "danger", "confidence": 1.0}
    assert read(bench, guessed("我攒了好多药")) == {
        TEXT: "我攒了好多药",
        INTENT: sure,
        "intent_ranking": [sure, {"name": "chitchat", "confidence": 0.93}],
        ENTITIES: guessed("我攒了好多药").get(ENTITIES),
    }


@pytest.mark.parametrize("text", ["我写了遗书", "今天攒了钱", "药"])
def test_a_message_without_a_pattern_passes_unchanged(bench: Bench, text: str) -> None:
    assert read(bench, guessed(text)) == guessed(text).as_dict(
        only_output_properties=True
    )


@pytest.mark.parametrize(
    ("text", "intent"),
    [("我攢了藥", "danger"), ("ＨＯＴＬＩＮＥ", "hotline"), ("攒药打热线", "danger")],
)
def test_patterns_meet_the_normalised_text_in_their_order(
    bench: Bench, text: str, intent: str
) -> None:
    assert read(bench, Message({TEXT: text}))[INTENT]["name"] == intent


@pytest.mark.parametrize(
    ("patterns", "says"),
    [
        ({"danger": ["攒(药"]}, "攒\\(药"),
        ({"danger": [12356]}, "12356"),
        ({"danger": [""]}, "no text"),
        ({"danger": "攒药"}, "list"),
        ({"danger": []}, "list"),
        (["攒药"], "dict"),
    ],
)
def test_what_is_no_pattern_is_refused(bench: Bench, patterns: Any, says: str) -> None:
    with pytest.raises(PersonalChatError, match=says):
        bench.create(RegexIntentClassifier, patterns=patterns)
