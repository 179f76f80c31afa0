"""Questions of a user about what is remembered, and the answers in 小满's voice."""

from __future__ import annotations

import re
from collections.abc import Sequence

from framework_plugin.corpus.user_context import FactKind, UserContext
from framework_plugin.memory.clauses import split_clauses
from framework_plugin.memory.dates import day_said
from framework_plugin.memory.unsaid import without_forgotten
from framework_plugin.memory.words import is_occupation
from framework_plugin.text.normalise import normalise

ALL_KINDS = tuple(FactKind)

_WHAT = "(?:什么|啥|哪些?|多少)"
_REMEMBER = "(?:记不记得|还?记得|记住了?|记着|知不知道|知道|了解|清楚|忘了|忘记)"
_END = "(?:来着|吗|么|没有?|不|了|呢|呀|啊|吧|嘛|的|事情?|东西|信息)*$"
_ALL = re.compile(
    rf"(?:{_REMEMBER}(?:关于)?我的?{_WHAT}{_END}"
    rf"|{_REMEMBER}我(?:吗|么|没|不){_END}"
    rf"|记不记得我{_END}"
    rf"|(?:关于我|对我)(?:的事)?[^,]{{0,6}}(?:{_REMEMBER}|印象)[^,]{{0,6}}(?:{_WHAT}|吗){_END}"
    rf"|(?:{_REMEMBER}|存|记)了?我?的?{_WHAT}(?:关于)?我的{_END}"
    rf"|我(?:都|还)?(?:告诉|跟你说|和你说)过?你?(?:我的)?{_WHAT}(?:我的)?{_END})"
)
_OWN_DOUBT = re.compile("我(?:自己)?(?:也|都|真)?(?:不知道|不清楚|不记得|忘了)")
_FRAME = re.compile(
    rf"你[^我]{{0,6}}{_REMEMBER}我(?P<what>.*(?:吗|么|没有?|不))[呀啊呢]?$"
)
_ASKED_DIRECTLY: dict[FactKind, re.Pattern[str]] = {
    FactKind.NAME: re.compile(
        rf"我的?(?:名字|姓名)?(?:是)?叫{_WHAT}|^我的(?:名字|姓名){_END}|我的?(?:名字|姓名)(?:是|叫){_WHAT}"
        rf"|我是谁|(?:怎么|如何)(?:称呼|叫)我|[该得会]叫我{_WHAT}"
    ),
    FactKind.CITY: re.compile(
        "我(?:现在|目前)?(?:是)?(?:住在?|家在?|住的是)(?:哪|什么地方|什么城市)(?!.*都)"
        "|我(?:现在)?在(?:哪个|什么)城市|我是(?:哪里|哪儿|哪)的?人|我来自哪"
    ),
    FactKind.OCCUPATION: re.compile(
        rf"我(?:现在)?是?(?:[做干]{_WHAT}(?:的|工作)|干嘛的)|我的?(?:职业|工作)是?[做干]?{_WHAT}"
        rf"|我从事{_WHAT}"
    ),
    FactKind.BIRTHDAY: re.compile(
        "我的?生日[是在]?(?:哪|什么时候|啥时候|啥日子|什么日子|几|何时|多会)|^我的生日$|(?:哪天|什么时候|几号)是?我的?生日"
        "|我(?:哪天|什么时候|啥时候|几月几?号?|几号)(?:过)?生日"
    ),
    FactKind.LIKE: re.compile(
        rf"我(?:还|都|平时)?最?(?:喜欢|爱)[吃喝看玩做听去]?(?:的是)?{_WHAT}(?!.*都)"
        rf"|我的?(?:爱好|喜好|兴趣)(?:是|有){_WHAT}"
        rf"|我有{_WHAT}(?:爱好|喜好|兴趣)|^我的(?:爱好|喜好|兴趣){_END}"
    ),
    FactKind.DISLIKE: re.compile(
        rf"我(?:还|都|平时)?最?(?:不喜欢|不爱|讨厌|受不了|不能|不)[吃喝看玩做听]?(?:的是)?{_WHAT}(?!.*都)"
        rf"|我对{_WHAT}过敏|我有{_WHAT}忌口"
    ),
}
_NAMED: dict[FactKind, re.Pattern[str]] = {
    FactKind.NAME: re.compile("名字|姓名|[是叫]谁|^叫|称呼"),
    FactKind.CITY: re.compile("住|城市|来自|家在|哪里人"),
    FactKind.OCCUPATION: re.compile("职业|工作|[做干]什么的|做啥的"),
    FactKind.BIRTHDAY: re.compile("生日"),
    FactKind.LIKE: re.compile("(?<!不)(?:喜欢|爱[吃喝看玩])|爱好|喜好|兴趣"),
    FactKind.DISLIKE: re.compile("不喜欢|讨厌|不爱|不[能]?[吃喝]|忌口|过敏"),
}
_LAST_TOPIC = re.compile(
    "(?:上次|上回|之前|以前|昨天|前几天|前天|最近)[^,]{0,6}(?:说|聊|讲|谈|提)[过了到的]*"
    f"(?:{_WHAT}|事|话题){_END}"
    "|(?:记得|知道)[^,]{0,4}(?:上次|上回|之前)[^,]{0,6}(?:说|聊|讲|谈|提)[^,]{0,6}(?:吗|么|没)"
    f"|(?:上次|上回|之前)(?:我们)?聊到哪"
)
_ASKED_FOR = {
    FactKind.NAME: "你的名字",
    FactKind.CITY: "你住在哪儿",
    FactKind.OCCUPATION: "你做什么工作",
    FactKind.BIRTHDAY: "你的生日",
    FactKind.LIKE: "你喜欢什么",
    FactKind.DISLIKE: "你不喜欢什么",
}
_QUOTED_LENGTH = 24
_BREAKS_TEMPLATES = re.compile(r"[\[\]{}「」\s]+")


def asked_kinds(text: str) -> tuple[FactKind, ...] | None:
    """Which kinds of fact a user asks to hear about themselves.

    Returns:
        All kinds for `你记得我什么`, the named ones for `我叫什么`, and None if the
        text is no question about the user's own facts.
    """
    kinds: set[FactKind] = set()
    for clause in split_clauses(text):
        norm = clause.norm
        if clause.unreal or _OWN_DOUBT.search(norm):
            continue
        if kinds and not re.search("[我你他她]", norm):
            norm = f"我{norm}"
        frame = _FRAME.search(norm)
        for kind in FactKind:
            direct = _ASKED_DIRECTLY[kind].search(norm)
            named = frame and _NAMED[kind].search(frame["what"])
            if named or (direct and _of_self(norm, direct.start())):
                kinds.add(kind)
        if not kinds and _ALL.search(norm):
            return ALL_KINDS
    return tuple(kind for kind in FactKind if kind in kinds) or None


def describe(user: UserContext, kinds: Sequence[FactKind]) -> str:
    """What is known of a user, said honestly and in one or two sentences.

    Args:
        user: What is known.
        kinds: What was asked, from `asked_kinds`. Asked for everything, what is not
            known is passed over; asked for something, its absence is said.
    """
    known = [kind for kind in FactKind if kind in kinds and user.values(kind)]
    missing = [kind for kind in FactKind if kind in kinds and kind not in known]
    if not known and len(missing) == len(ALL_KINDS):
        return "你还没跟我说过自己的事呢，想让我记住什么，直接告诉我就好。"
    said = "，".join(_phrase(user, kind) for kind in known)
    lack = f"你还没告诉过我{'、'.join(_ASKED_FOR[kind] for kind in missing)}呢。"
    if not known:
        return lack
    opening = "你的" if known[0] is FactKind.BIRTHDAY else "你"
    sentence = f"{opening}{said}。"
    if missing and len(kinds) < len(ALL_KINDS):
        return f"{sentence}不过{lack}"
    return sentence


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


def _of_self(norm: str, start: int) -> bool:
    """Whether a question speaks to the assistant of the user, not of what to do."""
    return not norm[:start].endswith(("和", "跟", "给", "帮", "让", "问", "他", "她"))


def _phrase(user: UserContext, kind: FactKind) -> str:
    """What is known of one kind, as a part of a sentence about `你`."""
    values = user.values(kind)
    if kind is FactKind.OCCUPATION:
        return _occupation(values[-1])
    if kind in (FactKind.LIKE, FactKind.DISLIKE):
        listed = "、".join(values[:-1])
        verb = "喜欢" if kind is FactKind.LIKE else "不喜欢"
        return verb + (f"{listed}和{values[-1]}" if listed else values[-1])
    verbs = {
        FactKind.NAME: "叫",
        FactKind.CITY: "住在",
        FactKind.BIRTHDAY: "生日是",
    }
    return verbs[kind] + values[-1]


def _occupation(value: str) -> str:
    if is_occupation(normalise(value)):
        return f"是{value}"
    if value[0] in "做搞干卖开教学修写画跑拍送种养":
        return f"是{value}的"
    return f"的工作是{value}"


def quoted(text: str) -> str:
    """A user's words fit to stand in a sentence: short, without signs that break it."""
    words = _BREAKS_TEMPLATES.sub(" ", text).strip()
    if len(words) > _QUOTED_LENGTH:
        return words[: _QUOTED_LENGTH - 1] + "…"
    return words.rstrip("。.")
