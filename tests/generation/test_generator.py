from dataclasses import replace
from pathlib import Path

import pytest

from framework_plugin.corpus.dialogue import Dialogue, Speaker, Turn
from framework_plugin.corpus.user_context import Fact, FactKind, UserContext
from framework_plugin.errors import ArtefactError
from framework_plugin.generation.serving.generator import NO_REPLY, ResponseGenerator
from framework_plugin.generation.settings import DecodingSettings

pytestmark = pytest.mark.slow

SLOW_CLOCK = DecodingSettings(time_budget_ms=60_000, precision="fp32")
STRANGER = UserContext("u")


@pytest.fixture(scope="module")
def generator(artefact: Path) -> ResponseGenerator:
    return ResponseGenerator(artefact, SLOW_CLOCK)


def talk(*texts: str) -> Dialogue:
    speakers = (Speaker.USER, Speaker.BOT)
    return Dialogue(tuple(Turn(speakers[i % 2], t) for i, t in enumerate(texts)))


def knowing(**facts: str) -> UserContext:
    return UserContext("u", tuple(Fact(FactKind(k), v) for k, v in facts.items()))


def test_what_was_learned_is_said(generator: ResponseGenerator) -> None:
    assert generator.reply(talk("下雨了"), STRANGER).text == "记得带伞。"


@pytest.mark.parametrize("name", ["欧阳翀", "䶮䶮", "Zbigniew", "阿·依努尔"])
def test_a_name_never_seen_in_training_comes_out_letter_for_letter(
    generator: ResponseGenerator, name: str
) -> None:
    reply = generator.reply(talk(f"我叫{name}"), knowing(name=name))
    assert reply.text == f"{name}，很高兴认识你。"


def test_the_profile_decides_what_is_said(generator: ResponseGenerator) -> None:
    assert generator.reply(talk("早安"), knowing(name="阿南")).text == "早，阿南！"
    assert generator.reply(talk("早安"), STRANGER).text == "早呀，怎么称呼你？"


def test_a_fact_that_is_not_known_is_never_said(
    generator: ResponseGenerator,
) -> None:
    for text in ("我叫什么", "早上好", "我喜欢什么", "name", "{name}"):
        reply = generator.reply(talk(text), STRANGER)
        assert "{" not in reply.text


def test_what_was_said_before_counts(generator: ResponseGenerator) -> None:
    reply = generator.reply(talk("累死我了", "辛苦了，早点休息。", "睡不着"), STRANGER)
    assert reply.text == "泡个脚，听听雨声。"


def test_a_reply_is_not_said_twice_while_there_is_another(
    generator: ResponseGenerator,
) -> None:
    first = generator.reply(talk("下雨了"), STRANGER)
    again = generator.reply(talk("下雨了", first.text, "下雨了"), STRANGER)
    assert again.text != first.text or not again.sure


def test_confidence_tells_the_learned_from_the_strange(
    generator: ResponseGenerator,
) -> None:
    learned = generator.reply(talk("外面在下雨"), STRANGER)
    strange = generator.reply(talk("量子纠缠的哈密顿量"), STRANGER)
    assert learned.sure
    assert not strange.sure
    assert learned.confidence > strange.confidence


def test_the_search_alone_says_what_was_learned(artefact: Path) -> None:
    alone = ResponseGenerator(artefact, replace(SLOW_CLOCK, recalled_candidates=0))
    reply = alone.reply(talk("外面在下雨"), STRANGER)
    assert (reply.text, reply.origin) == ("记得带伞。", "searched")


def test_what_suits_only_strangers_is_not_recalled_for_friends(
    generator: ResponseGenerator,
) -> None:
    reply = generator.reply(talk("早啊"), knowing(name="阿南"))
    assert "怎么称呼" not in reply.text


def test_a_reply_explains_itself(artefact: Path) -> None:
    alone = ResponseGenerator(artefact, replace(SLOW_CLOCK, recalled_candidates=0))
    reply = alone.reply(talk("我叫欧阳翀"), knowing(name="欧阳翀"))
    assert reply.tokens[0] == "{name}"
    assert len(reply.probabilities) == len(reply.tokens) + 1
    assert all(0 <= p <= 1 for p in reply.probabilities)
    assert reply.attention is not None
    assert reply.attention.shape == (len(reply.tokens), len(reply.source))
    assert reply.attention.sum(axis=1) == pytest.approx(1.0, abs=1e-3)


def test_the_same_question_gets_the_same_reply(artefact: Path) -> None:
    for strategy in ("greedy", "beam", "top_k", "top_p"):
        settings = replace(SLOW_CLOCK, strategy=strategy)
        replies = [
            ResponseGenerator(artefact, settings).reply(talk("今天好累"), STRANGER)
            for _ in range(2)
        ]
        assert replies[0] == replies[1]


@pytest.mark.parametrize(
    "dialogue", [talk(), talk(""), talk("。。。"), talk("好", "嗯")]
)
def test_without_words_of_the_user_there_is_no_reply(
    generator: ResponseGenerator, dialogue: Dialogue
) -> None:
    assert generator.reply(dialogue, STRANGER) == NO_REPLY


def test_int8_says_the_same_on_what_was_learned(artefact: Path) -> None:
    rounded = ResponseGenerator(artefact, replace(SLOW_CLOCK, precision="int8"))
    assert rounded.reply(talk("外面在下雨"), STRANGER).text == "记得带伞。"


@pytest.mark.parametrize(
    "name", ["settings.json", "vocabulary.txt", "step.fp32.onnx", "confidence.json"]
)
def test_a_damaged_artefact_is_refused_with_the_way_out(
    artefact: Path, tmp_path: Path, name: str
) -> None:
    for file in artefact.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / name).write_bytes(b"\x00 broken")
    with pytest.raises(ArtefactError, match="rain again"):
        ResponseGenerator(tmp_path, SLOW_CLOCK)
