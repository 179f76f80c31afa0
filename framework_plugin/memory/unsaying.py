"""`这个别记`: what was said is not kept, or is taken out right after it was said."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum, auto
from typing import Any

from framework_plugin.text.normalise import normalise

UNSAID = "personal_chat_unsaid"
"""Key in the metadata of messages of which the words were taken out."""

_THING = (
    "(?:话|事情?|信息|内容|秘密|电话|手机号?|号码|地址|名字|生日|东西|消息"
    "|一?句话?|一?条|一段)"
)
_THIS = f"(?:[这那](?:个|句|条|些|件|段|一句|一条)?的?{_THING}?)"
_BEFORE = (
    f"(?:(?:刚才|刚刚|上面|前面|上一?[句条]|之前)(?:我)?(?:跟你|和你|给你)?"
    f"(?:说|讲|发|告诉你|提到)?过?的?(?:[这那](?:个|句|条|些|件))?{_THING}?)"
)
_POLITE = (
    "(?:请|麻烦|拜托|能不能|能|可不可以|可以|那|不过|但是|对了|啊|哎|你|就|还是|先|把)*"
)
_YOU = "(?:你|就|都|也|请|能不能|可不可以|可以|能)*"
_NOT_KEEP = (
    "(?:别|不要|不用|不必|甭|不许|不准)(?:再|帮我|给我|替我)?"
    "(?:记住|记下来|记下|记录|记着|记得|记|保存|存下来|存|留下|留)"
)
_TAIL = "(?:了|哦|啊|吧|呀|哈|啦|好吗|好不好|行吗|可以吗|行不行|谢谢|~)*"
_FORGET = "(?:忘掉|忘了吧|忘了|忘记|删掉|删了|删除|抹掉)"
_REQUEST = re.compile(
    f"{_POLITE}(?:(?P<before>{_BEFORE})|{_THIS}){_YOU}{_NOT_KEEP}{_TAIL}"
    f"|{_POLITE}{_NOT_KEEP}(?:(?P<before_too>{_BEFORE})|{_THIS}){_TAIL}"
    f"|{_POLITE}(?:{_FORGET}我?(?P<forget>{_BEFORE})|(?P<forget_too>{_BEFORE}){_YOU}{_FORGET})"
    f"{_TAIL}"
    f"|{_POLITE}{_NOT_KEEP}{_TAIL}"
)
_NAMES_BEFORE = ("before", "before_too", "forget", "forget_too")
_AT_THE_END = re.compile(f"{_THIS}{_YOU}{_NOT_KEEP}{_TAIL}$")
_CLAUSES = re.compile(r"[,.;!?。，；！？~\s]+")
_NO_CONTENT = re.compile(
    "(?:嗯|哦|好|好的|对了|等等|等一下|哎|算了|啊|谢谢|请|拜托|那个)*"
)
_LONGEST = 200


class Unsaid(Enum):
    """What a user does not want to be kept."""

    THIS = auto()
    """The very message that asks so."""
    BEFORE = auto()
    """The message before."""


def asks_to_unsay(text: str) -> Unsaid | None:
    """What a message asks not to keep; None if it asks nothing of the kind.

    Such are `这个别记`, `忘掉刚才说的` and `我叫欧阳翀，这个别记`. A request that says
    what is to be forgotten, such as `别记我喜欢咖啡`, is for `removal`.
    """
    if len(text) > _LONGEST:
        return None
    clauses = [clause for clause in _CLAUSES.split(normalise(text)) if clause]
    for number, clause in enumerate(clauses):
        request = _REQUEST.fullmatch(clause)
        if request and any(map(request.group, _NAMES_BEFORE)):
            return Unsaid.BEFORE
        if request:
            others = clauses[:number] + clauses[number + 1 :]
            told = any(not _NO_CONTENT.fullmatch(other) for other in others)
            return Unsaid.THIS if told else Unsaid.BEFORE
        if _AT_THE_END.search(clause):
            return Unsaid.THIS
    return None


def blanked(event: Mapping[str, Any], said: str) -> dict[str, Any]:
    """An event of a turn without the words of it.

    What happened stays: that something was said, its intent, which action followed. So
    the conversation goes on as before.

    Args:
        event: From Rasa's `Event.as_dict`.
        said: The words that are taken out, of the user's message of this turn.
    """
    new = dict(event)
    kind = event.get("event")
    if kind == "user":
        intent = (event.get("parse_data") or {}).get("intent") or {}
        parsed: dict[str, Any] = {"intent": intent, "entities": [], "text": ""}
        new |= {"text": "", "parse_data": parsed, "metadata": {UNSAID: True}}
    elif kind == "bot":
        new |= {"text": "", "data": {}, "metadata": {UNSAID: True}}
    elif kind == "entities":
        new["entities"] = []
    elif kind == "slot" and _repeats(event.get("value"), said):
        new["value"] = None
    return new


def _repeats(value: Any, said: str) -> bool:
    """Whether a value of a slot holds words of a message."""
    if isinstance(value, str):
        return bool(value) and (value in said or said in value)
    if isinstance(value, bool) or value is None:
        return False
    if isinstance(value, int | float):
        return f"{value:g}" in said
    if isinstance(value, Mapping):
        return any(_repeats(one, said) for one in value.values())
    return any(_repeats(one, said) for one in value)
