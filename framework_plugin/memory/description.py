"""What is known of a user, said in 小满's voice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from framework_plugin.corpus.user_context import Fact, FactKind, UserContext
from framework_plugin.memory.likeness import MARRIAGE, named
from framework_plugin.memory.questions import ALL_KINDS
from framework_plugin.memory.words import is_occupation
from framework_plugin.text.normalise import normalise

_IN_ORDER = (
    FactKind.NAME,
    FactKind.NICKNAME,
    FactKind.GENDER,
    FactKind.AGE,
    FactKind.HOMETOWN,
    FactKind.CITY,
    FactKind.OCCUPATION,
    FactKind.BIRTHDAY,
    FactKind.FAMILY,
    FactKind.PET,
    FactKind.LIKE,
    FactKind.DISLIKE,
    FactKind.PLAN,
    FactKind.NOTE,
)
_ASKED_FOR = {
    FactKind.NAME: "你的名字",
    FactKind.NICKNAME: "你的小名",
    FactKind.GENDER: "你是男生还是女生",
    FactKind.AGE: "你多大",
    FactKind.HOMETOWN: "你的老家",
    FactKind.CITY: "你住在哪儿",
    FactKind.OCCUPATION: "你做什么工作",
    FactKind.BIRTHDAY: "你的生日",
    FactKind.FAMILY: "你家里的事",
    FactKind.PET: "你养没养宠物",
    FactKind.LIKE: "你喜欢什么",
    FactKind.DISLIKE: "你不喜欢什么",
    FactKind.PLAN: "你接下来的安排",
    FactKind.NOTE: "要记什么",
}
_QUESTIONS = {
    FactKind.NAME: "我记得你叫{held}，是改叫{told}了吗？",
    FactKind.GENDER: "我记得你是{held}生，是我记错了，你是{told}生吗？",
    FactKind.BIRTHDAY: "我记得你的生日是{held}，是我记错了，应该是{told}吗？",
}
_WEEKDAYS = "一二三四五六日"
_STANDS_FOR = {
    FactKind.NAME: FactKind.NICKNAME,
    FactKind.NICKNAME: FactKind.NAME,
    FactKind.HOMETOWN: FactKind.CITY,
}
_OPENS_WITH_YOUR = (FactKind.BIRTHDAY,)
_GOING = "要"
_NEEDS_NO_GOING = ("不", "约", "有", "要")


def describe(user: UserContext, kinds: Sequence[FactKind]) -> str:
    """What is known of a user, said honestly and in one or two sentences.

    Args:
        user: What is known.
        kinds: What was asked, from `asked_kinds`. Asked for everything, what is not
            known is passed over; asked for something, its absence is said. A name and
            what the user wants to be called stand for each other, and a home for an
            unknown home town.
    """
    wanted = set(kinds)
    for kind, other in _STANDS_FOR.items():
        if kind in kinds and not user.values(kind) and user.values(other):
            wanted = wanted - {kind} | {other}
    known = [kind for kind in _IN_ORDER if kind in wanted and user.values(kind)]
    missing = [kind for kind in _IN_ORDER if kind in wanted and kind not in known]
    if not known and len(kinds) == len(ALL_KINDS):
        return "你还没跟我说过自己的事呢，想让我记住什么，直接告诉我就好。"
    said = "，".join(_phrase(user, kind) for kind in known)
    lack = f"你还没告诉过我{'、'.join(_ASKED_FOR[kind] for kind in missing)}呢。"
    if not known:
        return lack
    opening = "你的" if known[0] in _OPENS_WITH_YOUR else "你"
    sentence = f"{opening}{said}。"
    if missing and len(kinds) < len(ALL_KINDS):
        return f"{sentence}不过{lack}"
    return sentence


def question_about(told: Fact, held: str | None) -> str:
    """Asks whether something has changed that hardly ever does.

    Args:
        told: What the user has just said.
        held: What was known before.
    """
    return _QUESTIONS[told.kind].format(held=held, told=told.value)


def _phrase(user: UserContext, kind: FactKind) -> str:
    """What is known of one kind, as a part of a sentence about `你`."""
    facts = [fact for fact in user.facts if fact.kind is kind]
    latest = facts[-1].value
    if kind is FactKind.OCCUPATION:
        return _occupation(latest)
    if kind in (FactKind.LIKE, FactKind.DISLIKE):
        verb = "喜欢" if kind is FactKind.LIKE else "不喜欢"
        return verb + _listed([fact.value for fact in facts])
    if kind is FactKind.AGE:
        return latest if latest.endswith("岁") else f"是{latest}{_OF[latest[-1]]}"
    if kind is FactKind.FAMILY:
        return _family([fact.value for fact in facts])
    if kind is FactKind.PET:
        return "养着" + _listed([_with_its_name(fact.value) for fact in facts])
    if kind is FactKind.PLAN:
        return "，".join(map(_plan, sorted(facts, key=lambda f: f.day or "")))
    if kind is FactKind.NOTE:
        return "让我记着：" + "；".join(fact.value for fact in facts)
    return _FORMS[kind].format(latest)


_OF = {"生": "的", "后": ""}
_FORMS = {
    FactKind.NAME: "叫{}",
    FactKind.NICKNAME: "让我叫你{}",
    FactKind.GENDER: "是{}生",
    FactKind.HOMETOWN: "老家在{}",
    FactKind.CITY: "住在{}",
    FactKind.BIRTHDAY: "生日是{}",
}


def _occupation(value: str) -> str:
    if is_occupation(normalise(value)):
        return f"是{value}"
    if value[0] in "做搞干卖开教学修写画跑拍送种养":
        return f"是{value}的"
    return f"的工作是{value}"


def _family(values: Sequence[str]) -> str:
    """`已婚，有两个孩子，女儿叫朵朵`."""
    having = [v for v in values if v not in MARRIAGE and named(v)[1] is None]
    parts = [value for value in values if value in MARRIAGE]
    if having:
        parts.append(f"有{_listed(having)}")
    parts += [value for value in values if named(value)[1] is not None]
    return "，".join(parts)


def _with_its_name(value: str) -> str:
    """`猫（叫豆包）` of `猫叫豆包`."""
    animal, name = named(value)
    return f"{animal}（叫{name}）" if name else animal


def _plan(fact: Fact) -> str:
    """`3月25日周三要面试`."""
    going = "" if fact.value.startswith(_NEEDS_NO_GOING) else _GOING
    if fact.day is None:
        return f"{going}{fact.value}"
    day = date.fromisoformat(fact.day)
    weekday = _WEEKDAYS[day.weekday()]
    return f"{day.month}月{day.day}日周{weekday}{going}{fact.value}"


def _listed(values: Sequence[str]) -> str:
    listed = "、".join(values[:-1])
    return f"{listed}和{values[-1]}" if listed else values[-1]
