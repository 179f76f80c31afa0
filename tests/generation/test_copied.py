"""A reply says what it looked at, and which words it copied from where."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from framework_plugin.corpus.dialogue import Dialogue, Speaker, Turn
from framework_plugin.corpus.formats.record import DialogueRecord
from framework_plugin.corpus.user_context import Fact, FactKind, UserContext
from framework_plugin.generation.encoding import EncodedTexts
from framework_plugin.generation.serving.copying import Copied, copied_words
from framework_plugin.generation.serving.generator import ResponseGenerator
from framework_plugin.generation.serving.hypothesis import Hypothesis, with_score
from framework_plugin.generation.serving.reply import Reply
from framework_plugin.generation.settings import DecodingSettings, GeneratorSettings
from tests.small_generator import OPTIONS, Silent

SOURCE = ("<user>", "鹿", "<fact>", "like", "鲸", "<earlier>", "鲸")
DEER, WHALE, GOOD = 7, 90, 8
TEXTS = EncodedTexts(
    source=[4, DEER],
    memory=[5, 6, 1, 9, 1],
    source_copy=[0, DEER],
    memory_copy=[0, 6, WHALE, 0, WHALE],
    strangers=("鲸",),
)


def reply(token: int, probability: float, dialogue: list[float], memory: list[float]):
    """One token: written, copied from the dialogue or the memory as 2 : 3 : 5."""
    return Hypothesis(
        (token,),
        (float(np.log(probability)), -0.1),
        np.array([dialogue], np.float32),
        memory_attention=np.array([memory], np.float32),
        ways=np.log([[0.2, 0.3, 0.5]]).astype(np.float32),
    )


def test_a_word_that_was_read_is_traced_to_where_attention_lay() -> None:
    from_profile = reply(WHALE, 0.5, [0.5, 0.5], [0, 0.1, 0.6, 0, 0.3])
    assert copied_words(from_profile, TEXTS, SOURCE) == (
        Copied("profile", 4, pytest.approx(0.9)),
    )
    from_history = reply(WHALE, 0.5, [0.5, 0.5], [0, 0.1, 0.3, 0, 0.6])
    assert copied_words(from_history, TEXTS, SOURCE) == (
        Copied("history", 6, pytest.approx(0.9)),
    )
    # Copying gave 0.27 of its 0.3; the vocabulary the rest.
    from_dialogue = reply(DEER, 0.3, [0.1, 0.9], [0, 1, 0, 0, 0])
    assert copied_words(from_dialogue, TEXTS, SOURCE) == (
        Copied("dialogue", 1, pytest.approx(0.9)),
    )


def test_a_word_that_was_mostly_written_is_not_copied() -> None:
    written = reply(DEER, 0.2, [0.9, 0.1], [0, 1, 0, 0, 0])
    assert copied_words(written, TEXTS, SOURCE) == (None,)
    assert copied_words(reply(GOOD, 0.2, [0, 1], [0, 1, 0, 0, 0]), TEXTS, SOURCE) == (
        None,
    )


def test_padding_of_longer_texts_beside_it_changes_nothing() -> None:
    padded = reply(WHALE, 0.5, [0.5, 0.5, 0, 0], [0, 0.1, 0.6, 0, 0.3, 0])
    assert copied_words(padded, TEXTS, SOURCE) == (
        Copied("profile", 4, pytest.approx(0.9)),
    )


def test_coverage_counts_the_dialogue_alone() -> None:
    wanted = DecodingSettings(coverage_penalty=0.5)
    sparing = reply(GOOD, 0.2, [0.5, 0.5], [1, 0, 0, 0, 0])
    thorough = reply(GOOD, 0.2, [0.5, 0.5], [0.2, 0.2, 0.2, 0.2, 0.2])
    assert with_score(sparing, wanted).score == with_score(thorough, wanted).score
    left_out = reply(GOOD, 0.2, [0.9, 0.1], [0.2, 0.2, 0.2, 0.2, 0.2])
    assert with_score(left_out, wanted).score < with_score(thorough, wanted).score


def test_a_network_that_cannot_copy_copies_nothing() -> None:
    assert copied_words(Hypothesis((DEER,), (-0.1, -0.1)), TEXTS, SOURCE) == ()


ANIMALS = "猫狗鱼鸟兔羊牛马龟鹅鸭鸡虎豹狼熊象猴蛇鹤"
SETTINGS = GeneratorSettings.read(
    {
        **OPTIONS,
        "epochs": 25,
        "source_units": "characters",
        "target_units": "characters",
        "character_embeddings": False,
        "word_dropout": 0.2,
        "memory": True,
        "copy": True,
        "recalled_candidates": 0,
        "time_budget_ms": 60_000.0,
        "precision": "fp32",
    }
)


def told(message: str, answer: str, **known: tuple[str, ...]) -> DialogueRecord:
    turns = (Turn(Speaker.USER, message), Turn(Speaker.BOT, answer))
    return DialogueRecord(turns, dialogue=message + answer, **known)


def records() -> Iterator[DialogueRecord]:
    for one in ANIMALS:
        yield told("我爱什么", f"你爱{one}", profile=(f"like:{one}",))
        yield told("我养了什么", f"你养了{one}", history=(f"我家有{one}",))
        yield told(f"我画了{one}", f"{one}画得好")


@pytest.fixture(scope="module")
def generator(tmp_path_factory: pytest.TempPathFactory) -> ResponseGenerator:
    from framework_plugin.generation.training.pipeline import train_generator
    from framework_plugin.generation.training.sources import record_source

    folder: Path = tmp_path_factory.mktemp("copying")
    source = record_source(records, SETTINGS)
    train_generator(source, source, ["天气"], SETTINGS, folder, Silent())
    return ResponseGenerator(folder, SETTINGS.decoding)


def asked(generator: ResponseGenerator, message: str, user: UserContext) -> Reply:
    return generator.reply(Dialogue((Turn(Speaker.USER, message),)), user)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("message", "user", "says", "where"),
    [
        (
            "我爱什么",
            UserContext("u", (Fact(FactKind.LIKE, "鲸"),)),
            "你爱鲸",
            "profile",
        ),
        (
            "我养了什么",
            UserContext("u", (), (Turn(Speaker.USER, "我家有鲸"),)),
            "你养了鲸",
            "history",
        ),
        ("我画了鲸", UserContext("u"), "鲸画得好", "dialogue"),
    ],
)
def test_a_word_never_learned_is_copied_and_the_reply_says_from_where(
    generator: ResponseGenerator,
    message: str,
    user: UserContext,
    says: str,
    where: str,
) -> None:
    reply = asked(generator, message, user)
    assert reply.text == says
    copied = reply.copied[reply.tokens.index("鲸")]
    assert copied is not None
    assert copied.text == where
    assert reply.source[copied.place] == "鲸"
    assert len(reply.copied) == len(reply.tokens)


@pytest.mark.slow
def test_attention_covers_all_that_was_read(generator: ResponseGenerator) -> None:
    user = UserContext(
        "u", (Fact(FactKind.LIKE, "鲸"),), (Turn(Speaker.USER, "我家有獾"),)
    )
    reply = asked(generator, "我爱什么", user)
    assert reply.attention is not None
    assert reply.attention.shape == (len(reply.tokens), len(reply.source))
    memory = reply.source.index("<fact>")
    assert {"鲸", "<earlier>", "獾"} <= set(reply.source[memory:])
    for part in (reply.attention[:, :memory], reply.attention[:, memory:]):
        assert part.sum(axis=1) == pytest.approx(1.0, abs=1e-3)
