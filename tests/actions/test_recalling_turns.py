"""Asked whether, or when, something was said, the assistant quotes its user."""

from __future__ import annotations

import json
from datetime import timedelta

from actions.memory import ActionRecallMemory
from framework_plugin.memory.history import append_events
from framework_plugin.memory.turns import Message, note_message
from tests.actions.talking import NOON, Conversation


def said(talk: Conversation, text: str, days: float, user: str = "alice") -> None:
    """A message of an earlier session, as the tracker store writes it."""
    at = (NOON - timedelta(days=days)).timestamp()
    data = json.dumps({"event": "user", "timestamp": at, "text": text})
    row = {"sender_id": user, "type_name": "user", "timestamp": at, "data": data}
    with talk.resources.memory.writing() as connection:
        (event,) = append_events(connection, [row])
        note_message(connection, Message(user, event, text, at), ())


def test_the_users_own_words_are_quoted_with_the_day(talk: Conversation) -> None:
    said(talk, "我想去西藏看星空", 135)
    said(talk, "西藏太远了，先去了云南", 200, user="bob")

    answer = talk.say("我什么时候说过想去西藏").answer(ActionRecallMemory)

    assert answer == "2025年11月3日你说过「我想去西藏看星空」。"


def test_whether_something_was_said_is_affirmed(talk: Conversation) -> None:
    said(talk, "我对花粉过敏", 1)

    answer = talk.say("我之前有没有提过过敏").answer(ActionRecallMemory)

    assert answer == "说过的。昨天你说过「我对花粉过敏」。"


def test_what_was_never_said_is_not_claimed(talk: Conversation) -> None:
    said(talk, "我对花粉过敏", 1)

    answer = talk.say("我跟你聊过面试吗").answer(ActionRecallMemory)

    assert "没找到" in answer
    assert "花粉" not in answer


def test_the_last_talk_is_told_with_its_day(talk: Conversation) -> None:
    said(talk, "我想学做桂花糕", 3)
    talk.say("我上次跟你说了什么")
    for event in talk.events:
        event["timestamp"] = NOON.timestamp()

    answer = talk.answer(ActionRecallMemory)

    assert answer.startswith("三天前你跟我说「我想学做桂花糕」")


def test_a_missing_database_is_owned_up_to(without_database: Conversation) -> None:
    asked = without_database.say("我跟你聊过面试吗")

    assert "打不开" in asked.answer(ActionRecallMemory)
