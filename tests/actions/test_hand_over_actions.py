"""The queue as users meet it, outside the hours and without a database too."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from actions.hand_over import (
    ActionBackToAssistant,
    ActionHandOver,
    ActionPersonSpeaks,
    ActionQueuePosition,
)
from actions.resources import SHANGHAI, ActionSettings, Resources
from framework_plugin.handover import sentences
from framework_plugin.handover.entry import Outcome, Reason
from framework_plugin.memory.consent import Consent, write_consent
from tests.actions.talking import NOON, Conversation
from tests.handover.receiver import Receiver

HOURS = """
hours: {monday-friday: "9:00-12:00, 13:30-18:00"}
holidays: [2026-03-19]
"""


@pytest.fixture
def desk(endpoints: Path) -> Path:
    """The project has a queue."""
    path = endpoints.with_name("handover.yml")
    path.write_text(HOURS, encoding="utf-8")
    return path


@pytest.fixture
def at_three(desk: Path, talk_at: Callable[[datetime], Conversation]) -> Conversation:
    """On a Wednesday when people are there."""
    return talk_at(datetime(2026, 3, 18, 15, 0, tzinfo=SHANGHAI))


def answer(talk: Conversation, text: str = "转人工") -> str:
    return talk.say(text, "talk_to_human").answer(ActionHandOver)


def entry_of(talk: Conversation):
    found = talk.resources.desk
    assert found is not None
    return found.queue.entry_of(talk.sender)


def test_who_asks_gets_a_place_and_keeps_it(at_three: Conversation) -> None:
    assert "您排在第1位" in answer(at_three)
    again = answer(at_three)
    assert again == sentences.still_queued(0, None)
    assert "您排在第1位" in at_three.answer(ActionQueuePosition)
    other = Conversation(at_three.resources, "bob")
    assert "您前面还有1位，您是第2位" in answer(other)


@pytest.mark.parametrize(
    ("moment", "opening"),
    [
        (datetime(2026, 3, 18, 12, 30), "今天13:30"),
        (datetime(2026, 3, 18, 18, 0), "后天9:00"),
        (datetime(2026, 3, 20, 19, 0), "星期一9:00"),
    ],
)
def test_outside_the_hours_it_is_told_when_somebody_is_there(
    desk: Path,
    talk_at: Callable[[datetime], Conversation],
    moment: datetime,
    opening: str,
) -> None:
    talk = talk_at(moment.replace(tzinfo=SHANGHAI))
    text = answer(talk)
    assert f"人工同事现在不在，{opening}开始有人" in text
    assert "您排在第1位" in text
    entry = entry_of(talk)
    assert entry is not None
    assert entry.is_waiting
    assert opening in answer(talk)


def test_who_has_enough_leaves(at_three: Conversation) -> None:
    answer(at_three)
    left = at_three.say("不用人工了").run(ActionBackToAssistant)
    assert [message["text"] for message in left] == [sentences.LEFT_QUEUE]
    assert entry_of(at_three) is None
    # A rule led here: the policies end the turn.
    assert at_three.events[-1]["event"] == "bot"
    assert at_three.answer(ActionBackToAssistant) == sentences.NOT_IN_QUEUE
    assert at_three.answer(ActionQueuePosition) == sentences.NOT_IN_QUEUE


def test_who_is_with_a_person_comes_back(at_three: Conversation) -> None:
    answer(at_three)
    queue, now = at_three.resources.desk.queue, at_three.resources.clock().timestamp()
    queue.take(entry_of(at_three).id, "小林", now, 60.0)
    assert "小林已经接手了" in at_three.answer(ActionQueuePosition)
    assert at_three.answer(ActionBackToAssistant) == sentences.LEFT_PERSON
    assert at_three.events[-1]["name"] == "action_listen"


def test_what_people_said_is_said_in_order_with_who_said_it(
    at_three: Conversation,
) -> None:
    answer(at_three)
    queue, now = at_three.resources.desk.queue, at_three.resources.clock().timestamp()
    entry = entry_of(at_three)
    queue.take(entry.id, "小林", now, 60.0)
    queue.reply(entry.id, "您好", now, 60.0)
    queue.close(entry.id, now)
    messages = at_three.say("好").run(ActionPersonSpeaks)
    assert [message["text"] for message in messages] == [
        *(sentences.taken("小林"), "您好", sentences.CLOSED)
    ]
    kinds = [message["source"]["kind"] for message in messages]
    assert kinds == ["handover", "person", "handover"]
    assert at_three.events[-1]["name"] == "action_listen"


def test_who_left_the_user_alone_is_replaced(at_three: Conversation) -> None:
    answer(at_three)
    queue, now = at_three.resources.desk.queue, at_three.resources.clock().timestamp()
    entry = entry_of(at_three)
    queue.take(entry.id, "小林", now - 100, 60.0)
    texts = [m["text"] for m in at_three.say("喂").run(ActionPersonSpeaks)]
    assert texts == [sentences.taken("小林"), sentences.LAPSED]
    assert queue.find(entry.id).outcome is Outcome.LAPSED


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ([("转人工", "talk_to_human")], Reason.ASKED),
        ([("你们是骗子", "complain"), ("气死我了", "insult")], Reason.ANGER),
        ([("发错货了", "complain")], Reason.COMPLAINT),
        ([("好吧", "affirm")], Reason.ASKED),
    ],
)
def test_the_reason_is_what_the_conversation_shows(
    at_three: Conversation, said: list[tuple[str, str]], reason: Reason
) -> None:
    for text, intent in said:
        at_three.say(text, intent)
    at_three.run(ActionHandOver)
    assert entry_of(at_three).reason is reason


def test_two_answers_that_were_none_are_a_reason(at_three: Conversation) -> None:
    for _ in range(2):
        at_three.say("月球站呢", "ask_faq")
        at_three._add(
            {
                "event": "bot",
                "text": "没有",
                "metadata": {"source": {"kind": "unknown"}},
            }
        )
    text = at_three.answer(ActionHandOver)
    assert text.startswith("这几句我都没答好")
    assert entry_of(at_three).reason is Reason.UNANSWERED


def test_a_complaint_that_was_agreed_to_hand_over_is_one(
    at_three: Conversation,
) -> None:
    at_three.say("你们不行", "complain")
    at_three._add({"event": "action", "name": "utter_ask_complaint"})
    at_three._add({"event": "action", "name": "action_listen"})
    at_three.say("好", "affirm").run(ActionHandOver)
    assert entry_of(at_three).reason is Reason.COMPLAINT


def test_linked_senders_wait_once(at_three: Conversation) -> None:
    at_three.resources.memory.link("alice", "alice-wechat", 1.0)
    answer(at_three)
    other = Conversation(at_three.resources, "alice-wechat")
    assert answer(other) == sentences.ELSEWHERE
    assert entry_of(other) is None


@pytest.mark.parametrize("told", [None, Consent.REFUSED])
def test_nobody_is_shown_who_does_not_want_to_be_kept(
    endpoints: Path, desk: Path, told: Consent | None
) -> None:
    text = endpoints.read_text(encoding="utf-8")
    endpoints.write_text(f"{text}  consent: required\n", encoding="utf-8")
    talk = Conversation(
        Resources(ActionSettings(endpoints=endpoints), clock=lambda: NOON)
    )
    if told:
        with talk.resources.memory.writing() as connection:
            write_consent(connection, talk.sender, told, 1.0)
    texts = [m["text"] for m in talk.say("转人工", "talk_to_human").run(ActionHandOver)]
    assert "联系人工" in texts[0]
    assert len(texts) == 2
    assert entry_of(talk) is None
    with talk.resources.memory.writing() as connection:
        write_consent(connection, talk.sender, Consent.GIVEN, 2.0)
    assert "您排在第1位" in answer(talk)


def test_without_a_database_the_way_to_a_person_is_told(
    tmp_path: Path, without_database: Conversation
) -> None:
    tmp_path.joinpath("handover.yml").write_text(HOURS, encoding="utf-8")
    for action in (ActionHandOver, ActionQueuePosition, ActionBackToAssistant):
        assert "联系人工" in without_database.say("转人工").answer(action)
    assert without_database.run(ActionPersonSpeaks) == []


def test_a_broken_file_is_logged_and_the_way_told(
    desk: Path, talk: Conversation, caplog: pytest.LogCaptureFixture
) -> None:
    desk.write_text("hour: {}", encoding="utf-8")
    assert "联系人工" in answer(talk)
    assert "Unknown key 'hour'" in caplog.text


def test_the_webhook_is_told_of_new_and_closed_entries(
    desk: Path, talk: Conversation
) -> None:
    server = Receiver()
    desk.write_text(
        f"webhook: {{url: '{server.url}', secret: 0123456789abcdef}}", encoding="utf-8"
    )
    answer(talk)
    answer(talk)
    talk.run(ActionBackToAssistant)
    server.wait_for(2)
    hook = talk.resources.desk.webhook
    assert hook is not None
    assert hook.close()
    events = [body for _, body in server.got]
    assert len(events) == 2
    assert b'"handover.opened"' in events[0]
    assert b'"outcome": "left"' in events[1]
    server.stop()
