import asyncio
from pathlib import Path
from typing import Any

import pytest
from rasa.nlu.tokenizers.tokenizer import Token
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from framework_plugin.components.tokenizer import ChineseTokenizer
from framework_plugin.errors import PersonalChatError
from tests.components.contract import Bench, NluComponentContract

DEFAULTS = ChineseTokenizer.get_default_config()


class TestContract(NluComponentContract):
    component = ChineseTokenizer


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "model")


@pytest.fixture
def dictionary(tmp_path: Path) -> Path:
    path = tmp_path / "shop.txt"
    path.write_text("山茶小铺 100 n\n", encoding="utf-8")
    return path


def tokens(tokenizer: Any, text: str) -> list[Token]:
    return tokenizer.tokenize(Message({TEXT: text}), TEXT)


def texts(tokenizer: Any, text: str) -> list[str]:
    return [token.text for token in tokens(tokenizer, text)]


def test_token_text_is_normalised_and_span_is_the_original(bench: Bench) -> None:
    typed = "臺灣的ＡＢＣ"
    found = tokens(bench.create(ChineseTokenizer), typed)
    assert [t.text for t in found] == ["台湾", "的", "abc"]
    assert [typed[t.start : t.end] for t in found] == ["臺灣", "的", "ＡＢＣ"]


def test_normalise_off_leaves_the_text_as_typed(bench: Bench) -> None:
    assert texts(bench.create(ChineseTokenizer, normalise=False), "Hi龍") == [
        "Hi",
        "龍",
    ]


def test_hmm_off_guesses_no_words(bench: Bench) -> None:
    assert "小明" in texts(bench.create(ChineseTokenizer), "小明硕士毕业")
    assert "小明" not in texts(
        bench.create(ChineseTokenizer, hmm=False), "小明硕士毕业"
    )


def test_dictionary_travels_inside_the_model(bench: Bench, dictionary: Path) -> None:
    path = str(dictionary)
    bench.create(ChineseTokenizer, dictionary_path=path).train(TrainingData())
    dictionary.unlink()
    loaded = bench.load(ChineseTokenizer, dictionary_path=path)
    assert texts(loaded, "我爱山茶小铺") == ["我", "爱", "山茶小铺"]


def test_dictionary_of_one_tokenizer_is_unknown_to_the_next(
    bench: Bench, dictionary: Path
) -> None:
    bench.create(ChineseTokenizer, dictionary_path=str(dictionary))
    assert "山茶小铺" not in texts(bench.create(ChineseTokenizer), "我爱山茶小铺")


def test_dictionary_may_be_a_directory(bench: Bench, dictionary: Path) -> None:
    own = bench.create(ChineseTokenizer, dictionary_path=str(dictionary.parent))
    assert "山茶小铺" in texts(own, "我爱山茶小铺")


def test_model_without_the_word_lists_says_so(bench: Bench) -> None:
    with pytest.raises(PersonalChatError, match="Train it again"):
        bench.load(ChineseTokenizer)


def test_edited_dictionary_changes_the_fingerprint(dictionary: Path) -> None:
    config = {**DEFAULTS, "dictionary_path": str(dictionary)}
    before = ChineseTokenizer.fingerprint_addon(config)
    assert ChineseTokenizer.fingerprint_addon(config) == before
    dictionary.write_text("山茶小铺 101 n\n", encoding="utf-8")
    assert ChineseTokenizer.fingerprint_addon(config) != before


def test_edited_stop_words_change_the_fingerprint(tmp_path: Path) -> None:
    path = tmp_path / "stop.txt"
    config = {**DEFAULTS, "remove_stop_words": True, "stop_words_path": str(path)}
    path.write_text("的\n", encoding="utf-8")
    before = ChineseTokenizer.fingerprint_addon(config)
    path.write_text("的\n了\n", encoding="utf-8")
    assert ChineseTokenizer.fingerprint_addon(config) != before


def test_stop_words_stay_unless_asked_for(bench: Bench) -> None:
    assert "的" in texts(bench.create(ChineseTokenizer), "我的茶")
    removing = bench.create(ChineseTokenizer, remove_stop_words=True)
    assert texts(removing, "我的茶") == ["茶"]


def test_text_of_stop_words_only_keeps_them(bench: Bench) -> None:
    removing = bench.create(ChineseTokenizer, remove_stop_words=True)
    assert texts(removing, "我的") == ["我", "的"]


def test_stop_words_travel_inside_the_model(bench: Bench, tmp_path: Path) -> None:
    path = tmp_path / "stop.txt"
    path.write_text("茶\n", encoding="utf-8")
    config = {"remove_stop_words": True, "stop_words_path": str(path)}
    bench.create(ChineseTokenizer, **config).train(TrainingData())
    path.unlink()
    loaded = bench.load(ChineseTokenizer, **config)
    assert texts(loaded, "我爱茶") == ["我", "爱"]


def test_characters_beyond_max_length_are_not_tokenised(bench: Bench) -> None:
    found = tokens(bench.create(ChineseTokenizer), "好茶" * 5000)
    assert found[-1].end == 500


def test_text_without_words_is_one_token(bench: Bench) -> None:
    (token,) = tokens(bench.create(ChineseTokenizer), "\u200b\u200b ")
    assert (token.start, token.end) == (0, 3)


def test_search_mode_ends_with_the_whole_word(bench: Bench) -> None:
    # Rasa finds the token of an entity by its start and by its end, and of several
    # the last: the whole word, as in default mode.
    searching = bench.create(ChineseTokenizer, mode="search")
    found = tokens(searching, "中国科学院")
    assert [t.text for t in found] == ["中国", "科学", "学院", "科学院", "中国科学院"]
    assert {t.start: t.text for t in found}[0] == "中国科学院"
    assert {t.end: t.text for t in found}[5] == "中国科学院"


def test_token_pattern_splits_tokens_with_their_offsets(bench: Bench) -> None:
    split = bench.create(ChineseTokenizer, token_pattern="[a-z]+|[0-9]+|[^a-z0-9]+")
    found = tokens(split, "单号SC20260318 ㎏")
    assert [(t.text, t.start, t.end) for t in found] == [
        ("单号", 0, 2),
        ("sc", 2, 4),
        ("20260318", 4, 12),
        ("kg", 13, 14),
    ]


def test_intent_names_are_split_when_asked_for(bench: Bench) -> None:
    splitting = bench.create(ChineseTokenizer, intent_tokenization_flag=True)
    data = TrainingData([Message({TEXT: "你好", INTENT: "ask_price"})])
    (example,) = splitting.process_training_data(data).training_examples
    assert [t.text for t in example.get("intent_tokens")] == ["ask", "price"]


@pytest.mark.parametrize(
    ("key", "value", "named"),
    [
        ("engine", "thulac", "rjieba"),
        ("mode", "full", "search"),
        ("hmm", "yes", "bool"),
        ("max_length", 0, "at least 1"),
        ("max_length", "500", "int"),
        ("token_pattern", "[", "regular expression"),
        ("dictionary_path", "no/such/file", "no/such/file"),
    ],
)
def test_impossible_value_is_refused(
    bench: Bench, key: str, value: Any, named: str
) -> None:
    with pytest.raises(PersonalChatError, match=named):
        bench.create(ChineseTokenizer, **{key: value})


BOT = {
    "config.yml": """
recipe: default.v1
language: zh
assistant_id: small
pipeline:
- name: framework_plugin.components.tokenizer.ChineseTokenizer
- name: CountVectorsFeaturizer
- name: LogisticRegressionClassifier
- name: framework_plugin.components.input_guard.InputGuard
policies: []
""",
    "nlu.yml": """
version: "3.1"
nlu:
- intent: where
  examples: |
    - [杭州](city)的店在哪
    - [臺北](city)有店吗
    - 店在哪里呀
- intent: price
  examples: |
    - 龙井多少钱
    - 茶多少钱一斤
    - 多少钱
""",
}


@pytest.mark.slow
def test_small_bot_trains_and_understands_with_tokenizer_and_guard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rasa.core.agent import Agent
    from rasa.model_training import train_nlu

    for name, content in BOT.items():
        (tmp_path / name).write_text(content, encoding="utf-8")
    # The second training takes the tokenizer's output from Rasa's cache.
    monkeypatch.setenv("RASA_CACHE_DIRECTORY", str(tmp_path / "cache"))
    for _ in range(2):
        model = train_nlu(
            str(tmp_path / "config.yml"), str(tmp_path / "nlu.yml"), str(tmp_path)
        )
    agent = Agent.load(model)

    def intent(text: str) -> str:
        return asyncio.run(agent.parse_message(text))["intent"]["name"]

    assert intent("龍井多少錢？") == "price"
    assert intent("杭州的店在哪") == "where"
    assert intent("\u200b") == "nothing_readable"
    assert intent("👍🏽") == "emoji_only"
    assert intent("多少钱" * 300) == "too_long"
