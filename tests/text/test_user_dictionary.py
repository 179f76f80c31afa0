import logging
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framework_plugin.errors import SettingsError
from framework_plugin.text import UserDictionary, UserWord

LINES = "盖碗 20 n\n公道杯 30\n橘座 nr\n小满\n\n# 注释\n"
WORDS = (
    UserWord("盖碗", 20, "n"),
    UserWord("公道杯", 30, None),
    UserWord("橘座", None, "nr"),
    UserWord("小满", None, None),
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_file_is_read_in_its_encoding(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "words.txt"
    path.write_text(LINES, encoding=encoding)
    assert UserDictionary.read(path) == UserDictionary(WORDS)


def test_directory_is_read_by_name_and_the_later_word_counts(tmp_path: Path) -> None:
    (tmp_path / "b.txt").write_text("盖碗 9\n", encoding="utf-8")
    (tmp_path / "a.txt").write_text("盖碗 3\n茶则\n", encoding="gb18030")
    (tmp_path / "c.md").write_text("茶针\n", encoding="utf-8")
    entries = UserDictionary.read(tmp_path).entries
    assert entries == (UserWord("盖碗", 9), UserWord("茶则"))


@pytest.mark.parametrize(
    "line", ["盖碗 0 n", "盖碗 -3", "盖碗 三 n", "盖碗 3 n 多", "盖碗 n 3", "盖碗 1.5"]
)
def test_bad_line_is_named_skipped_and_counted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, line: str
) -> None:
    path = tmp_path / "words.txt"
    path.write_text(f"小满\n{line}\n橘座\n", encoding="utf-8")
    with caplog.at_level(logging.WARNING):
        dictionary = UserDictionary.read(path)
    assert [e.word for e in dictionary.entries] == ["小满", "橘座"]
    assert dictionary.skipped == 1
    assert f"{path}, line 2" in caplog.text


def test_missing_path_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"no user dictionary at .*absent"):
        UserDictionary.read(tmp_path / "absent")


def test_directory_without_lists_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"no \.txt file"):
        UserDictionary.read(tmp_path)


def test_file_that_is_no_text_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "words.txt"
    path.write_bytes(b"\xff\xff\x00\xff")
    with pytest.raises(SettingsError, match="UTF-8"):
        UserDictionary.read(path)


ENTRIES = st.builds(
    UserWord,
    st.text(st.characters(whitelist_categories=("L", "N", "P")), min_size=1).filter(
        lambda word: not word.startswith("#")
    ),
    st.one_of(st.none(), st.integers(1, 999_999_999)),
    st.one_of(st.none(), st.sampled_from(["n", "nr", "v", "eng"])),
)


@given(st.lists(ENTRIES, unique_by=lambda entry: entry.word))
def test_text_form_gives_the_same_dictionary_back(entries: list[UserWord]) -> None:
    dictionary = UserDictionary(tuple(entries))
    again = UserDictionary.from_text(dictionary.to_text())
    assert again == dictionary
    assert again.digest() == dictionary.digest()


def test_digest_tells_different_words_apart() -> None:
    some, other = UserDictionary(WORDS), UserDictionary(WORDS[:3])
    assert some.digest() != other.digest()
    assert some.digest() == UserDictionary(WORDS, skipped=4).digest()
