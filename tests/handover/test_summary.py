from __future__ import annotations

from typing import Any

from framework_plugin.corpus.user_context import Fact, FactKind
from framework_plugin.handover.entry import Entry, Reason
from framework_plugin.handover.hours import read_hours
from framework_plugin.handover.messages import Message, Speaker, message_of
from framework_plugin.handover.settings import HandoverSettings
from framework_plugin.handover.summary import Summary, summarise

NOW = 1_773_806_400.0
"""2026-03-18 12:00 in China."""
ENTRY = Entry(7, "alice", "rest", Reason.UNANSWERED, NOW)


def user(text: str, ago: float, **entities: str) -> dict[str, Any]:
    found = [{"entity": name, "value": value} for name, value in entities.items()]
    parsed = {"entities": found}
    return {"event": "user", "text": text, "timestamp": NOW - ago, "parse_data": parsed}


def bot(text: str, ago: float, **source: str) -> dict[str, Any]:
    metadata = {"source": source} if source else {}
    return {"event": "bot", "text": text, "timestamp": NOW - ago, "metadata": metadata}


def summary_of(
    events: list[dict[str, Any]],
    facts: tuple[Fact, ...] = (),
    settings: HandoverSettings | None = None,
    mood: float | None = None,
) -> Summary:
    found = [message for event in events if (message := message_of(event))]
    return summarise(ENTRY, found, facts, mood, settings or HandoverSettings())


TALK = [
    user("昨天的事", 90_000),
    bot("好", 89_999),
    user("邮费怎么算", 300),
    bot("满68元包邮。", 299, kind="faq", title="发货配送"),
    user("你记得我什么", 250),
    bot("你叫欧阳翀。", 249, kind="memory"),
    user("能寄到月球吗", 200),
    bot("这个我没查到。", 199, kind="unknown"),
    user("/affirm", 190),
    user("SC20260318 呢", 100, order_number="SC20260318", product="龙井"),
    bot("在路上。", 99, kind="order"),
    user("那月球站呢", 50),
    bot("这个我没查到。", 49, kind="unknown"),
    {"event": "action", "name": "action_listen", "timestamp": NOW - 48},
    user("转人工", 1),
    bot("好，我替您转人工。", -1, kind="handover"),
    user("还在吗", -30),
    bot("您好", -60, kind="person", name="小林"),
]


def test_it_tells_what_was_answered_and_what_was_not() -> None:
    summary = summary_of(TALK)
    assert summary.answered == (
        ("邮费怎么算", "发货配送"),
        ("SC20260318 呢", "order"),
    )
    assert summary.unanswered == ("能寄到月球吗", "那月球站呢")
    assert summary.entities == {"order_number": ["SC20260318"]}


def test_what_was_answered_in_the_end_is_not_called_unanswered() -> None:
    again = [user("能寄到月球吗", 20), bot("不能。", 19, kind="faq", title="发货配送")]
    summary = summary_of([*TALK[:14], *again])
    assert summary.unanswered == ("那月球站呢",)


def test_only_this_talk_counts_and_what_came_after_stands_apart() -> None:
    summary = summary_of(TALK)
    assert summary.last[-1].text == "转人工"
    assert "昨天的事" not in [one.text for one in summary.last]
    assert [(one.speaker, one.text) for one in summary.since] == [
        (Speaker.ASSISTANT, "好，我替您转人工。"),
        (Speaker.USER, "还在吗"),
        (Speaker.PERSON, "您好"),
    ]


def test_a_person_reads_it_at_a_glance() -> None:
    facts = (Fact(FactKind.NAME, "欧阳翀", 1.0), Fact(FactKind.PLAN, "面试", 1.0))
    text = summary_of(TALK, facts, mood=-0.8).text(ENTRY, read_hours({}))
    lines = text.splitlines()
    assert lines[:5] == [
        "小满几次没答上 · 3月18日12:00",
        "用户：名字 欧阳翀",
        "order_number：SC20260318",
        "情绪：很差（-0.8）",
        "问过，已答：",
    ]
    assert lines[-1] == "12:01 小林：您好"
    assert "面试" not in text


def test_only_the_kinds_of_facts_that_are_wanted_are_told() -> None:
    facts = (Fact(FactKind.NAME, "欧阳翀", 1.0), Fact(FactKind.PLAN, "面试", 1.0))
    settings = HandoverSettings(facts=(FactKind.PLAN,), entities=())
    summary = summary_of(TALK, facts, settings)
    assert summary.facts == {FactKind.PLAN: ["面试"]}
    assert summary.entities == {}


def test_a_conversation_of_which_nothing_is_stored_has_a_summary_too() -> None:
    summary = summary_of([])
    assert summary.text(ENTRY, read_hours({})) == "小满几次没答上 · 3月18日12:00"


def test_long_messages_and_many_of_them_stay_short() -> None:
    many = [
        event
        for n in range(40)
        for event in (
            user(f"问题{n}{'长' * 500}", 400 - n),
            bot("没有", 400 - n, kind="unknown"),
        )
    ]
    summary = summary_of(many)
    assert len(summary.unanswered) == 5
    listed = summary.text(ENTRY, read_hours({})).split("此前最后几句")[0]
    assert max(map(len, listed.splitlines())) < 90


def test_events_that_are_no_messages_are_none() -> None:
    assert message_of({"event": "slot", "text": "x"}) is None
    assert message_of({"event": "user", "text": None}) is None
    assert message_of({"event": "bot", "text": "好", "metadata": None}) == Message(
        Speaker.ASSISTANT, "好", 0.0
    )
