"""Greetings, thanks and the like around a question."""

from __future__ import annotations

import re

_SIGNS = r"[\s,，.。!！~～、:：;；…?？]*"
_BEFORE = (
    "(?:你好|您好|早上好|上午好|中午好|下午好|晚上好|大家好|哈喽|哈啰|哈罗|嗨|嘿|喂|hi|hello)"
    "(?:[呀啊哈哦哇]|小满)*",
    # Whom one speaks to, not of: a sign or a greeting follows.
    "(?:小满|客服|老板|掌柜的?|店家|卖家|亲亲?|亲爱的|朋友|小伙伴)"
    "(?=[,，.。!！~～、]|[你您]好|在吗|请问|麻烦)",
    "在吗|在不在|在么|有人吗|有人在吗|有没有人|忙吗",
    "不好意思|打扰(?:一下|了|下)?|冒昧(?:问一下|问下)?|抱歉",
    "(?:(?:我|就|只)*(?:想|要)|请|麻烦|能不能|可不可以|可以|能|帮忙|帮我|给我|您|你|先|再)*"
    "(?:请教|咨询|请问|问|了解|解答)(?:一下下|一下|一句|一声|下|问|个问题)?(?:吗|哈|呢|啊)?",
    "麻烦(?:你|您|了|啦|帮忙|帮我)*(?:看一下|看下|看看|查一下|说一下)?",
    "(?:能不能|可以|可不可以)?(?:帮我|帮忙)(?:看一下|看下|看看|查一下|说一下)",
    "拜托(?:了|啦)?",
    "那么?(?![个些边里儿时天只款种家位次张怎多])|还有|另外",
)
_AFTER = (
    "(?:先|非常|十分|太|真|真的|万分|多多)*(?:感谢|谢谢|谢啦|谢了|多谢|谢过|感激)"
    "(?:[你您啦了哦呀啊哈]|谢谢|各位|大家|的耐心解答|解答|帮忙)*",
    "(?:辛苦|麻烦|拜托|劳烦|打扰)(?:[你您啦了]|一下|拜托)*",
    "急{1,5}|在线等|挺急的|很急|着急|求解答|求回复|求助",
    "[哈哦呀啦噢啊呢]|(?<!干)嘛",
)
_LEADING = re.compile(f"{_SIGNS}(?:{'|'.join(_BEFORE)}){_SIGNS}", re.IGNORECASE)
_TRAILING = re.compile(f"(?:{'|'.join(_AFTER)}){_SIGNS}$")
# Longer texts are no padded questions, and time is bounded so.
_LONGEST = 200
_ROUNDS = 6


def without_courtesies(text: str) -> str:
    """A normalised text without the greetings before it and the thanks behind it.

    Empty where it holds nothing else.
    """
    if len(text) > _LONGEST:
        return text
    for _ in range(_ROUNDS):
        match = _LEADING.match(text)
        if not match or not match.end():
            break
        text = text[match.end() :]
    for _ in range(_ROUNDS):
        match = _TRAILING.search(text)
        if not match:
            break
        text = text[: match.start()].rstrip(" ,，.。!！~～、:：;；…")
    return text
