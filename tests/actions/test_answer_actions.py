from __future__ import annotations

import json
from pathlib import Path

import pytest

from actions.answers import ActionRetrieveAnswer
from actions.besides import ActionAnswerBesides
from actions.choosing import (
    DOCUMENTS_DOWN,
    NONE_OF_THEM,
    NOTHING_OFFERED,
    ActionChooseAnswer,
)
from actions.conversation import CHITCHAT
from actions.resources import ActionSettings, Resources
from actions.unknown import ABOUT_SHOP, ENGLISH, NOT_UNDERSTOOD
from tests.actions.talking import NOON, Conversation

SEVERAL = "龙井"


def test_a_known_question_is_answered_with_its_source(talk: Conversation) -> None:
    (message,) = talk.say("退货的运费谁出呀").run(ActionRetrieveAnswer)

    assert message["text"].startswith("质量问题由小铺承担退回运费")
    assert message["text"].endswith("（来源：常见问题·退货换货）")
    assert message["source"]["entry"] == "return_postage"
    assert json.loads(json.dumps(message)) == message


def test_what_may_be_meant_is_offered_with_buttons(talk: Conversation) -> None:
    (message,) = talk.say(SEVERAL).run(ActionRetrieveAnswer)

    ids = talk.slots["offered_questions"]
    questions = [talk.resources.faq.passage(id_).name for id_ in ids]  # type: ignore[union-attr]
    assert 1 < len(ids) <= 3
    assert message["text"].splitlines() == [
        "您是不是想问：",
        *(f"{n}. {question}" for n, question in enumerate(questions, start=1)),
    ]
    assert [button["payload"] for button in message["buttons"]] == questions


def test_a_click_on_a_choice_gets_its_answer(talk: Conversation) -> None:
    (offer,) = talk.say(SEVERAL).run(ActionRetrieveAnswer)
    payload = offer["buttons"][1]["payload"]
    expected = talk.resources.faq.passage(talk.slots["offered_questions"][1])
    (message,) = talk.say(payload).run(ActionRetrieveAnswer)

    assert expected is not None
    assert message["source"]["entry"] == expected.id
    assert talk.slots["offered_questions"] is None


@pytest.mark.parametrize(
    ("words", "place"), [("2", 1), ("第一个", 0), ("最后一个", -1), ("２号", 1)]
)
def test_a_typed_choice_gets_its_answer(
    talk: Conversation, words: str, place: int
) -> None:
    talk.say(SEVERAL).run(ActionRetrieveAnswer)
    expected = talk.slots["offered_questions"][place]
    (message,) = talk.say(words, "choose_option").run(ActionChooseAnswer)

    assert message["source"]["entry"] == expected
    assert talk.slots["offered_questions"] is None


def test_none_of_the_choices_is_accepted(talk: Conversation) -> None:
    talk.say(SEVERAL).run(ActionRetrieveAnswer)

    assert talk.say("都不是").answer(ActionChooseAnswer) in NONE_OF_THEM
    assert talk.slots["offered_questions"] is None


def test_a_choice_out_of_range_is_asked_again(talk: Conversation) -> None:
    talk.say(SEVERAL).run(ActionRetrieveAnswer)
    offered = talk.slots["offered_questions"]

    assert "选其中一个" in talk.say("9").answer(ActionChooseAnswer)
    assert talk.slots["offered_questions"] == offered


@pytest.mark.parametrize("slot", [None, [], ["no_such_entry"]])
def test_a_choice_without_an_offer_is_answered_kindly(
    talk: Conversation, slot: list[str] | None
) -> None:
    talk.slots["offered_questions"] = slot

    assert talk.say("2").answer(ActionChooseAnswer) in NOTHING_OFFERED


def test_an_unknown_matter_of_the_shop_goes_to_a_person(talk: Conversation) -> None:
    answer = talk.say("你们卖手风琴么").answer(ActionRetrieveAnswer)

    assert answer in ABOUT_SHOP
    assert "联系人工" in answer
    assert "9:00–21:00" in answer


def test_english_is_answered_kindly(talk: Conversation) -> None:
    assert talk.say("what is the meaning").answer(ActionRetrieveAnswer) in ENGLISH


def test_what_is_not_understood_never_gets_the_same_words_twice(
    talk: Conversation,
) -> None:
    answers = [
        talk.say(f"咕噜咕噜{n}吗", CHITCHAT).answer(ActionRetrieveAnswer)
        for n in range(len(NOT_UNDERSTOOD))
    ]

    assert sorted(answers) == sorted(NOT_UNDERSTOOD)
    assert talk.say("咕噜吗", CHITCHAT).answer(ActionRetrieveAnswer) == answers[0]


def test_a_told_fact_is_acknowledged_as_it_is_remembered(talk: Conversation) -> None:
    answer = talk.say("我叫欧阳翀，喜欢攀岩").answer(ActionRetrieveAnswer)

    assert answer == "好，我记下了：你叫欧阳翀，喜欢攀岩。"


def test_a_fact_is_not_called_remembered_while_the_memory_is_away(
    without_database: Conversation,
) -> None:
    answer = without_database.say("我喜欢攀岩").answer(ActionRetrieveAnswer)

    assert "还没能记下" in answer


def test_a_missing_faq_is_owned_up_to(endpoints: Path, tmp_path: Path) -> None:
    settings = ActionSettings(faq=tmp_path / "nowhere", endpoints=endpoints)
    talk = Conversation(Resources(settings, clock=lambda: NOON))
    talk.slots["offered_questions"] = ["x"]

    assert talk.say("怎么开发票").answer(ActionRetrieveAnswer) == DOCUMENTS_DOWN
    talk.slots["offered_questions"] = ["x"]
    assert talk.say("1").answer(ActionChooseAnswer) == DOCUMENTS_DOWN


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>怎么开发票",
        "怎么开发票{name}{0.__class__}{{x}}",
        "怎么开发票 0[",
        "怎么开发票'; DROP TABLE user_facts; --",
        "",
        "   ",
        "\x00\ud800",
        "字" * 5000,
        "/restart",
    ],
)
def test_hostile_text_is_only_text(talk: Conversation, text: str) -> None:
    talk.say("我叫小雨").run(ActionRetrieveAnswer)
    (message,) = talk.say(text).run(ActionRetrieveAnswer)

    assert message["text"]
    assert "<script" not in message["text"]
    assert not list(talk.resources.memory.users())


def test_sql_in_a_told_fact_is_harmless(talk: Conversation) -> None:
    answer = talk.say("我叫Robert'); DROP TABLE user_facts;--").answer(
        ActionRetrieveAnswer
    )

    assert answer == "好，我记下了：你叫Robert。"
    assert not list(talk.resources.memory.users())


def test_a_told_fact_is_not_taken_for_a_question_it_resembles(
    talk: Conversation,
) -> None:
    answer = talk.say("我喜欢猫").answer(ActionRetrieveAnswer)

    assert answer == "好，我记下了：你喜欢猫。"


def test_a_question_beside_a_told_fact_is_answered(talk: Conversation) -> None:
    told, message = talk.say("我住在苏州，寄到江浙沪要几天").run(ActionRetrieveAnswer)

    assert "苏州" in told["text"]
    assert message["source"]["entry"] == "shipping_days_near"


def test_a_fact_taken_for_a_choice_is_acknowledged(talk: Conversation) -> None:
    answer = talk.say("我生日8.15", "choose_option").answer(ActionChooseAnswer)

    assert "8月15日" in answer


def test_what_is_asked_beside_what_is_told_is_answered(talk: Conversation) -> None:
    (message,) = talk.say("我叫小雅 想问下满多少包邮").run(ActionAnswerBesides)

    assert message["source"]["entry"] == "shipping_free"


@pytest.mark.parametrize(
    "text", ["我今天好累，你累吗", "满多少包邮", "我叫小雅，住成都", ""]
)
def test_where_nothing_surely_answers_the_reply_stands_alone(
    talk: Conversation, text: str
) -> None:
    assert talk.say(text).run(ActionAnswerBesides) == []


def test_what_is_acknowledged_and_asked_is_answered_or_offered(
    talk: Conversation,
) -> None:
    told, answer = talk.say("我叫小雅 满多少包邮").run(ActionRetrieveAnswer)
    assert "小雅" in told["text"]
    assert answer["source"]["entry"] == "shipping_free"

    told, offered = talk.say("我住成都 想问下快递").run(ActionRetrieveAnswer)
    assert "成都" in told["text"]
    assert offered["source"]["kind"] == "choices"
