from __future__ import annotations

import random
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from framework_plugin.corpus.augmentation import (
    EntitySubstitution,
    WordNoise,
    is_negation,
)
from framework_plugin.corpus.synonyms import read_synonyms, synonyms_from_vectors
from framework_plugin.corpus.values import LISTED, all_values, personal_names
from framework_plugin.errors import CorpusError, SettingsError
from framework_plugin.text.embeddings import WordVectors
from framework_plugin.text.segment import create_segmenter

SYNONYMS = Path(__file__).parents[2] / "nlu_data" / "synonyms.txt"
TABLE = {"喜欢": ("喜爱",), "没有": ("有",), "你好": ("您好", "嗨")}
VALUES = {
    "city": ("北京", "上海", "大理", "呼和浩特"),
    "food": ("火锅", "面", "牛肉面", "牛肉", "米线"),
}

words = st.sampled_from(
    [
        "我",
        "喜欢",
        "你好",
        "吃饭",
        "<user>",
        "{name}",
        "<knows:city>",
        "不",
        "没有",
        "别",
    ]
)
sentences = st.lists(words, max_size=12)
shares = st.floats(0, 1)
seeds = st.integers(0, 10_000)
texts = st.lists(
    st.lists(st.sampled_from(["北京", "上海", "牛肉面", "牛肉", "我", "。"])).map(
        "".join
    ),
    min_size=1,
    max_size=3,
)


def is_mark(word: str) -> bool:
    return word[0] in "<{"


@given(sentences, shares, shares, shares, seeds)
def test_marks_keep_their_order_and_negations_are_never_lost(
    sentence, deletion, swap, synonym, seed
) -> None:
    noise = WordNoise(deletion, swap, synonym, TABLE)
    noisy = noise(sentence, random.Random(seed))
    fixed = [w for w in sentence if is_mark(w) or is_negation(w)]
    assert [w for w in noisy if is_mark(w) or is_negation(w)] == fixed


@given(sentences, shares, shares, shares, seeds)
def test_the_same_seed_gives_the_same_noise(
    sentence, deletion, swap, synonym, seed
) -> None:
    noise = WordNoise(deletion, swap, synonym, TABLE)
    assert noise(sentence, random.Random(seed)) == noise(sentence, random.Random(seed))


@given(sentences, seeds)
def test_a_sentence_with_words_is_never_emptied_and_a_short_one_loses_none(
    sentence, seed
) -> None:
    noisy = WordNoise(deletion=1.0)(sentence, random.Random(seed))
    spoken = [w for w in sentence if not is_mark(w)]
    left = [w for w in noisy if not is_mark(w)]
    assert len(left) >= min(len(spoken), 1)
    if len(spoken) < 3:
        assert noisy == tuple(sentence)


@given(sentences, seeds)
def test_swapping_loses_and_adds_no_word(sentence, seed) -> None:
    assert Counter(WordNoise(swap=1.0)(sentence, random.Random(seed))) == Counter(
        sentence
    )


@given(sentences, seeds)
def test_without_noise_nothing_changes(sentence, seed) -> None:
    assert WordNoise(synonyms=TABLE)(sentence, random.Random(seed)) == tuple(sentence)


def test_each_kind_of_noise_does_what_it_says() -> None:
    rng = random.Random(1)
    sentence = ("我", "喜欢", "吃饭", "呢")
    assert WordNoise(synonym=1.0, synonyms=TABLE)(sentence, rng)[1] == "喜爱"
    assert len(WordNoise(deletion=0.9)(sentence, rng)) < 4
    swapped = {WordNoise(swap=0.5)(sentence, rng) for _ in range(20)}
    assert len(swapped) > 5


def test_the_share_of_deleted_words_is_the_one_asked_for() -> None:
    rng = random.Random(2)
    sentence = ("我", "今天", "想", "去", "公园", "散步")
    left = sum(len(WordNoise(deletion=0.2)(sentence, rng)) for _ in range(2000))
    assert left / 12_000 == pytest.approx(0.8, abs=0.02)


@pytest.mark.parametrize("name", ["deletion", "swap", "synonym"])
@pytest.mark.parametrize("value", [-0.1, 1.1])
def test_what_is_no_probability_is_refused(name, value) -> None:
    with pytest.raises(SettingsError, match=name):
        WordNoise(**{name: value})


@pytest.mark.parametrize("word", ["不", "没", "别", "无", "未", "非", "没有", "不想"])
def test_negations_are_known(word) -> None:
    assert is_negation(word)


@pytest.mark.parametrize("word", ["非常", "特别", "别人", "无聊", "未来", "对不起"])
def test_what_only_looks_like_a_negation_is_none(word) -> None:
    assert not is_negation(word)


def test_synonyms_are_read_by_groups_and_the_groups_of_a_word_are_joined(
    tmp_path,
) -> None:
    file = tmp_path / "synonyms.txt"
    file.write_text("# 注释\n高兴 开心\n\n开心 快乐  欢喜\n", encoding="utf-8")
    assert read_synonyms(file) == {
        "高兴": ("开心",),
        "开心": ("高兴", "快乐", "欢喜"),
        "快乐": ("开心", "欢喜"),
        "欢喜": ("开心", "快乐"),
    }


def test_a_word_that_stands_alone_is_named_with_its_line(tmp_path) -> None:
    file = tmp_path / "synonyms.txt"
    file.write_text("高兴 开心\n孤单 孤单\n", encoding="utf-8")
    with pytest.raises(CorpusError, match="txt:2: '孤单'"):
        read_synonyms(file)


def test_every_bundled_synonym_is_one_word_in_one_group_and_no_negation() -> None:
    segmenter = create_segmenter()
    synonyms = read_synonyms(SYNONYMS)
    lines = SYNONYMS.read_text(encoding="utf-8").splitlines()
    groups = [line.split() for line in lines if not line.startswith("#")]
    assert len(groups) >= 150
    assert sum(map(len, groups)) == len(synonyms)
    assert [w for w in synonyms if segmenter.norms(w) != [w] or is_negation(w)] == []


def test_neighbours_in_a_vector_file_are_synonyms_if_near_and_mutual() -> None:
    vectors = WordVectors(
        ("高兴", "开心", "桌子", "不高兴", "愉快"),
        np.array([[1, 0], [1, 0.1], [0, 1], [1, 0.05], [1, 0.7]], dtype=np.float32),
    )
    assert synonyms_from_vectors(vectors, cosine=0.9) == {
        "高兴": ("开心",),
        "开心": ("高兴",),
    }
    assert "愉快" in synonyms_from_vectors(vectors, cosine=0.8)["高兴"]
    with pytest.raises(SettingsError, match="cosine"):
        synonyms_from_vectors(vectors, cosine=2)


@given(texts, st.booleans(), seeds)
def test_substitution_is_the_same_in_all_texts_and_changes_nothing_else(
    given_texts, only_repeated, seed
) -> None:
    substitute = EntitySubstitution(VALUES, only_repeated=only_repeated)
    replaced = substitute(given_texts, random.Random(seed))
    value = re.compile("北京|上海|牛肉面|牛肉|大理|呼和浩特|火锅|米线")
    mapping: dict[str, str] = {}
    for before, after in zip(given_texts, replaced, strict=True):
        assert value.sub("*", after) == value.sub("*", before)
        pairs = zip(value.findall(before), value.findall(after), strict=True)
        for old, new in pairs:
            assert mapping.setdefault(old, new) == new
    assert len(set(mapping.values())) == len(mapping)
    for old, new in mapping.items():
        assert any({old, new} <= set(of_kind) for of_kind in VALUES.values())
    assert substitute(given_texts, random.Random(seed)) == replaced


def test_message_and_reply_get_the_same_new_value() -> None:
    message, reply = EntitySubstitution(VALUES)(
        ["我住在北京，爱吃火锅", "北京，记住啦"], random.Random(3)
    )
    city = message[3:].split("，")[0]
    assert city in ("上海", "大理", "呼和浩特")
    assert message == f"我住在{city}，爱吃火锅"
    assert reply == f"{city}，记住啦"


def test_values_of_one_text_are_replaced_where_that_is_asked_for() -> None:
    everywhere = EntitySubstitution(VALUES, only_repeated=False)
    assert everywhere(["爱吃火锅", "真香"], random.Random(4))[0] != "爱吃火锅"
    assert EntitySubstitution(VALUES)(["爱吃火锅", "真香"], random.Random(4)) == (
        "爱吃火锅",
        "真香",
    )


def test_the_longest_value_counts_and_single_characters_are_left_alone() -> None:
    substitute = EntitySubstitution({"food": ("面", "牛肉", "牛肉面", "米线")})
    for seed in range(20):
        replaced = substitute(["吃牛肉面", "牛肉面好"], random.Random(seed))
        assert replaced in (("吃牛肉", "牛肉好"), ("吃米线", "米线好"))
    assert substitute(["吃面", "面好"], random.Random(0)) == ("吃面", "面好")


def test_with_a_segmenter_a_part_of_a_word_is_no_value() -> None:
    pair = ["大理石地板", "大理石好擦"]
    assert EntitySubstitution(VALUES)(pair, random.Random(0)) != tuple(pair)
    careful = EntitySubstitution(VALUES, segmenter=create_segmenter())
    assert careful(pair, random.Random(0)) == tuple(pair)
    assert careful(["我住大理", "大理好"], random.Random(0)) != ("我住大理", "大理好")


def test_a_value_without_another_of_its_kind_stays() -> None:
    alone = EntitySubstitution({"city": ("北京",)})
    assert alone(["北京", "北京"], random.Random(0)) == ("北京", "北京")


def test_the_lists_are_long_and_name_each_value_once() -> None:
    values = all_values(random.Random(0), names=500)
    assert set(values) == {"name", *LISTED}
    listed = [value for kind in LISTED for value in values[kind]]
    assert len(set(listed)) == len(listed)
    for of_kind in values.values():
        assert len(of_kind) >= 250
        assert all(re.fullmatch("[\u4e00-\u9fffA-Z]{2,8}", v) for v in of_kind)


@given(st.integers(0, 300), seeds)
def test_names_are_different_and_follow_from_the_seed(count, seed) -> None:
    names = personal_names(count, random.Random(seed))
    assert len(set(names)) == count
    assert names == personal_names(count, random.Random(seed))


def test_more_names_than_there_may_be_are_refused() -> None:
    with pytest.raises(ValueError, match="10,000"):
        personal_names(10_001, random.Random(0))
