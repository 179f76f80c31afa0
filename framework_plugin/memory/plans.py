"""What users say they will do: `下周要面试`, `准备考研`, `周五答辩`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from framework_plugin.memory.clauses import Clause, split_clauses
from framework_plugin.memory.days import WHEN, end_of
from framework_plugin.memory.history import USER
from framework_plugin.memory.tables import user_plans
from framework_plugin.memory.terms import content_terms
from framework_plugin.memory.words import presentable
from framework_plugin.text.normalise import normalise

SOMETIME = 14 * 86_400.0
"""Seconds after which a plan without a date is thought to have come about."""

_LONGEST = 12
_EVENTS = (
    "面试|笔试|复试|初试|考试|考研|考公|高考|中考|期末考|期中考|答辩|比赛|决赛|演出|演讲|汇报"
    "|述职|开题|搬家|出差|体检|手术|复查|拔牙|开学|入职|报到|结婚|订婚|婚礼|毕业|旅行|旅游|露营"
    "|相亲|聚会|同学会|马拉松|考驾照|路考|科目[一二三四]|实习|装修|开业|签约"
)
_SELF = "(?:(?:我们?|俺|咱们?|本人)(?:们俩|俩)?)?"
_SOFT = (
    "(?:那|就|还|又|也|都|终于|可能|应该|大概|一早|早上|上午|中午|下午|晚上|的时候|的)*"
)
_WILL = "(?:就?要|打算|准备|计划|决定|约好|报名)(?!了)"
_WHAT = rf"(?P<what>[^我你您他她它]{{2,{_LONGEST}}})"
_DATED, _, _ = _FORMS = (
    # A day, and what will be done or take place then.
    re.compile(
        rf"{_SELF}{_SOFT}{WHEN}{_SELF}{_SOFT}(?:(?P<will>{_WILL})|有(?:一?[个场次])?)?"
        rf"{_WHAT}$"
    ),
    # No day, but words that say that it is settled.
    re.compile(
        rf"{_SELF}(?:最近|现在|目前|正|在|已经)*"
        rf"(?P<will>打算|准备|计划|决定|报名)(?!了(?!.*(?:跑|赛|试|马拉松)))"
        rf"(?:要|参加|了)*{_WHAT}$"
    ),
    re.compile(rf"{_SELF}(?:快|马上|就)*(?P<will>要){_WHAT}$"),
)
_EVENT = re.compile(_EVENTS)
_TAIL = re.compile(
    "(?:[了啦呢啊呀吧哦嘛的]|好紧张|好期待|有点紧张|很紧张|好激动|一下|来着)+$"
)
_HEAD = re.compile("^(?:要|才|都|刚好|正好|下午|上午|晚上|早上|(?:一|两)?[个场次])+")
_NOT_OWN = re.compile(
    "^(?:不|没|别|未|(?:男|女)?朋友|同事|同学|老板|领导|客户|老师|室友|闺蜜|公司|学校|单位|家里|孩子"
    "|[爸妈爷奶哥弟姐妹姨叔舅姑外]|女儿|儿子|老公|老婆|对象|邻居|好多|很多|见|他|她|它|有人|大家)"
)
# What everybody does every day, and what is done in the shop itself.
_DAILY = re.compile(
    "^(?:去|再)?(?:上班|上课|上学|起床|睡觉|睡|吃饭|吃|喝|出门|下班|放学|回家|洗澡|洗|休息|加班"
    "|早(?!教)|忙|开始忙|出去$|做.*梦|走|看看|看(?![电演展球病牙])|说|聊|问|来|到|好好|努力|多|少|买|下单|退|换|订|付|试试|收|发货|寄|取|拿"
    "|去(?:公司|单位|学校|超市|上|吃|睡)|开会|下雨|下雪|降温|放假|干活|干|工作|学习|努力|减|是|有|不|没|别|被|把)"
)
_NEVER_ASKED = re.compile(
    "死|药|遗书|烧炭|天台|楼顶|不想活|结束生命|一了百了|刀|自杀|自残|跳楼|割腕|轻生|离婚|分手|葬|追悼|奔丧|出殡|流产|打胎|堕胎|化疗|官司|开庭|坐牢|"
    "判|报仇|杀|打人|揍|辞退|裁员|祭|扫墓"
)
# Without a day only what takes its time, and is worth asking about weeks later.
# `去办`, `去看看`, `去那买`: weeks later nobody knows what was meant.
_VAGUE = re.compile(r"^去(?:[一的那这次]|.$|(.)(?:一?\1)+$)")
_AROUND_EVENT = (8, 2)
"""So many characters may stand before an event and behind it, as in `去北京面试`."""

_GREAT = re.compile(
    "^(?:去|考|养|辞职|离职|跳槽|创业|减肥|健身|戒|买房|买车|跑半|跑全|跑马|开店|读研|读博|留学|出国|回老家"
    "|转行|搬到|学(?!习)|写(?:本|小说|书)|开始(?:跑|健|学|锻|减)|换工作|求婚|表白)"
)
_UNDECIDED = re.compile(
    "应该|可以|不错|千万|的时候|还是|总是|一直|从来|完不成|不了|与否"
)
_CANCELLED = re.compile(
    "取消|不(?:用|去|打算|准备|想|要|考|参加|办)|改期|延期|推迟|黄了|算了|没(?:去|考|参加)成?"
)

OPEN: Any = (
    sa.select(user_plans)
    .where(user_plans.c.sender_id == USER, user_plans.c.closed_at.is_(None))
    .order_by(user_plans.c.event_id.desc(), user_plans.c.id)
    .limit(sa.bindparam("limit", type_=sa.Integer))
)
_CLOSED: Any = sa.select(user_plans).where(
    user_plans.c.sender_id == USER, user_plans.c.closed_at.is_not(None)
)
_MOST_OPEN = 20
_CLOSE: Any = (
    sa.update(user_plans)
    .where(
        user_plans.c.sender_id == sa.bindparam("user"),
        user_plans.c.id == sa.bindparam("plan_id"),
        user_plans.c.closed_at.is_(None),
    )
    .values(closed_at=sa.bindparam("at"))
)


@dataclass(frozen=True)
class Plan:
    """Something a user said they would do.

    Args:
        what: In the user's words, fit to follow `要`: `面试`, `去西藏`.
        said_at: In seconds since the epoch.
        due_at: When it will be over, in seconds since the epoch.
        id: Its row in `user_plans`; 0 if it is in none yet.
    """

    what: str
    said_at: float
    due_at: float
    id: int = 0


def plans_in(text: str, said_at: float) -> list[Plan]:
    """The plans that a message tells of.

    Questions, suppositions and what others will do are no plans, nor is what everybody
    does every day. What one would not be asked about is none either.

    Args:
        text: As typed.
        said_at: In seconds since the epoch.
    """
    found: list[Plan] = []
    for clause in split_clauses(text):
        if not (clause.asked or clause.unreal or _NEVER_ASKED.search(normalise(text))):
            found += _plan_of(clause, said_at)
    return list({plan.what: plan for plan in found}.values())


def is_cancelled(text: str) -> bool:
    """Whether a message says that something will not be, or was not."""
    return bool(_CANCELLED.search(text))


def open_plans(
    connection: Connection, user_id: str, limit: int = _MOST_OPEN
) -> tuple[Plan, ...]:
    """The plans of a user of which nothing was heard since, the newest first."""
    rows = connection.execute(OPEN, {"user": user_id, "limit": limit})
    return tuple(Plan(row.plan, row.said_at, row.due_at, row.id) for row in rows)


def closed_plans(
    connection: Connection, user_id: str
) -> dict[tuple[str, float], float]:
    """When plans were closed, by their words and the time they were told."""
    rows = connection.execute(_CLOSED, {"user": user_id})
    return {(row.plan, row.said_at): row.closed_at for row in rows}


def write_plans(
    connection: Connection, user_id: str, event_id: int, text: str, said_at: float
) -> None:
    """Notes the plans of a message, and closes those that it tells the outcome of.

    A plan is closed by speaking of it once its time has come, by planning it anew and
    by calling it off.

    Args:
        connection: In the transaction that wrote the message.
        user_id: Rasa's `sender_id`.
        event_id: The message's row in `events`.
        text: As typed.
        said_at: In seconds since the epoch.
    """
    new = plans_in(text, said_at)
    said = set(content_terms(text))
    for plan in open_plans(connection, user_id):
        told = plan.due_at <= said_at or bool(new) or is_cancelled(text)
        if told and said.issuperset(_terms_of(plan)):
            close_plan(connection, user_id, plan.id, said_at)
    if new:
        connection.execute(
            sa.insert(user_plans),
            [
                {
                    "sender_id": user_id,
                    "event_id": event_id,
                    "number": number,
                    "plan": plan.what,
                    "said_at": said_at,
                    "due_at": plan.due_at,
                }
                for number, plan in enumerate(new)
            ],
        )


def close_plan(connection: Connection, user_id: str, plan_id: int, at: float) -> None:
    """Notes that a plan was spoken of, so that it is asked about no more."""
    asked = {"user": user_id, "plan_id": plan_id, "at": at}
    connection.execute(_CLOSE, asked)


def due_plan(plans: Sequence[Plan], before: float, now: float) -> Plan | None:
    """The plan to ask about: the one whose time came last.

    Args:
        plans: From `open_plans`.
        before: Only plans told before this time, in seconds since the epoch.
        now: The present moment, in seconds since the epoch.

    Returns:
        None where none has come about within the last month.
    """
    due = [p for p in plans if p.said_at < before and 0 <= now - p.due_at < _STALE]
    return max(due, key=lambda plan: plan.due_at, default=None)


_STALE = 30 * 86_400.0
"""Seconds after which nobody asks any more."""


def _plan_of(clause: Clause, said_at: float) -> Iterator[Plan]:
    for form in _FORMS:
        match = form.match(clause.norm)
        if match is None:
            continue
        what = _core(match["what"])
        dated = form is _DATED
        if dated and match["day"] == "今天" and not match["will"] and "了" in match[0]:
            # `今天面试过了`, `今天去看电影了`: done already.
            continue
        due = end_of(match, said_at) if dated else said_at + SOMETIME
        value = presentable(what) if len(what) > 1 else None
        if value and due and due > said_at and _fits(what, match, dated=dated):
            yield Plan(value, said_at, due)
            return


def _core(what: str) -> str:
    """What is planned, without what is said of it: `毕业了还没工作` is `毕业`."""
    what = _HEAD.sub("", what)
    what = _TAIL.sub("", what.split("了")[0])
    event = _EVENT.search(what)
    # `很重要的面试` follows no `要`.
    if event and "的" in what[: event.start()]:
        return what[event.start() :]
    return what


def _fits(what: str, match: re.Match[str], *, dated: bool) -> bool:
    """Whether words name something to ask about later.

    Args:
        what: What is planned.
        match: Of one of the forms.
        dated: Whether the form names a day.
    """
    if any(p.search(what) for p in (_NOT_OWN, _UNDECIDED, _VAGUE)):
        return False
    event = _EVENT.search(what)
    if event:
        before, behind = _AROUND_EVENT
        return event.start() <= before and len(what) - event.end() <= behind
    if dated:
        sure = bool(match["will"]) or what.startswith("去")
        return sure and not _DAILY.match(what)
    return match["will"] != "要" and bool(_GREAT.match(what))


def _terms_of(plan: Plan) -> tuple[str, ...]:
    return content_terms(plan.what) or (plan.what,)
