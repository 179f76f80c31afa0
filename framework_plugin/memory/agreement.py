"""A yes or a no to the question whether something has changed."""

from __future__ import annotations

import re

from framework_plugin.memory.changes import FactChange, Operation
from framework_plugin.text.normalise import normalise

# Each word stands once and none is made of others, so that matching is quick.
_SOFT = "啊呀哦噢喔的了呢吧哈啦嘛滴哒呗"
_YES = re.compile(
    "(?=[嗯恩是对好行改换没可确当yo])"
    f"(?:[嗯恩是对好行改换{_SOFT}]|改名|改过来|改成这个|换名|就叫这个|就这样|没错|可以|确认"
    "|当然|yes|yep|ok(?:ay)?)+"
)
_NO = re.compile(
    "(?=[不别打说写逗骗开还n]|没(?!错))"
    f"(?:[不没别是对用要有改换{_SOFT}]|打错|说错|写错|开玩笑|逗你|骗你|玩|还叫?原来|no(?:pe)?)+"
)
_PAUSE = re.compile(r"[,。!~.、\s]+")


def agreement(text: str) -> FactChange | None:
    """What a whole message says to a question; None if it is neither yes nor no.

    Whether a question is open is for the profile to know.
    """
    norm = _PAUSE.sub("", normalise(text))
    if _YES.fullmatch(norm):
        return FactChange(Operation.CONFIRM)
    if _NO.fullmatch(norm):
        return FactChange(Operation.DENY)
    return None
