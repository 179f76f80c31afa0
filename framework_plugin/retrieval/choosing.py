"""Which of some choices a message means: a number, a place, or words of one of them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from itertools import pairwise

from framework_plugin.text.normalise import normalise

_NONE = re.compile("都不|不是这|没有?一个|没有我|以上都|一个[都也]|全不")
_LAST = re.compile("最后|末尾|最下面|倒数第一")
_FROM_END = re.compile("倒数第?([1-9一二两三四五])")
_FIRST = re.compile("前面|上面|头一|最上|首个")
_MIDDLE = re.compile("中间")
_NUMERAL = "[0-9]{1,2}|[一二两三四五六七八九十]"
_PLACE = re.compile(f"第({_NUMERAL})|({_NUMERAL})[号个条项]")
_FILLING = re.compile(
    "我|想|要|问|的|是|就|选|那|这|个|种|条|吧|了|呢|啊|呀|嗯|哦|好|请|帮|看|一下|关于|应该|[\\s,.!?;。，！？；、~「」]"
)
_BARE = re.compile(_NUMERAL)
_POINTS = re.compile("[那这]一?[个条种]|^(?:就|选|要|是)|的吧?$|选")
_NUMBERS = {n: i for i, n in enumerate("一二三四五六七八九十", start=1)} | {"两": 2}
_LONGEST = 20


def refuses_all(text: str) -> bool:
    """Whether a message says that none of the choices is meant."""
    return bool(_NONE.search(normalise(text)))


def chosen_place(text: str, count: int) -> int | None:
    """Which of some choices a text means by number or place.

    Args:
        text: Such as `2`, `第二个`, `②`, `最后一个`, `倒数第二个`.
        count: How many choices there were, at least 1.

    Returns:
        Its place, counted from 0; None where there is none such.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    from_end = _FROM_END.search(plain)
    if from_end:
        return _within(count + 1 - _number(from_end[1]), count)
    if _LAST.search(plain):
        return count - 1
    if _FIRST.search(plain):
        return 0
    if _MIDDLE.search(plain) and count > 2:
        return count // 2
    named = _PLACE.search(plain)
    if named:
        return _within(_number(named[1] or named[2]), count)
    rest = _FILLING.sub("", plain).strip("\ufe0f\u20e3")
    return _within(_number(rest), count) if _BARE.fullmatch(rest) else None


def chosen_by_words(text: str, names: Sequence[str]) -> int | None:
    """Which choice a text points at by some of its words, as `就那个退款的` does.

    Args:
        text: What the user says.
        names: What was offered.

    Returns:
        The place of the only choice that has most of the words, counted from 0; None
        where several have them, or none.
    """
    plain = normalise(text).strip()
    if len(plain) > _LONGEST or not _POINTS.search(plain):
        return None
    said = _FILLING.sub("", plain)
    if not said:
        return None
    shares = [_share(said, normalise(name)) for name in names]
    best = max(shares)
    if best < 0.5 or shares.count(best) > 1:
        return None
    return shares.index(best)


def _share(said: str, name: str) -> float:
    """How much of what was said stands in a name, in pairs of signs."""
    if len(said) == 1:
        return float(said in name)
    pairs = ["".join(pair) for pair in pairwise(said)]
    return sum(pair in name for pair in pairs) / len(pairs)


def _number(text: str) -> int:
    return _NUMBERS.get(text) or (int(text) if text.isdigit() else 0)


def _within(number: int, count: int) -> int | None:
    return number - 1 if 1 <= number <= count else None
