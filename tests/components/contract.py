"""What every NLU component of this plugin must do, whatever its task."""

from pathlib import Path
from typing import Any

import pytest
from rasa.engine.graph import ExecutionContext, GraphComponent, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.nlu.constants import TOKENS_NAMES
from rasa.nlu.featurizers.sparse_featurizer.count_vectors_featurizer import (
    CountVectorsFeaturizer,
)
from rasa.nlu.tokenizers.tokenizer import Tokenizer
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from framework_plugin.components.tokenizer import ChineseTokenizer
from framework_plugin.errors import PersonalChatError

TEXTS = (
    "今天又下雨了",
    "我的订单ＳＣ２０２６０３１８怎么还没到？",
    "龍井茶３.５克，要多少錢",
    "Hello 小满，价格 98.5 元吗",
    "杭\u200b州 \u3000 ㍿ ½ 👨‍👩‍👧",
    "……！！",
    "\u200b",
    "好" * 600,
)


class Bench:
    """One component's place in a graph, with a model storage of its own."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._storage = LocalModelStorage(directory)
        self._context = ExecutionContext(GraphSchema({}))

    def _arguments(self, component: Any, config: dict[str, Any]) -> tuple[Any, ...]:
        return (
            {**component.get_default_config(), **config},
            self._storage,
            Resource(component.__name__),
            self._context,
        )

    def create(self, component: Any, **config: Any) -> Any:
        return component.create(*self._arguments(component, config))

    def load(self, component: Any, **config: Any) -> Any:
        return component.load(*self._arguments(component, config))


def messages() -> list[Message]:
    return [Message({TEXT: text, INTENT: "inform"}) for text in TEXTS]


def result(message: Message) -> dict[str, Any]:
    """Everything a message carries, in a form that can be compared."""
    tokens = message.get(TOKENS_NAMES[TEXT]) or []
    return {
        **message.as_dict(only_output_properties=False),
        TOKENS_NAMES[TEXT]: [(t.text, t.start, t.end) for t in tokens],
    }


class NluComponentContract:
    """Subclass it as `Test…` and name the component."""

    component: type[GraphComponent]

    @pytest.fixture
    def bench(self, tmp_path: Path) -> Bench:
        return Bench(tmp_path / "model")

    @pytest.fixture
    def given(self, tmp_path: Path) -> list[Message]:
        """Messages as this component meets them: tokenised, if that is not its task."""
        found = messages()
        if issubclass(self.component, Tokenizer):
            return found
        return Bench(tmp_path / "before").create(ChineseTokenizer).process(found)

    @pytest.fixture
    def trained(self, bench: Bench, given: list[Message]) -> Any:
        component = bench.create(self.component)
        if hasattr(component, "train"):
            component.train(TrainingData(given))
        return component

    def test_default_config_is_accepted_and_not_shared(self, bench: Bench) -> None:
        first = self.component.get_default_config()
        first["changed"] = True
        assert "changed" not in self.component.get_default_config()
        bench.create(self.component)

    def test_unknown_key_is_refused_with_the_valid_ones(self, bench: Bench) -> None:
        valid = next(iter(self.component.get_default_config()))
        with pytest.raises(PersonalChatError, match=f"(?s)no_such_key.*{valid}"):
            bench.create(self.component, no_such_key=1)

    def test_fingerprint_is_asked_for_by_cached_output_too(self) -> None:
        # As Rasa does in the second training of an unchanged bot.
        cached = self.component.fingerprint_addon({"output": Resource("cached")})
        assert cached is None

    def test_reloaded_component_gives_the_same_result(
        self, bench: Bench, trained: Any, given: list[Message]
    ) -> None:
        copies = [Message(dict(message.data)) for message in given]
        before = [result(m) for m in trained.process(given)]
        after = [result(m) for m in bench.load(self.component).process(copies)]
        assert before == after

    def test_process_keeps_messages_their_order_and_text(
        self, trained: Any, given: list[Message]
    ) -> None:
        processed = trained.process(given)
        assert [message.get(TEXT) for message in processed] == list(TEXTS)

    def test_process_twice_changes_nothing_more(
        self, trained: Any, given: list[Message]
    ) -> None:
        once = [result(m) for m in trained.process(given)]
        assert [result(m) for m in trained.process(given)] == once

    def test_empty_text_is_survived(self, trained: Any) -> None:
        (message,) = trained.process([Message({TEXT: ""})])
        assert message.get(TEXT) == ""

    def test_message_without_text_is_left_alone(self, trained: Any) -> None:
        (message,) = trained.process([Message({"action_name": "action_listen"})])
        assert message.get(TEXT) is None
        assert message.get("entities") is None

    def test_tokens_index_the_original_text_in_order(
        self, trained: Any, given: list[Message]
    ) -> None:
        for message in trained.process(given):
            tokens = message.get(TOKENS_NAMES[TEXT])
            assert tokens
            end = 0
            for token in tokens:
                assert end <= token.start < token.end <= len(message.get(TEXT))
                assert token.text
                end = token.end

    def test_features_made_afterwards_align_with_tokens(
        self, bench: Bench, trained: Any, given: list[Message]
    ) -> None:
        processed = trained.process(given)
        featurizer = bench.create(CountVectorsFeaturizer)
        examples = [Message({**m.data, INTENT: "inform"}) for m in processed]
        featurizer.train(TrainingData(examples))
        for message in featurizer.process(processed):
            sequence, _ = message.get_sparse_features(TEXT, [])
            assert sequence.features.shape[0] == len(message.get(TOKENS_NAMES[TEXT]))
