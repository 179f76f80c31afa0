"""What a person must know before they answer: put together from data, never generated.

It is made anew each time it is looked at, from what is stored of the conversation then.
So it holds nothing that was masked, taken back or forgotten.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from framework_plugin.corpus.user_context import Fact, FactKind
from framework_plugin.handover.entry import Entry, Reason
from framework_plugin.handover.hours import OfficeHours
from framework_plugin.handover.messages import (
    Message,
    Speaker,
    entities_of,
    one_talk,
)
from framework_plugin.handover.settings import HandoverSettings

LAST_MESSAGES = 8
_LONGEST_LIST = 5
_LONGEST_LINE = 80
_NO_MATTER = frozenset(
    ("memory", "clock", "link_code", "consent", "handover", "person", None)
)
"""Sources of answers that are about no matter of the shop."""
_NO_ANSWER = frozenset(("unknown", "choices"))
_REASONS = {
    Reason.ASKED: "用户要找人工",
    Reason.UNANSWERED: "小满几次没答上",
    Reason.COMPLAINT: "投诉",
    Reason.ANGER: "用户很生气",
}
_KINDS = {
    FactKind.NAME: "名字",
    FactKind.NICKNAME: "称呼",
    FactKind.GENDER: "性别",
    FactKind.AGE: "年龄",
    FactKind.CITY: "城市",
    FactKind.HOMETOWN: "家乡",
    FactKind.OCCUPATION: "职业",
    FactKind.BIRTHDAY: "生日",
    FactKind.FAMILY: "家人",
    FactKind.PET: "宠物",
    FactKind.LIKE: "喜欢",
    FactKind.DISLIKE: "不喜欢",
    FactKind.PLAN: "打算",
    FactKind.NOTE: "记事",
}


@dataclass(frozen=True)
class Summary:
    """What led to a wish for a person.

    Args:
        reason: Why a person is wanted.
        answered: What the user asked and was told, each with where from.
        unanswered: What the user asked and was not told.
        entities: By name, what the user named, such as the numbers of orders.
        mood: How the user sounds, from -1 (badly) to 1 (well); None if unknown.
        facts: By kind, what is known of the user.
        last: The last messages before a person was wanted, and that one.
        since: What was said afterwards.
    """

    reason: Reason
    answered: tuple[tuple[str, str], ...]
    unanswered: tuple[str, ...]
    entities: Mapping[str, Sequence[str]]
    mood: float | None
    facts: Mapping[FactKind, Sequence[str]]
    last: tuple[Message, ...]
    since: tuple[Message, ...]

    def text(self, entry: Entry, hours: OfficeHours) -> str:
        """The summary for people.

        Args:
            entry: What it is of.
            hours: Tells the time.
        """
        lines = [f"{_REASONS[self.reason]} · {_clock(hours.local(entry.asked_at))}"]
        if self.facts:
            known = (f"{_KINDS[k]} {'、'.join(v)}" for k, v in self.facts.items())
            lines.append(f"用户：{'；'.join(known)}")
        lines += (f"{name}：{'、'.join(v)}" for name, v in self.entities.items())
        if self.mood is not None:
            lines.append(f"情绪：{_mood(self.mood)}（{self.mood:+.1f}）")
        if self.answered:
            lines.append("问过，已答：")
            lines += (f"· {_short(asked)}（{told}）" for asked, told in self.answered)
        if self.unanswered:
            lines.append("问过，没答上：")
            lines += (f"· {_short(asked)}" for asked in self.unanswered)
        for head, said in (("此前最后几句：", self.last), ("转人工以后：", self.since)):
            if said:
                lines.append(head)
                lines += (_line(one, hours) for one in said)
        return "\n".join(lines)


def summarise(
    entry: Entry,
    messages: Sequence[Message],
    facts: Sequence[Fact],
    mood: float | None,
    settings: HandoverSettings,
) -> Summary:
    """Sums up what led to a wish for a person.

    Args:
        entry: What it is of.
        messages: Of its conversation, in order, as many as are at hand.
        facts: What is known of the user.
        mood: How the user sounds, from -1 to 1.
        settings: Which facts and entities are told.
    """
    talk = one_talk(messages, entry.asked_at)
    # The message that asked came before the entry, the answer to it after.
    before = [one for one in talk if one.at <= entry.asked_at]
    answered, unanswered = _exchanges(before)
    known: dict[FactKind, list[str]] = {}
    for kind in settings.facts:
        values = [fact.value for fact in facts if fact.kind is kind]
        if values:
            known[kind] = values
    return Summary(
        entry.reason,
        tuple(answered[-_LONGEST_LIST:]),
        tuple(unanswered[-_LONGEST_LIST:]),
        entities_of(talk, settings.entities),
        mood,
        known,
        tuple(before[-LAST_MESSAGES:]),
        tuple(talk[len(before) :]),
    )


def _exchanges(
    messages: Sequence[Message],
) -> tuple[list[tuple[str, str]], list[str]]:
    """The questions that were answered, with where from, and those that were not."""
    answered: dict[str, str] = {}
    unanswered: dict[str, None] = {}
    asked = ""
    for message in messages:
        if message.speaker is Speaker.USER:
            asked = message.text
        elif not asked or message.kind in _NO_MATTER:
            continue
        elif message.kind in _NO_ANSWER:
            unanswered[asked] = None
        else:
            answered[asked] = message.title or str(message.kind)
            unanswered.pop(asked, None)
    return list(answered.items()), list(unanswered)


def _line(message: Message, hours: OfficeHours) -> str:
    who = {Speaker.USER: "用户", Speaker.ASSISTANT: "小满"}.get(message.speaker)
    at = hours.local(message.at)
    words = " ".join(message.text.split())
    return f"{at:%H:%M} {who or message.name}：{words}"


def _clock(moment: datetime) -> str:
    return f"{moment.month}月{moment.day}日{moment:%H:%M}"


def _mood(mood: float) -> str:
    if mood <= -0.6:
        return "很差"
    if mood < -0.1:
        return "偏低"
    return "还好" if mood < 0.5 else "好"


def _short(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= _LONGEST_LINE else f"{words[: _LONGEST_LINE - 1]}…"
