from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framework_plugin.corpus.codec import join
from framework_plugin.errors import ArtefactError
from framework_plugin.text.vocabulary import SPECIALS, UNKNOWN_ID, Vocabulary

SENTENCES = [["喝茶", "真", "好"], ["喝茶", "去"], ["喝水", "<user>"]]


@pytest.fixture
def vocabulary() -> Vocabulary:
    return Vocabulary.build(SENTENCES, reserved=["<user>"], min_count=2)


def test_specials_and_reserved_come_first(vocabulary: Vocabulary) -> None:
    assert vocabulary.tokens[:5] == (*SPECIALS, "<user>")


def test_frequent_words_are_whole_and_rare_ones_are_spelled(
    vocabulary: Vocabulary,
) -> None:
    assert vocabulary.spell(["喝茶", "喝水", "<user>"]) == [
        "喝茶",
        "喝",
        "水",
        "<user>",
    ]


def test_what_was_seen_is_encoded_and_decoded_without_loss(
    vocabulary: Vocabulary,
) -> None:
    for sentence in SENTENCES:
        text = "".join(sentence)
        assert "".join(vocabulary.decode(vocabulary.encode(sentence))) == text


def test_a_rare_latin_word_is_spelled_so_that_it_can_be_joined_again() -> None:
    vocabulary = Vocabulary.build([["hello", "world", "world"]], min_count=2)
    spelled = vocabulary.spell(["hello", "world"])
    assert spelled == ["h", "##e", "##l", "##l", "##o", "world"]
    assert join(vocabulary.decode(vocabulary.encode(["hello", "world"]))) == (
        "hello world"
    )


def test_spelling_twice_is_as_once() -> None:
    vocabulary = Vocabulary.build([["喝茶"]], min_count=1)
    once = vocabulary.spell(["hello", "喝茶", "鑫"])
    assert vocabulary.spell(once) == once


def test_what_is_only_read_comes_after_what_is_written() -> None:
    vocabulary = Vocabulary.build([["喝茶"]], [["喝茶", "喝水"]], min_count=1)
    written = vocabulary.tokens[: vocabulary.written]
    assert {"喝茶", "喝", "茶"} <= set(written)
    assert not {"喝水", "水"} & set(written)
    assert {"喝水", "水"} <= set(vocabulary.tokens)


def test_a_character_never_seen_is_unknown(vocabulary: Vocabulary) -> None:
    assert vocabulary.encode(["鑫"]) == [UNKNOWN_ID]


def test_the_rate_of_unknown_words_counts_running_words(
    vocabulary: Vocabulary,
) -> None:
    assert vocabulary.out_of_vocabulary_rate([["喝茶", "喝水"]]) == 0.5
    assert vocabulary.out_of_vocabulary_rate([]) == 0.0


def test_the_largest_size_drops_the_rarest_words_but_no_character() -> None:
    small = Vocabulary.build(SENTENCES, min_count=1, max_size=1)
    assert "喝" in small
    assert "喝茶" not in small


@given(st.lists(st.lists(st.text(min_size=1, max_size=3), max_size=4), max_size=4))
def test_saving_and_loading_keeps_every_id(sentences: list[list[str]]) -> None:
    import tempfile

    built = Vocabulary.build(sentences, min_count=1)
    with tempfile.TemporaryDirectory() as folder:
        built.save(Path(folder) / "v.txt")
        assert Vocabulary.load(Path(folder) / "v.txt").tokens == built.tokens


@pytest.mark.parametrize(
    "text", ["", "no\nspecials\n", "\n".join([*SPECIALS, "a", "a"])]
)
def test_a_damaged_vocabulary_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "v.txt").write_text(text, encoding="utf-8")
    with pytest.raises(ArtefactError):
        Vocabulary.load(tmp_path / "v.txt")
