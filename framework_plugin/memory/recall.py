"""Questions of a user about what is remembered, and the answers in 小满's voice."""

from __future__ import annotations

import re

from framework_plugin.corpus.user_context import UserContext
from framework_plugin.memory.clauses import split_clauses
from framework_plugin.memory.dates import day_said
from framework_plugin.memory.description import describe, question_about
from framework_plugin.memory.forgotten_turns import without_forgotten
from framework_plugin.memory.questions import ALL_KINDS, asked_kinds

__all__ = [
    "ALL_KINDS",
    "asked_kinds",
    "asks_last_topic",
    "describe",
    "describe_earlier",
    "question_about",
]

_WHAT = "(?:什么|啥|哪些?|多少)"
_END = "(?:来着|吗|么|没有?|不|了|呢|呀|啊|吧|嘛|的|事情?|东西|信息)*$"
_LAST_TOPIC = re.compile(
    "(?:上次|上回|之前|以前|昨天|前几天|前天|最近)[^,]{0,6}(?:说|聊|讲|谈|提)[过了到的]*"
    f"(?:{_WHAT}|事|话题){_END}"
    "|(?:记得|知道)[^,]{0,4}(?:上次|上回|之前)[^,]{0,6}(?:说|聊|讲|谈|提)[^,]{0,6}(?:吗|么|没)"
    f"|(?:上次|上回|之前)(?:我们)?聊到哪"
)
_QUOTED_LENGTH = 24
_BREAKS_TEMPLATES = re.compile(r"[\[\]{}「」\s]+")


def asks_last_topic(text: str) -> bool:
    """Whether a user asks what the last conversation was about."""
    return any(_LAST_TOPIC.search(clause.norm) for clause in split_clauses(text))


def describe_earlier(user: UserContext, now: float | None = None) -> str:
    """What the user spoke of in the sessions before, in their own words.

    Args:
        user: What is known.
        now: The present moment, in seconds since the epoch, to tell the day by.
    """
    said = {
        quote: _day(turn.said_at, now)
        for turn in without_forgotten(user.earlier_turns)
        if asked_kinds(turn.text) is None
        and not asks_last_topic(turn.text)
        and len(quote := quoted(turn.text)) > 2
    }
    latest = list(said.items())[-2:]
    if not latest:
        return "更早的聊天我这儿没有记录，你再跟我说说好吗？"
    quote, day = latest[-1]
    if len(latest) == 1:
        return f"{day}你跟我说「{quote}」。后来怎么样啦？"
    other, day_before = latest[0]
    then = "" if day == day_before else f"{day}"
    return f"{day_before}你跟我说「{other}」，{then}还说了「{quote}」。"


def _day(said_at: float | None, now: float | None) -> str:
    return "上次" if said_at is None or now is None else day_said(said_at, now)


def quoted(text: str) -> str:
    """A user's words fit to stand in a sentence: short, without signs that break it."""
    words = _BREAKS_TEMPLATES.sub(" ", text).strip()
    if len(words) > _QUOTED_LENGTH:
        return words[: _QUOTED_LENGTH - 1] + "…"
    return words.rstrip("。.")
