from __future__ import annotations

import json
from pathlib import Path

import pytest

from actions.answers import ActionRetrieveAnswer
from actions.consent import (
    GIVEN,
    NOT_KEPT,
    NOT_NEEDED,
    QUESTION,
    REFUSED,
    ActionConsent,
    ActionSessionStart,
)
from actions.memory import ActionForgetMemory, ActionRecallMemory
from actions.resources import ActionSettings, Resources
from actions.unsaying import BEFORE_REMOVED, NOTHING_BEFORE, THIS_NOT_KEPT
from framework_plugin.corpus.user_context import FactKind
from framework_plugin.memory.changes import FactChange
from framework_plugin.memory.consent import Consent, write_consent
from tests.actions.talking import NOON, Conversation


@pytest.fixture
def asking(tmp_path: Path) -> Conversation:
    """A conversation with an assistant that needs consent."""
    file = tmp_path / "endpoints.yml"
    section = {"dialect": "sqlite", "db": f"{tmp_path}/memory.db"}
    content = {"tracker_store": section | {"consent": "required"}}
    file.write_text(json.dumps(content), encoding="utf-8")
    return Conversation(Resources(ActionSettings(endpoints=file), clock=lambda: NOON))


def answered(talk: Conversation, state: Consent) -> None:
    with talk.resources.memory.writing() as connection:
        write_consent(connection, talk.sender, state, 1.0)


def test_who_tells_something_is_asked_before_it_is_kept(asking: Conversation) -> None:
    (message,) = asking.say("我叫小鱼").run(ActionRetrieveAnswer)
    assert message["text"] == QUESTION
    assert [b["title"] for b in message["buttons"]] == ["同意", "不同意"]
    assert asking.say("同意").answer(ActionConsent) == GIVEN


@pytest.mark.parametrize("number", [0, 1])
def test_a_click_on_a_button_is_understood(asking: Conversation, number: int) -> None:
    (message,) = asking.say("我叫小鱼").run(ActionRetrieveAnswer)
    clicked = message["buttons"][number]["payload"]
    assert asking.say(clicked).answer(ActionConsent) == (GIVEN, REFUSED)[number]


def test_who_agreed_hears_what_is_kept(asking: Conversation) -> None:
    answered(asking, Consent.GIVEN)
    assert "记下了" in asking.say("我叫小鱼").answer(ActionRetrieveAnswer)


def test_who_refused_is_told_that_nothing_is_kept_and_not_asked_again(
    asking: Conversation,
) -> None:
    answered(asking, Consent.REFUSED)
    assert asking.say("我叫小鱼").answer(ActionRetrieveAnswer) == NOT_KEPT


def test_an_unclear_answer_is_asked_about(asking: Conversation) -> None:
    assert asking.say("同意什么呀").answer(ActionConsent) == QUESTION


def test_without_the_setting_nobody_is_asked(talk: Conversation) -> None:
    assert "记下了" in talk.say("我叫小鱼").answer(ActionRetrieveAnswer)
    assert talk.say("我同意你记住").answer(ActionConsent) == NOT_NEEDED


def test_a_session_opens_with_the_question_once(asking: Conversation) -> None:
    asking.events.clear()
    asking._add({"event": "slot", "name": "topic", "value": "茶"})
    before = len(asking.events)
    (message,) = asking.run(ActionSessionStart)
    assert message["text"] == QUESTION
    kinds = [event["event"] for event in asking.events[before + 1 :]]
    assert kinds == ["session_started", "slot", "action"]
    assert asking.slots == {"topic": "茶"}
    answered(asking, Consent.REFUSED)
    assert asking.run(ActionSessionStart) == []


def test_a_session_opens_even_if_the_database_is_away(
    without_database: Conversation,
) -> None:
    assert without_database.run(ActionSessionStart) == []
    assert without_database.events[-1]["name"] == "action_listen"


def test_the_message_itself_is_not_kept_and_not_called_kept(talk: Conversation) -> None:
    answer = talk.say("我叫小鱼，这个别记").answer(ActionRetrieveAnswer)
    assert answer in THIS_NOT_KEPT
    assert "小鱼" not in talk.say("我叫什么").answer(ActionRecallMemory)


def test_the_message_before_is_removed_and_no_longer_known(talk: Conversation) -> None:
    talk.say("我叫小鱼").answer(ActionRetrieveAnswer)
    assert talk.say("不要记住这个").answer(ActionForgetMemory) in BEFORE_REMOVED
    assert "小鱼" not in talk.say("我叫什么").answer(ActionRecallMemory)


def test_what_was_known_before_stays(talk: Conversation) -> None:
    told = [FactChange.telling(FactKind.LIKE, "攀岩")]
    talk.resources.memory.learn(talk.sender, told, 1.0)
    talk.say("我叫小鱼").say("这个别记")
    assert talk.say("你记得我什么").answer(ActionRecallMemory) == "你喜欢攀岩。"


def test_where_nothing_was_said_there_is_nothing_to_remove(talk: Conversation) -> None:
    assert talk.say("这个别记").answer(ActionForgetMemory) in NOTHING_BEFORE
