"""What the assistant says about waiting for a person, and about having been away."""

from __future__ import annotations

from datetime import datetime

from framework_plugin.handover.entry import Reason

_WEEKDAYS = "一二三四五六日"
_DAYS = ("今天", "明天", "后天")
_LEAVE = "不想等了，说「不用人工了」就行。"
_BECAUSE = {
    Reason.ASKED: "好，我替您转人工。",
    Reason.UNANSWERED: "这几句我都没答好，不耽误您了，我替您转人工。",
    Reason.COMPLAINT: "这件事我替您转给人工同事。",
    Reason.ANGER: "看得出您很生气，对不起。这件事该由同事来办，我替您转人工。",
}

LAPSED = (
    "同事那边好一会儿没有动静，我先回来陪您。事情还没办好的话，说「转人工」，"
    "我再替您排上。"
)
CLOSED = "同事已经处理完了，现在又是我小满。还有什么要帮忙的？"
CLOSED_UNTAKEN = (
    "您之前找人工的事，同事看过以后结束了，现在还是我小满。"
    "没办好的话，说「转人工」我再替您排上。"
)
LEFT_QUEUE = "好，不排了，还是我小满陪您。想找同事的时候再说「转人工」。"
LEFT_PERSON = "好，我小满回来了，已经跟同事说过不用等您。您接着说。"
NOT_IN_QUEUE = "您现在没有在排人工。想找同事，说「转人工」就行。"
WITH_PERSON = "{name}已经接手了，您的话同事都看得到，直接说就好。"
ELSEWHERE = "您在另一边的账号里已经排上人工了，在那边等就好，不用再排一次。"


def place_said(ahead: int) -> str:
    """Where one stands in the queue.

    Args:
        ahead: How many wait in front.
    """
    if not ahead:
        return "您排在第1位"
    return f"您前面还有{ahead}位，您是第{ahead + 1}位"


def queued(reason: Reason, ahead: int, opening: str | None) -> str:
    """Said to whoever has just got into the queue.

    Args:
        reason: Why a person is wanted.
        ahead: How many wait in front.
        opening: When somebody is there, from `opening_said`; None if now.
    """
    place = place_said(ahead)
    if opening is None:
        return (
            f"{_BECAUSE[reason]}{place}，同事接手前我还在，可以先把经过告诉我。{_LEAVE}"
        )
    return (
        f"人工同事现在不在，{opening}开始有人。事情我先替您排上了，{place}；"
        f"可以把经过写下来，同事来了先看到。{_LEAVE}"
    )


def still_queued(ahead: int, opening: str | None) -> str:
    """Said to whoever is in the queue already."""
    there = "" if opening is None else f"人工同事{opening}开始有人，"
    return f"{there}{place_said(ahead)}，我没有忘。{_LEAVE}"


def taken(name: str) -> str:
    """Said when a person takes the conversation."""
    return f"{name}来了，接下来由{name}跟您说。想换回我，说「回到机器人」。"


def opening_said(opening: datetime, now: datetime) -> str:
    """How one speaks now of a moment to come: `今天13:30`, `星期一9:00`, `10月8日9:00`.

    Args:
        opening: That moment.
        now: The present one, in the same time zone.
    """
    clock = f"{opening.hour}:{opening.minute:02d}"
    days = (opening.date() - now.date()).days
    if days < len(_DAYS):
        return f"{_DAYS[days]}{clock}"
    if days < 7:
        return f"星期{_WEEKDAYS[opening.weekday()]}{clock}"
    year = "" if opening.year == now.year else f"{opening.year}年"
    return f"{year}{opening.month}月{opening.day}日{clock}"
