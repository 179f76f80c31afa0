"""Answers over several turns: follow-ups, choices, verdicts, failures, gaps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from actions.answers import ActionRetrieveAnswer
from actions.choosing import ActionChooseAnswer
from actions.conversation import CHITCHAT
from actions.helpfulness import (
    BUTTONS,
    GLAD,
    WHICH_ONE,
    ActionJudgeAnswer,
    verdict_in,
)
from actions.offering import PERSON
from actions.resources import ActionSettings, Resources
from framework_plugin.memory.answer_feedback import Verdicts, count_feedback
from framework_plugin.memory.consent import Consent, write_consent
from framework_plugin.memory.unanswered import Reason, Unanswered, open_questions
from tests.actions.talking import NOON, Conversation, ask

OFFER = "utter_offer_person"


def gaps(talk: Conversation) -> list[Unanswered]:
    with talk.resources.memory.reading() as connection:
        return open_questions(connection)


def verdicts(talk: Conversation) -> dict[str, Verdicts]:
    with talk.resources.memory.reading() as connection:
        return dict(count_feedback(connection))


# Several questions, follow-ups


def test_each_question_of_a_message_is_answered_with_its_source(
    talk: Conversation,
) -> None:
    first, second = ask(talk, "满多少包邮，默认发什么快递")

    assert first["source"]["entry"] == "shipping_free"
    assert second["source"]["entry"] == "shipping_carrier"
    assert first["text"].startswith("「满多少包邮」\n")
    assert all("（来源：常见问题·" in one["text"] for one in (first, second))
    # Whether it helped is asked once, at the end.
    assert (first["buttons"], second["buttons"]) == ([], list(map(dict, BUTTONS)))


def test_a_question_of_several_without_an_answer_is_owned_up_to(
    talk: Conversation,
) -> None:
    messages = ask(talk, "满多少包邮，默认发什么快递，能卖手风琴吗")

    assert [one.get("source", {}).get("entry") for one in messages[:2]] == [
        "shipping_free",
        "shipping_carrier",
    ]
    assert "「能卖手风琴吗」这一条我没查到" in messages[2]["text"]
    assert [gap.question for gap in gaps(talk)] == ["能卖手风琴吗"]


def test_a_follow_up_goes_on_with_the_matter(talk: Conversation) -> None:
    ask(talk, "龙井多少钱")
    (message,) = ask(talk, "怎么泡呢")
    assert message["source"]["entry"] == "brew_longjing"
    # And so does the next one, which leans on what was completed.
    (message,) = ask(talk, "要放冰箱吗")
    assert message["source"]["entry"] == "store_longjing"


def test_a_new_session_carries_nothing_over(talk: Conversation) -> None:
    ask(talk, "龙井多少钱")
    talk.events.append({"event": "session_started", "timestamp": 1100.0})
    messages = ask(talk, "怎么泡呢")

    assert all(m.get("source", {}).get("entry") != "brew_longjing" for m in messages)


def test_a_follow_up_leans_on_a_question_that_was_chosen(talk: Conversation) -> None:
    ask(talk, "龙井")
    names = [
        talk.resources.faq.passage(id_).name  # type: ignore[union-attr]
        for id_ in talk.slots["offered_questions"]
    ]
    talk.say("第一个").run(ActionChooseAnswer)
    bot = [e for e in talk.events if e["event"] == "bot"][-1]

    assert bot["metadata"]["source"]["query"] == names[0]


# Choices


@pytest.mark.parametrize("action", [ActionChooseAnswer, ActionRetrieveAnswer])
@pytest.mark.parametrize("how", ["2", "就第二个", "{name}", "都不是"])
def test_a_choice_is_understood_by_whichever_action_gets_it(
    talk: Conversation, how: str, action: Any
) -> None:
    ask(talk, "龙井")
    offered = talk.slots["offered_questions"]
    passage = talk.resources.faq.passage(offered[1])
    assert passage is not None
    (message,) = talk.say(how.format(name=passage.name)).run(action)

    if how == "都不是":
        assert message["source"]["kind"] == "none_of_them"
        (gap,) = gaps(talk)
        assert (gap.question, gap.reason) == ("龙井", Reason.NONE_OF_THEM)
    else:
        assert message["source"]["entry"] == passage.id
    assert talk.slots["offered_questions"] is None


def test_words_of_a_choice_are_enough(talk: Conversation) -> None:
    ask(talk, "那运费呢", None)
    ask(talk, "退货怎么操作")
    ask(talk, "那运费呢")
    offered = talk.slots["offered_questions"]
    (message,) = talk.say("就那个退货运费谁出的").run(ActionRetrieveAnswer)

    assert "return_postage" in offered
    assert message["source"]["entry"] == "return_postage"


def test_a_new_question_is_no_choice(talk: Conversation) -> None:
    ask(talk, "龙井")
    (message,) = ask(talk, "怎么开发票")

    assert message["source"]["entry"] == "invoice_how"


def test_an_offer_of_long_ago_is_not_meant_by_a_number(talk: Conversation) -> None:
    ask(talk, "龙井")
    talk.slots["offered_questions"] = ["invoice_how"]
    talk.say("你好").events.append(
        {"event": "bot", "text": "好", "metadata": {}, "timestamp": 2000.0}
    )
    messages = ask(talk, "2", None)

    assert all(m.get("source", {}).get("entry") != "invoice_how" for m in messages)


# Whether it helped


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("有帮助", True),
        ("很有帮助，谢谢！", True),
        ("这个回答有用", True),
        ("没帮助", False),
        ("没有帮助啊", False),
        ("答非所问", False),
        ("还是没解决", False),
        ("茶有用吗", None),
        ("我没用", None),
        ("怎么开发票", None),
        ("", None),
    ],
)
def test_verdicts_are_understood(text: str, verdict: bool | None) -> None:
    assert verdict_in(text) is verdict


def test_whether_it_helped_is_asked_now_and_then(talk: Conversation) -> None:
    questions = ["怎么开发票", "满多少包邮", "默认发什么快递", "老板是谁", "怎么下单"]
    asked = [bool(ask(talk, text)[-1]["buttons"]) for text in questions]

    assert asked == [True, False, False, False, True]


@pytest.mark.parametrize("action", [ActionJudgeAnswer, ActionRetrieveAnswer])
def test_that_an_answer_helped_is_noted(talk: Conversation, action: Any) -> None:
    ask(talk, "怎么开发票")

    assert talk.say("有帮助", "answer_helpful").answer(action) in GLAD
    assert verdicts(talk) == {"invoice_how": Verdicts(1, 0)}
    assert gaps(talk) == []


def test_an_answer_that_did_not_help_leads_on(talk: Conversation) -> None:
    ask(talk, "怎么开发票")
    (message,) = talk.say("没帮助", "answer_unhelpful").run(ActionJudgeAnswer)

    assert verdicts(talk) == {"invoice_how": Verdicts(0, 1)}
    (gap,) = gaps(talk)
    assert (gap.question, gap.reason) == ("怎么开发票", Reason.UNHELPFUL)
    offered = talk.slots["offered_questions"]
    assert 0 < len(offered) <= 3
    assert "invoice_how" not in offered
    (chosen,) = talk.say("1", "choose_option").run(ActionChooseAnswer)
    assert chosen["source"]["entry"] == offered[0]
    # After a miss it is asked at once whether the next one is better.
    assert chosen["buttons"] == list(map(dict, BUTTONS))
    assert message["source"]["kind"] == "unhelpful"


def test_a_changed_mind_counts_once(talk: Conversation) -> None:
    ask(talk, "怎么开发票")
    talk.say("没帮助").run(ActionJudgeAnswer)
    talk.say("有帮助").run(ActionJudgeAnswer)

    assert verdicts(talk) == {"invoice_how": Verdicts(1, 0)}


def test_a_verdict_about_nothing_is_met_kindly(talk: Conversation) -> None:
    assert talk.say("没帮助", "answer_unhelpful").answer(ActionJudgeAnswer) == WHICH_ONE
    assert talk.say("有帮助", "answer_helpful").answer(ActionJudgeAnswer) in GLAD
    assert verdicts(talk) == {}


# Failures


def test_after_two_failures_in_a_row_a_person_is_offered(talk: Conversation) -> None:
    (first,) = ask(talk, "你们卖手风琴么")
    assert first["source"] == {"kind": "unknown", "wanted": True}
    assert ask(talk, "那你们修手风琴么") == []
    assert talk.led_to == [OFFER]
    # Then it begins anew.
    assert len(ask(talk, "手风琴租不租")) == 1


def test_an_answer_in_between_ends_the_row(talk: Conversation) -> None:
    ask(talk, "你们卖手风琴么")
    ask(talk, "怎么开发票")
    assert len(ask(talk, "你们修手风琴么")) == 1
    assert talk.led_to == []


def test_an_offer_refused_after_a_failure_leads_to_a_person(
    talk: Conversation,
) -> None:
    ask(talk, "你们卖手风琴么")
    ask(talk, "龙井")
    assert talk.say("都不是", "choose_option").run(ActionChooseAnswer) == []
    assert talk.led_to == [OFFER]


def test_the_first_refusal_has_a_button_for_a_person(talk: Conversation) -> None:
    ask(talk, "龙井")
    (message,) = talk.say("都不是", "choose_option").run(ActionChooseAnswer)

    assert message["buttons"] == list(map(dict, PERSON))


def test_a_chat_that_is_not_understood_leads_to_no_person(talk: Conversation) -> None:
    for text in ("人生的意义是什么", "宇宙有多大呢", "时间存在吗"):
        assert len(ask(talk, text, CHITCHAT)) == 1
    assert gaps(talk) == []


# Gaps


def test_a_question_without_an_answer_is_noted_masked(talk: Conversation) -> None:
    ask(talk, "13812345678能收到手风琴吗")
    (gap,) = gaps(talk)

    assert gap.question == "138****5678能收到手风琴吗"
    assert gap.asked_at == talk.events[1]["timestamp"]


def test_nothing_is_noted_of_who_has_not_agreed(
    endpoints: Path, tmp_path: Path
) -> None:
    section = yaml.safe_load(endpoints.read_text(encoding="utf-8"))
    section["tracker_store"]["consent"] = "required"
    endpoints.write_text(yaml.safe_dump(section), encoding="utf-8")
    talk = Conversation(Resources(ActionSettings(endpoints=endpoints), lambda: NOON))
    ask(talk, "你们卖手风琴么")
    ask(talk, "怎么开发票")
    talk.say("没帮助").run(ActionJudgeAnswer)
    assert (gaps(talk), verdicts(talk)) == ([], {})

    with talk.resources.memory.writing() as connection:
        write_consent(connection, "alice", Consent.GIVEN, 1.0)
    ask(talk, "你们卖小提琴么")
    assert [gap.question for gap in gaps(talk)] == ["你们卖小提琴么"]


# What matters to the user


def test_a_question_left_open_is_answered_for_what_the_user_likes(
    talk: Conversation,
) -> None:
    offered = ask(talk, "怎么泡")
    assert len(offered[0]["source"]["entries"]) > 1
    ask(talk, "我喜欢白茶", CHITCHAT)

    (message,) = ask(talk, "怎么泡")
    assert message["source"]["entry"] == "brew_white"
    (message,) = ask(talk, "红茶怎么泡")
    assert message["source"]["entry"] == "brew_black"
