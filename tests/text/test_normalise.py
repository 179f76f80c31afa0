import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framework_plugin.text import normalise, normalise_with_offsets

# Arbitrary Unicode, with more of what people type and of what tends to break.
TROUBLE = (
    "aB１Ａ，　 \t\n\u200b\u200d\ufeff\u0301\u3099ｶﾞ㍿½…İẞΣ臺灣龍乾隆麼😀👍🏽❤️各\ud800"
)
# OpenCC takes 薴 to 苧 and 苧 to 苎: the one character that needs two steps.
TWO_STEPS = "薴"
ANY = st.characters(blacklist_characters=TWO_STEPS)
TEXTS = st.text(alphabet=st.one_of(ANY, st.sampled_from(TROUBLE)))


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("ＡＢＣ１２３", "abc123"),
        ("你好，世界！", "你好,世界!"),
        ("臺灣的龍井茶", "台湾的龙井茶"),
        ("乾隆年間的乾果", "乾隆年间的干果"),
        ("他很著名", "他很著名"),
        ("  多 \u3000\t 空\n格 ", "多 空 格"),
        ("零\u200b宽\ufeff字\u00ad符\x00", "零宽字符"),
        ("e\u0301", "é"),
        ("e\u200b\u0301", "é"),
        ("ﾊﾟ", "パ"),
        ("㍿", "株式会社"),
        ("İSTANBUL", "istanbul"),
        ("👨‍👩‍👧", "👨‍👩‍👧"),
        ("a\u200db", "ab"),
        ("❤️", "❤"),
        ("坏\ud800字", "坏字"),
        ("", ""),
        (" \u200b ", ""),
    ],
)
def test_text_gets_its_one_form(typed: str, expected: str) -> None:
    assert normalise(typed) == expected


@pytest.mark.slow
def test_each_character_keeps_its_form_when_normalised_again() -> None:
    changed = [
        chr(code)
        for code in range(sys.maxunicode + 1)
        if normalise(once := normalise(chr(code))) != once
    ]
    assert changed == [TWO_STEPS]


@given(TEXTS)
def test_normalised_text_keeps_its_form(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once


@given(TEXTS)
def test_offsets_index_the_original_and_never_fall(text: str) -> None:
    view = normalise_with_offsets(text)
    assert len(view.offsets) == len(view.text) + 1
    assert view.offsets[-1] == len(text)
    assert list(view.offsets) == sorted(view.offsets)
    assert all(0 <= offset < len(text) for offset in view.offsets[:-1])


@given(TEXTS)
def test_words_are_parted_by_single_spaces(text: str) -> None:
    once = normalise(text)
    assert " ".join(once.split()) == once


@given(TEXTS)
def test_each_character_stems_from_where_its_offset_points(text: str) -> None:
    view = normalise_with_offsets(text)
    for index, character in enumerate(view.text):
        origin = view.offsets[index]
        later = [o for o in view.offsets[index:] if o > origin]
        piece = text[origin : later[0]] if later else ""
        assert character in normalise_with_offsets(piece).text


@given(st.text(alphabet="今天下雨了吗，。？！ａＢ1 "))
def test_plain_chinese_keeps_its_length(text: str) -> None:
    if "  " not in text:
        assert len(normalise_with_offsets(text).text) == len(text)


def test_long_traditional_text_is_done_in_one_go() -> None:
    assert normalise("龍" * 20_000) == "龙" * 20_000
