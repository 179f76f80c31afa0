"""Small numbers as people write them: `29`, `二十九`, `两`."""

from __future__ import annotations

import re

NUMBER = r"\d{1,3}|[零一二两三四五六七八九十百廿]{1,5}"
"""What may be a number up to 999; put it into a group."""

_DIGITS = {d: n for n, d in enumerate("零一二三四五六七八九")} | {"两": 2}
_FORM = re.compile(
    "(?:(?P<hundreds>[一二两三四五六七八九])百零?)?"
    "(?:(?P<tens>[一二三四五六七八九]?)(?P<ten>十)|(?P<twenty>廿))?"
    "(?P<ones>[一二两三四五六七八九])?"
)


def number_of(text: str) -> int | None:
    """The number that a text means; None if it means none."""
    if text.isdecimal():
        return int(text)
    match = _FORM.fullmatch(text) if text else None
    if match is None:
        return None
    hundreds = _DIGITS[match["hundreds"]] if match["hundreds"] else 0
    tens = 0
    if match["ten"]:
        tens = _DIGITS[match["tens"]] if match["tens"] else 1
    elif match["twenty"]:
        tens = 2
    ones = _DIGITS[match["ones"]] if match["ones"] else 0
    return 100 * hundreds + 10 * tens + ones
