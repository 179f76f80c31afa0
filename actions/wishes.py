"""What a user wishes of a thing to buy, read from their words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_NUMBER = r"(\d{1,5}|[零一二两三四五六七八九十百千]{1,6})"
_AMOUNT = re.compile(rf"{_NUMBER}\s*多?\s*(?:块钱?|元|圆|以内|以下|左右|上下)")
_BUDGET = re.compile(rf"预算[^\d一二两三四五六七八九]{{0,3}}{_NUMBER}")
_UNITS = {"十": 10, "百": 100, "千": 1000}
_DIGITS = {d: n for n, d in enumerate("零一二三四五六七八九")} | {"两": 2}
_NEGATED = re.compile("^(?:不要|不太|不|没有|没|别|无|少|低)")
_CALM = re.compile("失眠|睡不着|睡前|晚上喝|夜里|咖啡因|怕提神|影响睡")
_TOO_DEAR = re.compile("便宜|太贵|贵了|[好有]点?贵|实惠|贵$")
_GIFT = re.compile("送(?!到|来|货)|礼物|礼盒|伴手礼|给[^我自你]{1,4}(?:买|挑|选)")
_KINDS = {
    "茶具": "茶具|杯|壶|碗",
    "点心": "点心|零食|糕|茶点|吃的|小吃|坚果",
    "礼盒": "礼盒",
    "茶": "茶(?!具|点|礼|壶|杯)",
}


@dataclass(frozen=True)
class Wishes:
    """What is wished for; everything may be left open.

    Args:
        words: Tastes and things to look for.
        avoid: Tastes and things to leave out.
        budget: Highest price in yuan.
        gift_for: Who gets it as a present; empty for a present to anyone.
        kind: The shelf it should stand on.
        calm: Whether it should hold little caffeine.
        cheaper: Whether it should cost less than what was recommended before.
    """

    words: tuple[str, ...] = ()
    avoid: tuple[str, ...] = ()
    budget: int | None = None
    gift_for: str | None = None
    kind: str | None = None
    calm: bool = False
    cheaper: bool = False


def read_wishes(text: str, entities: Mapping[str, Iterable[str]]) -> Wishes:
    """The wishes in a message.

    Args:
        text: The user's words.
        entities: Values found by NLU: `taste`, `product`, `budget`, `gift_for`.
    """
    said = [*entities.get("taste", ()), *entities.get("product", ())]
    words = tuple(word for word in said if not _NEGATED.match(word))
    avoid = tuple(_NEGATED.sub("", word) for word in said if _NEGATED.match(word))
    amounts = (amount_of(value) for value in entities.get("budget", ()))
    budget = next((amount for amount in amounts if amount), None) or amount_of(text)
    receiver = next((v for v in entities.get("gift_for", ()) if v != "自己"), None)
    if receiver is None and _GIFT.search(text):
        receiver = ""
    kind = next((k for k, p in _KINDS.items() if re.search(p, text)), None)
    return Wishes(
        words,
        avoid,
        budget,
        receiver,
        kind,
        bool(_CALM.search(text)),
        bool(_TOO_DEAR.search(text)),
    )


def amount_of(text: str) -> int | None:
    """The sum of money in a text, in yuan: `100元以内`, `两百`, `一百五`; or None."""
    plain = unicodedata.normalize("NFKC", text).strip()
    match = _BUDGET.search(plain) or _AMOUNT.search(plain)
    number = match[1] if match else plain
    if number.isdecimal():
        return int(number) or None
    if number and all(c in _DIGITS or c in _UNITS for c in number):
        return _chinese_number(number) or None
    return None


def _chinese_number(text: str) -> int:
    """A number below ten thousand; the last digit of `一百五` stands for fifty."""
    total, digit, unit = 0, 0, 1
    for character in text:
        if character in _UNITS:
            unit = _UNITS[character]
            total += (digit or 1) * unit
            digit = 0
        else:
            digit = _DIGITS[character]
    return total + digit * (unit // 10 if unit > 10 else 1)
