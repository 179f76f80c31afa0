"""Numbers and addresses that can reach or identify a person, made unreadable.

Masked are mobile and landline numbers, identity-card numbers, bank-card numbers and
e-mail addresses. Each hidden character becomes one `*`, so that whatever points into
the text, such as the spans of entities, still points to the same place.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

STAR = "*"

_PLAIN = str.maketrans("０１２３４５６７８９Ｘｘ＠．－（）＋", "0123456789Xx@.-()+")
_SPELLED = str.maketrans(
    "〇零一二三四五六七八九幺壹贰叁肆伍陆柒捌玖", "001234567891123456789"
)
_CHINESE = "〇零一二三四五六七八九幺壹贰叁肆伍陆柒捌玖"
_GAP = "[ \\t\u00a0\u3000\u200b-\u200d\ufeff\\-‐-―.·()]{1,3}"
_RUN = re.compile(rf"[0-9]+[Xx]?(?:{_GAP}[0-9]+[Xx]?)*")
_SPELLED_RUN = re.compile(f"[{_CHINESE}]+(?:{_GAP}[{_CHINESE}]+)*")
_GROUP = re.compile(r"[0-9]+(?:[Xx](?![A-Za-z0-9]))?")
_ANY_DIGIT = f"[0-9０-９{_CHINESE}]"
_SUSPECT = re.compile(f"[@＠]|{_ANY_DIGIT}(?:.{{0,3}}?{_ANY_DIGIT}){{9}}", re.DOTALL)
"""What no text without anything to mask holds, save by accident."""

_EMAIL = re.compile(
    r"([A-Za-z0-9._%+\-]{1,64})@(?:[A-Za-z0-9\-]{1,63}\.){1,5}[A-Za-z]{2,24}"
)
_WORD_BEFORE = re.compile(r"[A-Za-z_]{1,12}\Z")
_ANNOUNCES = frozenset(
    ("tel", "phone", "mobile", "mob", "cell", "call", "fax", "no", "number", "id")
) | {"card", "wechat", "weixin", "wx", "vx", "v"}
"""Words that may touch a number; after other letters it belongs to a code."""

_MOBILE = re.compile("(?:(?:00)?86)?(1[3-9][0-9]{9})")
_MOBILE_PARTS = frozenset(
    ((11,), (3, 8), (7, 4), (5, 6), (6, 5), (3, 4, 4), (4, 4, 3), (4, 3, 4), (3, 3, 5))
)
_LANDLINE = re.compile("0(?:10|2[0-9]|[3-9][0-9]{2})[1-9][0-9]{6,7}")
_CARD = re.compile("(?:[3-6][0-9]{15,18}|3[47][0-9]{13}|2[2-7][0-9]{14})")
_SHORTEST, _LONGEST = 10, 19
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_PROVINCES = frozenset(
    f"{number}"
    for first, last in ((11, 15), (21, 23), (31, 37), (41, 46), (50, 54), (61, 65))
    for number in range(first, last + 1)
) | {"71", "81", "82", "83"}
_OLDEST, _NEWEST = 1890, 2099
_NOT_CONTENT = frozenset(
    ("event", "name", "timestamp", "sender_id", "message_id", "input_channel", "policy")
)

_Groups = list[tuple[int, int]]
"""Where the groups of digits of a number begin and end, in order."""


def mask(text: str) -> str:
    """The text with personal numbers and addresses hidden; as long as before.

    Args:
        text: Any text; the time is linear in its length.
    """
    if not _SUSPECT.search(text):
        return text
    plain = text.translate(_PLAIN)
    hidden: set[int] = set()
    for address in _EMAIL.finditer(plain):
        start, end = address.span(1)
        hidden.update(range(start + (end - start > 1), end))
    if hidden:
        # What is hidden already belongs to no number.
        plain = "".join(STAR if at in hidden else c for at, c in enumerate(plain))
    _hide_numbers(plain, _RUN, hidden)
    _hide_numbers(plain, _SPELLED_RUN, hidden)
    if not hidden:
        return text
    return "".join(STAR if at in hidden else sign for at, sign in enumerate(text))


def mask_values(value: Any) -> Any:
    """What JSON can hold, with every text in it masked.

    Left alone are ids, times and the names of events, slots and policies. A whole
    number that is one to mask becomes a text.

    Returns:
        The very same object if there was nothing to mask.
    """
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, int) and not isinstance(value, bool) and value > 10**9:
        masked = mask(str(value))
        return masked if STAR in masked else value
    if isinstance(value, Mapping):
        new = {
            key: one if _is_no_content(key) else mask_values(one)
            for key, one in value.items()
        }
        return new if any(new[key] is not value[key] for key in value) else value
    if isinstance(value, list | tuple):
        items = [mask_values(one) for one in value]
        changed = any(new is not old for new, old in zip(items, value, strict=True))
        return items if changed else value
    return value


def _is_no_content(key: object) -> bool:
    return isinstance(key, str) and (
        key in _NOT_CONTENT or key == "id" or key.endswith("_id")
    )


def _hide_numbers(text: str, runs: re.Pattern[str], hidden: set[int]) -> None:
    """Adds the places of the digits that are to be hidden."""
    digits = text.translate(_SPELLED) if runs is _SPELLED_RUN else text
    for run in runs.finditer(text):
        if run.end() - run.start() < 10:
            continue
        groups = [
            found.span() for found in _GROUP.finditer(digits, run.start(), run.end())
        ]
        first = 0
        while first < len(groups):
            last, shown = _number_from(digits, groups, first)
            if shown is not None:
                places = [
                    at for group in groups[first : last + 1] for at in range(*group)
                ]
                head, tail = shown
                hidden.update(places[head : len(places) - tail])
            first = last + 1


def _number_from(
    text: str, groups: _Groups, first: int
) -> tuple[int, tuple[int, int] | None]:
    """The longest number that begins with a group.

    Returns:
        The last of its groups, and how many digits of its head and tail may be seen;
        the group itself and None if no number begins there.
    """
    if not _can_begin(text, groups, first):
        return first, None
    ends = []
    length = 0
    for last in range(first, len(groups)):
        length += groups[last][1] - groups[last][0]
        if length > _LONGEST:
            break
        if length >= _SHORTEST:
            ends.append(last)
    for last in reversed(ends):
        shown = _shown(text, groups[first : last + 1])
        if shown and not _is_cut(groups, first, last):
            return last, shown
    return first, None


def _can_begin(text: str, groups: _Groups, first: int) -> bool:
    start = groups[first][0]
    if first == 0:
        word = _WORD_BEFORE.search(text, max(0, start - 13), start)
        return word is None or word[0].strip("_").lower() in _ANNOUNCES
    # The places behind the point of a fraction are no number of their own.
    before = groups[first - 1]
    if text[before[0] : start] == "0.":
        return False
    # Nor are digits out of the middle of a list of single digits.
    around = groups[first - 1 : first + 2]
    return len(around) < 3 or any(end - at > 1 for at, end in around)


def _is_cut(groups: _Groups, first: int, last: int) -> bool:
    """Whether single digits were taken off a longer list of single digits."""
    if any(end - start > 1 for start, end in groups[first : last + 1]):
        return False
    return any(end - start == 1 for start, end in groups[last + 1 : last + 2])


def _shown(text: str, groups: _Groups) -> tuple[int, int] | None:
    """How many digits of a number's head and tail may be seen; None if it is none."""
    parts = tuple(end - start for start, end in groups)
    number = "".join(text[start:end] for start, end in groups)
    one_by_one = len(parts) > 1 and set(parts) == {1}
    if _is_identity(number):
        return 1, 1
    mobile = _MOBILE.fullmatch(number)
    if mobile and (one_by_one or _without_country(parts) in _MOBILE_PARTS):
        return len(number) - 8, 4
    if _LANDLINE.fullmatch(number):
        area = 3 if number[1] in "12" else 4
        if one_by_one or len(parts) == 1 or (parts[0] == area and len(parts) <= 3):
            return area, 2
    if _CARD.fullmatch(number) and _passes_luhn(number):
        return 0, 4
    return None


def _without_country(parts: tuple[int, ...]) -> tuple[int, ...]:
    surplus = sum(parts) - 11
    if parts[0] == surplus:
        return parts[1:]
    return (parts[0] - surplus, *parts[1:])


def _is_identity(number: str) -> bool:
    """Whether it is an identity-card number of mainland China (GB 11643-1999).

    Those of 18 digits end in a check digit; the old ones of 15 digits have none.
    """
    if len(number) == 18 and number[:17].isdigit():
        total = sum(
            int(digit) * w for digit, w in zip(number[:17], _WEIGHTS, strict=True)
        )
        right = _CHECKS[total % 11] == number[17].upper()
        return right and _is_born(number[:2], number[6:14])
    if len(number) == 15 and number.isdigit():
        return _is_born(number[:2], f"19{number[6:12]}")
    return False


def _is_born(province: str, day: str) -> bool:
    if province not in _PROVINCES or not _OLDEST <= int(day[:4]) <= _NEWEST:
        return False
    try:
        date(int(day[:4]), int(day[4:6]), int(day[6:]))
    except ValueError:
        return False
    return True


def _passes_luhn(number: str) -> bool:
    """The check of card numbers (ISO/IEC 7812-1, annex B)."""
    total = 0
    for place, digit in enumerate(reversed(number)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0
