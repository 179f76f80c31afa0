from pathlib import Path

import pytest

from framework_plugin.errors import SettingsError
from framework_plugin.text import load_stop_words

MEANINGFUL = """
不 没 没有 别 无 非 怎么 多少 哪 哪里 什么 谁 几 为什么 吗 如何 何时
"""


def test_bundled_list_has_the_common_function_words() -> None:
    words = load_stop_words()
    assert {"的", "了", "和", "在", "是", "我", "就"} <= words
    assert 150 <= len(words) <= 260


def test_bundled_list_has_neither_negations_nor_question_words() -> None:
    assert load_stop_words().isdisjoint(MEANINGFUL.split())


def test_own_list_is_normalised(tmp_path: Path) -> None:
    path = tmp_path / "stop.txt"
    path.write_text("\ufeff# 我的\n這個\n\nＯＫ\n", encoding="utf-8")
    assert load_stop_words(path) == {"这个", "ok"}


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00"])
def test_unreadable_list_is_an_error(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "stop.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SettingsError, match=r"stop\.txt"):
        load_stop_words(path)
