"""Requests to forget: `忘掉我的名字`, `别记我喜欢咖啡了`, `忘了我吧`."""

from __future__ import annotations

import re

from framework_plugin.corpus.user_context import FactKind
from framework_plugin.memory.changes import FactChange, Operation
from framework_plugin.memory.clauses import Clause
from framework_plugin.memory.patterns.household import MEMBERS
from framework_plugin.memory.statements import StatementReader, after_fillers

# No word may be made of others, or matching could take exponential time.
_ASKING = (
    "(?:请|麻烦|帮我|给我|能不能|可不可以|可以|能否|能|快|那|就|现在|马上|直接"
    "|我想|我要|让)"
)
_REQUEST = f"(?P<asking>(?:你?{_ASKING})+你?)?"
_FORGET = "(?:忘掉|忘了|忘记|(?<!备)忘|删掉|删除|删了|清空|清除|清掉|抹掉|抹去)"
_FORMS = (
    re.compile(rf"{_REQUEST}你?把(?P<rest>.+?)(?:都|全部|全|也)*(?:给我)?{_FORGET}"),
    re.compile(rf"{_REQUEST}{_FORGET}(?P<rest>.+)"),
    # `都忘了` alone says what the user forgot; `都忘了吧` asks.
    re.compile(rf"(?P<asking>)(?P<rest>.+?)(?:全都|全部|全|都){_FORGET}吧"),
    re.compile(
        rf"{_REQUEST}你?(?:别|不要|不用)再?(?:帮我)?记(?:着|住|得|录)?(?P<rest>.+)"
    ),
)
_ALL = re.compile(
    "(?:你)?(?:关于|有关|对)?我(?:的|说过的|告诉你的|跟你说的)*(?:所有|全部|一切|任何|个人|这些)*的?"
    "(?:一切|所有|全部|信息|资料|记忆|数据|记录|事情?|东西|印象|隐私)"
    "|(?:关于|有关)我的?$"
)
# Only as a whole: `忘了我们的约定` and `忘记我说的` ask for less.
_ME_OR_ALL = "(?:(?:关于)?我(?:这个人)?|全部|所有的?|一切|全都?)"
_SOFTLY = "(?:吧|好了|了|掉|好吗|行吗|可以吗|啊|呀|啦|给我)*$"
_EVERYTHING = (
    re.compile(rf"{_REQUEST}{_FORGET}(?:掉|了)?{_ME_OR_ALL}{_SOFTLY}"),
    # `都忘了` alone says what the user forgot; `都忘了吧` asks.
    re.compile(
        rf"{_REQUEST}(?:你?把)?(?:它们|这些|我(?:说过?|告诉过?你|跟你说过?)的(?:话|事情?)?|你?(?:记|知道|存)的(?:关于我的)?(?:东西|事情?|信息)?)?"
        rf"(?:全部|全都|全|都)(?:给我)?{_FORGET}(?:(?<=掉)|(?<=[删清]空)|(?<=除)|(?<=删了)|吧){_SOFTLY}"
    ),
    re.compile(rf"{_REQUEST}把我(?:给|彻底|完全|全)*{_FORGET}{_SOFTLY}"),
)
_KINDS = (
    (FactKind.NAME, re.compile("我的?(?:名字|姓名)")),
    (FactKind.NICKNAME, re.compile("我的?(?:昵称|称呼|外号|小名|网名|绰号)")),
    (FactKind.GENDER, re.compile("我的?性别")),
    (FactKind.AGE, re.compile("我的?(?:年龄|年纪|岁数|几岁|多大)")),
    (FactKind.HOMETOWN, re.compile("我的?(?:老家|家乡|故乡|籍贯)")),
    (FactKind.PLAN, re.compile("我的?(?:安排|计划|日程|打算|行程)")),
    (
        FactKind.NOTE,
        re.compile("(?:我的?)?(?:备忘|便签|便条)|(?:之前|以前|上次)?我?让你记的"),
    ),
    (FactKind.PET, re.compile("我家?的?宠物")),
    (FactKind.FAMILY, re.compile("我的?(?:家人|家庭|家里人)")),
    (FactKind.CITY, re.compile("我的?(?:城市|住址|地址|所在地|位置|住处|住的地方)")),
    (FactKind.OCCUPATION, re.compile("我的?(?:职业|工作)")),
    (FactKind.BIRTHDAY, re.compile("我的?(?:生日|出生日期)")),
    (FactKind.DISLIKE, re.compile("我的?(?:忌口|(?:讨厌|不喜欢|不爱吃)的)")),
    (FactKind.LIKE, re.compile("我的?(?:喜好|爱好|兴趣|喜欢的)")),
)


def removals(clause: Clause, reader: StatementReader) -> list[FactChange]:
    """What a clause asks to be forgotten; empty if it asks nothing of the kind."""
    position = after_fillers(clause.norm, 0)
    for form in _EVERYTHING:
        match = form.match(clause.norm, position)
        if match and (match["asking"] or not clause.asked):
            return [FactChange(Operation.CLEAR)]
    for form in _FORMS:
        match = form.match(clause.norm, position)
        # `忘了我的名字吗` reproaches; `能忘掉我的名字吗` requests.
        if match and (match["asking"] or not clause.asked):
            return _of_object(
                clause.until(match.end("rest")), match.start("rest"), reader
            )
    return []


def _of_object(clause: Clause, start: int, reader: StatementReader) -> list[FactChange]:
    """The removals meant by the words that name what is to be forgotten."""
    for kind, named in _KINDS:
        if named.match(clause.norm, start):
            return [FactChange(Operation.REMOVE, kind)]
    for kind, whose in MEMBERS:
        match = whose.match(clause.norm, start)
        if match:
            return [FactChange(Operation.REMOVE, kind, match["who"])]
    if _ALL.match(clause.norm, start):
        return [FactChange(Operation.CLEAR)]
    told = reader.read(clause, start, own=False, first=False)
    if told is None:
        return []
    return [FactChange(Operation.REMOVE, c.kind, c.value) for c in told.changes]
