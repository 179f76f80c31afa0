"""Examples from records: what is read, what is written, and what varies."""

import random
from collections.abc import Iterator

from framework_plugin.corpus.augmentation import EntitySubstitution, WordNoise
from framework_plugin.corpus.codec import EARLIER_MARK, FACT_MARK, UtteranceCodec
from framework_plugin.corpus.dialogue import Speaker, Turn
from framework_plugin.corpus.formats import DialogueRecord
from framework_plugin.corpus.record_examples import RecordExamples
from framework_plugin.text.segment import create_segmenter

RECORD = DialogueRecord(
    (
        Turn(Speaker.BOT, "你好"),
        Turn(Speaker.USER, "我住在哪儿，你还记得吗？"),
        Turn(Speaker.BOT, "你住在杭州呀。"),
    ),
    profile=("city:杭州",),
    history=("昨天去爬山了", "今天下雨了"),
)


def source(units: str = "words", **options: object) -> RecordExamples:
    def records() -> Iterator[DialogueRecord]:
        return iter([RECORD])

    return RecordExamples(
        records,
        UtteranceCodec(create_segmenter(), units, units),
        seed=3,
        context_turns=3,
        max_turn_tokens=20,
        max_memory_tokens=12,
        **options,
    )


def test_dialogue_and_memory_are_read_and_the_reply_is_written() -> None:
    (example,) = source().plain()
    assert example.source[:2] == ("<bot>", "你好")
    assert "<user>" in example.source
    assert "杭州" not in example.source
    assert example.memory[:3] == (FACT_MARK, "city", "杭州")
    assert example.memory.count(EARLIER_MARK) == 2
    assert "".join(example.target) == "你住在杭州呀。"
    assert example.references == ("你住在杭州呀。",)


def test_of_a_long_history_the_latest_turns_are_read() -> None:
    long = RecordExamples(
        lambda: iter([RECORD]),
        UtteranceCodec(create_segmenter(), "words", "words"),
        seed=3,
        context_turns=3,
        max_turn_tokens=20,
        max_memory_tokens=8,
    )
    (example,) = long.plain()
    said = "".join(example.memory)
    assert "下雨" in said
    assert "爬山" not in said


def test_characters_are_read_and_written_as_such() -> None:
    (example,) = source("characters").plain()
    assert {"杭", "州"} <= set(example.memory)
    assert {"杭", "州"} <= set(example.target)


def test_noise_is_for_learning_alone_and_follows_the_seed() -> None:
    noisy = source(noise=WordNoise(deletion=0.5))
    assert list(noisy.plain()) == list(source().plain())
    epochs = [tuple(e.source for e in noisy.epoch(n)) for n in range(1, 9)]
    assert len(set(epochs)) > 1
    assert epochs[0] == tuple(e.source for e in noisy.epoch(1))


def test_a_substituted_place_is_the_same_in_profile_and_reply() -> None:
    substitution = EntitySubstitution({"city": ("杭州", "大庆", "漳州")})

    def always(texts: list[str], rng: random.Random) -> tuple[str, ...]:
        return substitution(texts, rng)

    changed = source(substitution=always)
    for number in range(5):
        (example,) = changed.epoch(number)
        town = example.memory[2]
        assert town in ("大庆", "漳州")
        assert town in "".join(example.target)
