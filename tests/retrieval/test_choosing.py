from __future__ import annotations

import pytest

from framework_plugin.retrieval.choosing import (
    chosen_by_words,
    chosen_place,
    refuses_all,
)

NAMES = ["退款多久到账？", "退货运费谁出？", "怎么开发票？"]


@pytest.mark.parametrize(
    ("words", "count", "place"),
    [
        ("1", 3, 0),
        ("第三个", 3, 2),
        ("选第2个吧", 3, 1),
        ("我选一", 3, 0),
        ("２号", 3, 1),
        ("②", 3, 1),
        ("2️⃣", 3, 1),
        ("二吧", 3, 1),
        ("问的是第一个", 3, 0),
        ("头一个", 2, 0),
        ("中间那个", 3, 1),
        ("最后那个", 2, 1),
        ("倒数第二个", 3, 1),
        ("5", 3, None),
        ("10", 3, None),
        ("0", 3, None),
        ("那个", 3, None),
        ("一年的", 3, None),
        ("我一般喝红茶", 3, None),
        ("买了3次", 3, None),
        ("", 3, None),
    ],
)
def test_places_are_understood(words: str, count: int, place: int | None) -> None:
    assert chosen_place(words, count) == place


@pytest.mark.parametrize(
    ("words", "place"),
    [
        ("就那个退款的", 0),
        ("那个运费的", 1),
        ("选发票的", 2),
        ("就是退货那个", 1),
        ("那个退的", None),
        ("那个", None),
        ("龙井那个", None),
        ("发票怎么开呀", None),
        ("我要的是那个不知道叫什么名字反正很长很长的东西啦", None),
    ],
)
def test_words_of_a_choice_are_understood(words: str, place: int | None) -> None:
    assert chosen_by_words(words, NAMES) == place


@pytest.mark.parametrize(
    "words", ["都不是", "哪个都不是", "一个都不对", "没有我要问的", "以上都不是"]
)
def test_a_refusal_is_understood(words: str) -> None:
    assert refuses_all(words)


@pytest.mark.parametrize("words", ["第一个", "就那个退款的", "是的"])
def test_a_choice_is_no_refusal(words: str) -> None:
    assert not refuses_all(words)
