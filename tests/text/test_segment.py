import itertools
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jieba
import pytest
from hypothesis import given
from hypothesis import strategies as st

from framework_plugin.errors import SettingsError
from framework_plugin.settings import settings_from
from framework_plugin.text import (
    SegmenterSettings,
    UserDictionary,
    create_segmenter,
    normalise,
)

ROOT = Path(__file__).parents[2]
TROUBLE = "aB１Ａ，　 \t\u200b\u200d\ufeff\u0301\u3099ｶﾞ㍿½①…İ臺灣龍😀👍🏽❤️3.5@http://a.cn\ud800"
TEXTS = st.text(alphabet=st.one_of(st.characters(), st.sampled_from(TROUBLE)))
SEGMENTER = create_segmenter()
SEARCHING = create_segmenter(SegmenterSettings(mode="search"))


def plain_sentences() -> list[str]:
    """User lines of the bundled dialogues, without placeholders."""
    lines = {
        alternative.strip()
        for file in sorted((ROOT / "nlu_data/dialogues/train").glob("*.txt"))
        for line in file.read_text(encoding="utf-8").splitlines()
        if line.startswith(("U: ", "B: "))
        for alternative in line[3:].split(" | ")
    }
    return sorted(line for line in lines if "{" not in line)


@pytest.mark.parametrize(
    ("text", "norms"),
    [
        ("我的订单SC20260318还没到", "我 的 订单 sc20260318 还 没到"),
        ("价格3.5元，98.50%", "价格 3.5 元 , 98.50%"),
        ("hello world，C++ 和 c#", "hello world , c++ 和 c#"),
        ("it's ok", "it's ok"),
        ("T恤和Ｕ盘", "t恤 和 u盘"),
        ("看https://a.cn/茶", "看 https://a.cn/ 茶"),
        ("见http://A.cn/b?x=1&y=2。好", "见 http://a.cn/b?x=1&y=2 。 好"),
        ("见www.a.cn，好", "见 www.a.cn , 好"),
        ("写给Me.x+1@shop.com.cn吧", "写给 me.x+1@shop.com.cn 吧"),
        ("哈哈😀😀", "哈哈 😀 😀"),
        ("👨‍👩‍👧❤️‍🔥👍🏽🇨🇳", "👨‍👩‍👧 ❤‍🔥 👍🏽 🇨🇳"),
        ("我愛龍井", "我 爱 龙井"),
        ("㍿好", "株式会社 好"),
        (" \u3000\t", ""),
        ("\u200b\u200d", ""),
        ("", ""),
    ],
)
@pytest.mark.parametrize("engine", ["rjieba", "jieba"])
def test_words_that_belong_together_stay_whole(
    engine: str, text: str, norms: str
) -> None:
    settings = settings_from(SegmenterSettings, {"engine": engine})
    assert create_segmenter(settings).norms(text) == norms.split()


@pytest.mark.parametrize("segmenter", [SEGMENTER, SEARCHING], ids=["default", "search"])
@given(TEXTS)
def test_word_is_the_slice_of_the_original_it_names(segmenter, text: str) -> None:
    for word in segmenter.words(text):
        assert 0 <= word.start < word.end <= len(text)
        assert word.text == text[word.start : word.end]
        assert word.norm
        assert not word.norm.isspace()


@given(TEXTS)
def test_words_follow_one_another_and_lose_only_space(text: str) -> None:
    words = SEGMENTER.words(text)
    assert all(a.end <= b.start for a, b in itertools.pairwise(words))
    joined = "".join(word.norm for word in words)
    assert joined.replace(" ", "") == normalise(text).replace(" ", "")


@given(TEXTS)
def test_words_without_normalisation_are_as_typed(text: str) -> None:
    typed = create_segmenter(SegmenterSettings(normalise=False))
    for word in typed.words(text):
        assert word.norm.replace("\ufffd", "?") == re.sub(
            "[\ud800-\udfff\ufffd]", "?", word.text
        )


@given(TEXTS)
def test_search_mode_adds_words_and_loses_none(text: str) -> None:
    whole = {(w.start, w.end) for w in SEGMENTER.words(text)}
    found = {(w.start, w.end) for w in SEARCHING.words(text)}
    covered = {i for start, end in whole for i in range(start, end)}
    assert {i for start, end in found for i in range(start, end)} == covered


def test_invisible_characters_do_not_cling_to_the_end_of_a_word() -> None:
    assert SEGMENTER.words("杭\u200b州\u200b好")[0].text == "杭\u200b州"


def test_both_engines_cut_plain_sentences_alike() -> None:
    sentences = plain_sentences()
    assert len(sentences) >= 300
    reference = create_segmenter(SegmenterSettings(engine="jieba"))
    different = [s for s in sentences if SEGMENTER.norms(s) != reference.norms(s)]
    assert different == []


def test_both_engines_cut_alike_without_hmm_and_for_search() -> None:
    sentences = plain_sentences()
    for options in ({"hmm": False}, {"mode": "search"}):
        ours, theirs = (
            create_segmenter(settings_from(SegmenterSettings, {"engine": e, **options}))
            for e in ("rjieba", "jieba")
        )
        different = [
            s for s in sentences if sorted(ours.norms(s)) != sorted(theirs.norms(s))
        ]
        assert different == []


@pytest.mark.parametrize("engine", ["rjieba", "jieba"])
def test_user_dictionary_keeps_its_words_whole_in_every_form(engine: str) -> None:
    dictionary = UserDictionary.from_text("山茶小鋪 100 n\nVIP茶友 50\n")
    settings = settings_from(SegmenterSettings, {"engine": engine})
    own = create_segmenter(settings, dictionary)
    assert own.norms("山茶小铺的vip茶友") == ["山茶小铺", "的", "vip茶友"]
    assert own.norms("山茶小鋪的ＶＩＰ茶友") == ["山茶小铺", "的", "vip茶友"]
    assert "山茶小铺" not in create_segmenter(settings).norms("山茶小铺")


def test_global_jieba_is_neither_read_nor_changed() -> None:
    jieba.initialize()
    before = (dict(jieba.dt.FREQ), jieba.dt.total, dict(jieba.dt.user_word_tag_tab))
    dictionary = UserDictionary.from_text("山茶小铺 100 n\n")
    for engine in ("rjieba", "jieba"):
        settings = settings_from(SegmenterSettings, {"engine": engine})
        create_segmenter(settings, dictionary).words("山茶小铺")
    assert (jieba.dt.FREQ, jieba.dt.total, jieba.dt.user_word_tag_tab) == before
    jieba.add_word("茶友小聚", 10_000)
    for engine in ("rjieba", "jieba"):
        settings = settings_from(SegmenterSettings, {"engine": engine})
        assert "茶友小聚" not in create_segmenter(settings).norms("茶友小聚")
    jieba.del_word("茶友小聚")


@pytest.mark.parametrize("engine", ["rjieba", "jieba"])
def test_one_segmenter_serves_many_threads(engine: str) -> None:
    segmenter = create_segmenter(settings_from(SegmenterSettings, {"engine": engine}))
    sentences = plain_sentences()[:100]
    expected = [segmenter.words(s) for s in sentences]
    with ThreadPoolExecutor(8) as pool:
        rounds = pool.map(lambda _: [segmenter.words(s) for s in sentences], range(16))
        assert all(found == expected for found in rounds)


@pytest.mark.parametrize("engine", ["rjieba", "jieba"])
def test_first_use_writes_nothing_to_the_console(engine: str) -> None:
    code = (
        "from framework_plugin.text import SegmenterSettings, create_segmenter;"
        f"create_segmenter(SegmenterSettings(engine={engine!r})).words('龍井茶')"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout + done.stderr == ""


@pytest.mark.parametrize(
    ("key", "value", "named"),
    [("engine", "pkuseg", "rjieba"), ("mode", "all", "search"), ("hmm", 1, "bool")],
)
def test_impossible_setting_is_refused_with_the_choices(
    key: str, value: object, named: str
) -> None:
    with pytest.raises(SettingsError, match=named):
        settings_from(SegmenterSettings, {key: value})
