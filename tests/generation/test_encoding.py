"""Ids of what is read and written, and of words that no vocabulary knows."""

import pytest

from framework_plugin.corpus.examples import Example
from framework_plugin.generation.encoding import (
    encode_example,
    encode_reply,
    encode_texts,
    input_names,
)
from framework_plugin.generation.settings import NetworkSettings
from framework_plugin.text.vocabulary import (
    BEGIN_ID,
    END_ID,
    PAD_ID,
    UNKNOWN_ID,
    Vocabulary,
)

VOCABULARY = Vocabulary.build(
    [("我", "记得"), ("你好",)],
    [("叫", "城市")],
    reserved=("<user>", "<fact>"),
    min_count=1,
)
SOURCE, MEMORY = ("<user>", "我", "叫", "翀"), ("<fact>", "城市", "旻翀")


def test_strangers_get_ids_behind_the_vocabulary_the_same_in_all_texts() -> None:
    texts = encode_texts(SOURCE, MEMORY, VOCABULARY)
    size = len(VOCABULARY)
    assert texts.strangers == ("翀", "旻")
    assert texts.source[-1] == UNKNOWN_ID
    assert texts.source_copy[-1] == size
    assert texts.memory_copy[-2:] == [size + 1, size]
    assert encode_reply(("我", "记得", "旻翀"), texts, VOCABULARY)[-2:] == [
        size + 1,
        size,
    ]


def test_marks_are_read_but_never_copied() -> None:
    texts = encode_texts(SOURCE, MEMORY, VOCABULARY)
    assert texts.source[0] == VOCABULARY.id("<user>")
    assert texts.source_copy[0] == texts.memory_copy[0] == PAD_ID


def test_an_empty_memory_is_one_unknown_token_that_is_not_copied() -> None:
    texts = encode_texts(SOURCE, (), VOCABULARY)
    assert texts.memory == [UNKNOWN_ID]
    assert texts.memory_copy == [PAD_ID]


def test_a_stranger_is_a_target_only_where_it_can_be_copied() -> None:
    example = Example((), SOURCE, ("我", "记得", "翀"))
    copying = input_names(NetworkSettings(copy=True, target_units="characters"))
    plain = input_names(NetworkSettings())
    size = len(VOCABULARY)
    wanted = encode_example(example, VOCABULARY, copying, 9)["reply_out"]
    assert wanted[-2:] == [size, END_ID]
    wanted = encode_example(example, VOCABULARY, plain, 9)["reply_out"]
    assert wanted[-2:] == [UNKNOWN_ID, END_ID]


@pytest.mark.parametrize("most", [1, 2])
def test_a_long_reply_is_cut_and_ends(most: int) -> None:
    example = Example((), SOURCE, ("我", "记得", "你好"))
    encoded = encode_example(example, VOCABULARY, ("reply_in", "reply_out"), most)
    assert encoded["reply_in"][0] == BEGIN_ID
    assert encoded["reply_out"][-1] == END_ID
    assert len(encoded["reply_in"]) == len(encoded["reply_out"]) == most + 1
