"""Questions about what was said, and answers in the user's own words with the day.

`我什么时候说过想去西藏`, `我之前有没有提过过敏`, `我跟你聊过面试吗`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from framework_plugin.memory.clauses import split_clauses
from framework_plugin.memory.dates import day_said
from framework_plugin.memory.recall import quoted
from framework_plugin.memory.search import Recalled, SearchSettings
from framework_plugin.memory.terms import content_terms

ANSWERING = SearchSettings(least=0.5, lasting=0.8, most=3)
"""To be told that one said it, most of the words must have been said."""

_SAID = "(?:说|聊|讲|谈|提|问|告诉|抱怨|吐槽|交代|唠叨)"
_PAST = (
    "(?:之前|以前|上次|上回|从前|曾经|最近|昨天|前天|前几天|那天|上周|上个月|去年|早就|已经"
    "|刚才|刚刚)"
)
_TO_YOU = "(?:(?:跟|和|对|给|向|同)?你)?"
_WHEN_ASKED = "(?:什么时候|啥时候|哪天|哪一天|几时|何时|是?什么时间)"
_WHETHER = "(?:有没有|是不是|有没|是否|可曾|没有|有)"
_I = "(?:我们?|咱们?)"
_BETWEEN = (
    rf"(?:{_PAST}|{_WHETHER}|{_WHEN_ASKED}|{_TO_YOU}|都|还|也|好像|应该|是|一起)*"
)
_END = "(?:吗|(?<!什)么|没有?|不|来着|的来着|的|呢|呀|啊|吧|嘛|了)*"
_FORMS = (
    # 我之前有没有跟你提过过敏 · 我什么时候说过想去西藏 · 你记得我说过要搬家吗
    re.compile(
        rf"{_I}{_BETWEEN}{_SAID}(?:到|起|及)?过(?!的)(?:你|了)?(?:没有?)?"
        rf"(?:关于|有关)?(?P<topic>.+?){_END}$"
    ),
    # 我哪天跟你说要面试的 · 我上次说想去哪儿玩来着
    re.compile(
        rf"{_I}{_BETWEEN}(?:{_WHEN_ASKED}|{_PAST}){_BETWEEN}{_SAID}(?:到|起|了)?(?:你)?"
        rf"(?P<topic>.+?){_END}$"
    ),
    # 关于面试我说过什么 · 面试的事我跟你说过吗
    re.compile(
        rf"(?:关于|有关|对于)?(?P<topic>.+?)(?:的?(?:事情?|话题))?{_I}{_BETWEEN}{_SAID}(?:到|起)?"
        rf"过(?:你|了)?(?:些|点)?(?:什么|啥|哪些)?(?:话)?{_END}$"
    ),
)
_ASKS = re.compile(
    "来着|没有?$|记得|什么|啥|吗|哪[儿里]?|哪|几时|何时|有没|是不是|是否|可曾|不$|么$"
)
_ABOUT_YOU = re.compile("^你(?!.*我)")
_WHETHER_ASKED = re.compile("吗|么$|没|是不是|是否|可曾|不$")
_BARE = re.compile(
    "^(?:多少[次遍].*|什么|啥|吗|哪些|哪个|多少|谁|些什么|点什么|些啥|的|这个|那个|这|那|过|这事|这话|什么话)*"
    "(?:话|事|事情|内容|话题)*$"
)


def asked_topic(text: str) -> str | None:
    """What a user asks whether, or when, they spoke of it.

    Returns:
        The words for it, such as `想去西藏`; None if the text is no such question.
    """
    for clause in split_clauses(text):
        norm = clause.norm
        asked = clause.asked or _ASKS.search(norm)
        if clause.unreal or not asked or _ABOUT_YOU.search(norm):
            continue
        for form in _FORMS:
            match = form.search(norm)
            if match and not _BARE.match(match["topic"]):
                return match["topic"]
    return None


def describe_found(
    question: str, topic: str, found: Sequence[Recalled], now: float
) -> str:
    """The answer to a question about what was said.

    Args:
        question: As the user put it.
        topic: From `asked_topic`.
        found: What was found of it, the best first.
        now: The present moment, in seconds since the epoch.
    """
    about = quoted(topic)
    if not content_terms(topic):
        return f"光凭「{about}」我翻不出来，换一个更具体的词，我再找找？"
    if not found:
        return (
            f"我翻了翻，没找到你说过「{about}」。也可能那时换了个说法，"
            "再给我一个词试试？"
        )
    shown = sorted(_distinct(found)[:2], key=lambda one: one.said_at)
    told = [
        f"{day_said(one.said_at, now)}你说过「{quoted(one.text)}」" for one in shown
    ]
    opening = "说过的。" if _WHETHER_ASKED.search(question) else ""
    return f"{opening}{'，'.join(told)}。"


def _distinct(found: Sequence[Recalled]) -> list[Recalled]:
    """Those that cover the question as well as the best one, no quote twice."""
    best = found[0]
    by_quote = {
        quoted(one.text): replace(one)
        for one in reversed(found)
        if len(one.shared) >= len(best.shared)
    }
    return sorted(by_quote.values(), key=lambda one: -one.score)
