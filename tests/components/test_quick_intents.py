"""What NumPy understands of a message is what TensorFlow understands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
import yaml
from rasa.core.channels.channel import UserMessage
from rasa.core.processor import MessageProcessor
from rasa.engine.graph import GraphNode
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.model_training import train_nlu
from rasa.nlu.classifiers.diet_classifier import DIETClassifier
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.training_data.message import Message

from framework_plugin.components.serving import quick_intents
from framework_plugin.components.serving.quick_network import Dense
from framework_plugin.components.serving.quick_parts import quickened

pytestmark = pytest.mark.slow

PLAIN, DEEP, ONE_WAY = range(3)
DIET = {"name": "DIETClassifier", "epochs": 2, "random_seed": 7}
PIPELINE: list[dict[str, Any]] = [
    {"name": "WhitespaceTokenizer"},
    {"name": "RegexFeaturizer"},
    {"name": "CountVectorsFeaturizer"},
    {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "max_ngram": 3},
    {**DIET, "number_of_transformer_layers": 1, "transformer_size": 32},
    {
        **DIET,
        "number_of_transformer_layers": 2,
        "transformer_size": 24,
        "hidden_layers_sizes": {"text": [40, 20]},
        "connection_density": 1.0,
        "BILOU_flag": False,
    },
    {**DIET, "unidirectional_encoder": True, "transformer_size": 16},
]
EXAMPLES = {
    "order": ["order [tea](drink)", "bring me [black coffee](drink) please"],
    "greet": ["hello", "good morning to you"],
    "bye": ["bye", "see you tomorrow then"],
}
SAID = ["hello", "order black tea now", "what", "bring me tea and black coffee", "tea"]


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> DaskGraphRunner:
    folder = tmp_path_factory.mktemp("nlu")
    config = {"recipe": "default.v1", "language": "en", "assistant_id": "test"}
    nlu = [
        {"intent": name, "examples": "".join(f"- {text}\n" for text in texts)}
        for name, texts in EXAMPLES.items()
    ]
    files = {
        "config.yml": {**config, "pipeline": PIPELINE},
        "nlu.yml": {"version": "3.1", "nlu": nlu},
    }
    for name, content in files.items():
        (folder / name).write_text(yaml.safe_dump(content), encoding="utf-8")
    # Compiling what is trained for three steps would take longer than all the rest.
    tf.config.run_functions_eagerly(True)
    try:
        model = train_nlu(
            str(folder / "config.yml"), str(folder / "nlu.yml"), str(folder / "models")
        )
        return MessageProcessor._load_model(Path(model))[2]
    finally:
        tf.config.run_functions_eagerly(False)


def nodes(runner: DaskGraphRunner) -> list[GraphNode]:
    return [
        node
        for node in runner._instantiated_nodes.values()
        if type(node._component) is DIETClassifier
    ]


def featurised(runner: DaskGraphRunner, text: str) -> Message:
    (*_, last) = (n for n in runner._instantiated_nodes if "CountVectors" in n)
    tracker = DialogueStateTracker.from_events("user", [])
    inputs = {"__message__": [UserMessage(text)], "__tracker__": tracker}
    return runner.run(inputs, [last])[last][0]


@pytest.mark.parametrize("place", [PLAIN, DEEP])
def test_intents_and_entities_are_those_of_rasa(runner, place) -> None:
    theirs = nodes(runner)[place]._component
    ours = quickened(theirs)
    assert isinstance(ours, quick_intents.DIETClassifier)
    for text in SAID:
        expected, found = (
            part.process([featurised(runner, text)])[0].as_dict()
            for part in (theirs, ours)
        )
        assert len(found["entities"]) == len(expected["entities"])
        for entity, other in zip(found["entities"], expected["entities"], strict=True):
            assert entity == pytest.approx(other, abs=1e-5)
        ranking = [label["name"] for label in found["intent_ranking"]]
        assert ranking == [label["name"] for label in expected["intent_ranking"]]
        for label, other in zip(
            found["intent_ranking"], expected["intent_ranking"], strict=True
        ):
            assert label["confidence"] == pytest.approx(other["confidence"], abs=1e-5)


def test_a_message_without_features_is_left_to_rasa(runner) -> None:
    ours = quickened(nodes(runner)[PLAIN]._component)
    assert ours._predict(Message({"text": ""})) is None


def test_a_network_with_other_parts_stays_what_it_is(runner) -> None:
    theirs = nodes(runner)[ONE_WAY]._component
    assert quickened(theirs) is theirs


def test_a_network_that_comes_to_something_else_is_not_used(
    runner, monkeypatch, caplog
) -> None:
    theirs = nodes(runner)[PLAIN]._component
    of = Dense.of
    monkeypatch.setattr(Dense, "of", lambda layer: Dense(of(layer).kernel * 1.1, 0.0))
    assert quickened(theirs) is theirs
    assert "NumPy" in caplog.text


def test_confidences_are_shares(runner) -> None:
    ours = quickened(nodes(runner)[PLAIN]._component)
    scores = ours._predict(featurised(runner, SAID[1]))["i_scores"]
    assert np.sum(scores) == pytest.approx(1.0, abs=1e-5)
