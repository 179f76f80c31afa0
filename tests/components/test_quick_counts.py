"""What is counted of one message is what scikit-learn counts."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.nlu.featurizers.sparse_featurizer.count_vectors_featurizer import (
    CountVectorsFeaturizer,
)
from rasa.nlu.tokenizers.tokenizer import Token
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from framework_plugin.components.serving.quick_parts import quickened

CONFIGS: dict[str, dict[str, Any]] = {
    "words": {},
    "characters": {"analyzer": "char", "min_ngram": 1, "max_ngram": 3},
    "characters within words": {"analyzer": "char_wb", "max_ngram": 3},
    "words of none": {"OOV_token": "oov", "OOV_words": ["茶"]},
    "upper case": {"lowercase": False, "strip_accents": "unicode"},
}
LEARNED = ["我 想 喝 茶", "茶 和 Coffee , 茶 !", "运费 多少 oov", "Café au lait"]
SAID = [*LEARNED, "", "从来没 听说 过", "茶 茶 茶 茶", "COFFEE café", "😀 ， 。", "a"]


def message(text: str) -> Message:
    words = text.split()
    starts = [text.index(word) for word in words]
    made = Message({TEXT: text})
    tokens = [Token(word, start) for word, start in zip(words, starts, strict=True)]
    made.set(f"{TEXT}_tokens", tokens)
    return made


@pytest.fixture(params=CONFIGS)
def featurizer(request: Any, tmp_path: Path) -> CountVectorsFeaturizer:
    made = CountVectorsFeaturizer.create(
        {**CountVectorsFeaturizer.get_default_config(), **CONFIGS[request.param]},
        LocalModelStorage.create(tmp_path),
        Resource("counts"),
        ExecutionContext(GraphSchema({})),
    )
    made.train(TrainingData([message(text) for text in LEARNED]))
    return made


def test_features_are_those_of_rasa(featurizer: CountVectorsFeaturizer) -> None:
    ours = quickened(copy.copy(featurizer))
    assert type(ours) is not type(featurizer)
    counted = 0
    for text in SAID:
        of_theirs, of_ours = (
            part.process([message(text)])[0].features for part in (featurizer, ours)
        )
        assert len(of_theirs) == len(of_ours)
        for expected, found in zip(of_theirs, of_ours, strict=True):
            assert (found.type, found.attribute, found.origin) == (
                expected.type,
                expected.attribute,
                expected.origin,
            )
            assert found.features.dtype == expected.features.dtype
            assert found.features.shape == expected.features.shape
            for name in ("row", "col", "data"):
                np.testing.assert_array_equal(
                    getattr(found.features, name), getattr(expected.features, name)
                )
            counted += found.features.nnz
    assert counted > len(SAID)


def test_one_that_learned_nothing_gives_nothing(tmp_path: Path) -> None:
    empty = CountVectorsFeaturizer(
        CountVectorsFeaturizer.get_default_config(),
        LocalModelStorage.create(tmp_path),
        Resource("counts"),
        ExecutionContext(GraphSchema({})),
    )
    assert quickened(empty).process([message("茶")])[0].features == []
