from __future__ import annotations

import re
from pathlib import Path

import pytest
from rasa_sdk import ActionExecutionRejection

from actions.order_book import Order, OrderBook, OrderStatus, find_order_number
from actions.order_form import (
    _ANOTHER_MATTER,
    ATTEMPTS,
    ActionAskOrderNumber,
    ValidateOrderForm,
)
from actions.orders import ActionCancelOrder, ActionOrderStatus
from actions.resources import ActionSettings, Resources
from framework_plugin.errors import DocumentError
from tests.actions.talking import NOON, Conversation


@pytest.mark.parametrize(
    "text",
    [
        "SC20260318",
        "sc20260318",
        "ＳＣ２０２６０３１８",
        "SC 2026 0318",
        "订单号是sc-2026-0318，谢谢",
        "订单SC20260318到哪了",
        "SC：20260318",
        "20260318",
        "sc二零二六零三一八",
        "我的单号 20260318 查一下",
    ],
)
def test_order_numbers_are_found_however_typed(text: str) -> None:
    assert find_order_number(text) == "SC20260318"


@pytest.mark.parametrize(
    "text",
    ["", "SC2026031", "SC202603181", "13800138000", "我的订单呢", "SC 在哪里看"],
)
def test_what_is_no_order_number_is_not_taken_for_one(text: str) -> None:
    assert find_order_number(text) is None


def test_the_sample_orders_cover_every_status() -> None:
    path = ActionSettings().orders
    numbers = [f"SC202603{day:02d}" for day in (1, 5, 8, 11, 18, 20, 22, 23)]
    found = [OrderBook.read(path).find(number) for number in numbers]

    assert {order.status for order in found if order} == set(OrderStatus)


def test_a_broken_order_file_says_what_is_expected(tmp_path: Path) -> None:
    file = tmp_path / "orders.yml"
    file.write_text("orders:\n- {number: SC20260318, status: lost, items: []}\n")
    with pytest.raises(DocumentError, match="'lost' is not a valid"):
        OrderBook.read(file)


def test_a_sent_order_cannot_be_cancelled() -> None:
    book = OrderBook([Order("SC20260318", OrderStatus.SENT, ("盖碗",))])

    assert book.cancel("SC20260318") is None
    assert book.cancel("SC00000000") is None


def test_the_status_names_items_and_parcel(talk: Conversation) -> None:
    talk.slots["order_number"] = "sc20260318"
    answer = talk.say("我的订单到哪了").answer(ActionOrderStatus)

    assert "SC20260318" in answer
    assert "明前龙井" in answer
    assert "中通" in answer
    assert talk.slots["order_number"] is None


def test_an_unknown_number_says_what_to_check(talk: Conversation) -> None:
    talk.slots["order_number"] = "SC99999999"
    answer = talk.say("查单").answer(ActionOrderStatus)

    assert "没有查到订单 SC99999999" in answer
    assert "联系人工" in answer


def test_cancelling_lasts_and_is_not_done_twice(talk: Conversation) -> None:
    talk.slots["order_number"] = "SC20260322"
    assert "已经替您取消" in talk.say("是的").answer(ActionCancelOrder)
    talk.slots["order_number"] = "SC20260322"
    assert "已经取消" in talk.say("查单").answer(ActionOrderStatus)
    talk.slots["order_number"] = "SC20260322"
    assert "早已取消" in talk.say("取消").answer(ActionCancelOrder)


def test_without_a_number_nothing_is_said_again(talk: Conversation) -> None:
    assert talk.say("算了").run(ActionOrderStatus) == []


def test_a_missing_order_book_is_owned_up_to(endpoints: Path, tmp_path: Path) -> None:
    settings = ActionSettings(orders=tmp_path / "nowhere.yml", endpoints=endpoints)
    talk = Conversation(Resources(settings, clock=lambda: NOON))
    talk.slots["order_number"] = "SC20260318"

    assert "订单这会儿查不了" in talk.say("查单").answer(ActionOrderStatus)


def test_the_form_takes_the_number_out_of_a_sentence(talk: Conversation) -> None:
    talk.say("查订单").start_form()
    talk.say("单号是 sc 2026 0318 谢谢").run(ValidateOrderForm)

    assert talk.slots["order_number"] == "SC20260318"


def test_the_form_does_not_count_the_message_that_opened_it(
    talk: Conversation,
) -> None:
    assert talk.say("我要查订单").run(ValidateOrderForm) == []
    assert "order_number" not in talk.slots


def test_the_same_order_can_be_meant_without_its_number(talk: Conversation) -> None:
    talk.slots["order_number"] = "SC20260322"
    talk.events.append({"event": "slot", "name": "order_number", "value": "SC20260322"})
    talk.say("查单").run(ActionOrderStatus)
    talk.say("那把这单取消了").run(ValidateOrderForm)

    assert talk.slots["order_number"] == "SC20260322"


def test_a_wrong_number_is_explained(talk: Conversation) -> None:
    talk.say("查订单").start_form()

    assert "7 位" in talk.say("SC2026031").answer(ValidateOrderForm)
    assert talk.slots["requested_slot"] == "order_number"
    assert talk.run(ActionAskOrderNumber) == []


def test_a_question_in_the_form_is_answered(talk: Conversation) -> None:
    talk.say("查订单").start_form()

    assert "订单页上就有" in talk.say("订单号在哪里看").answer(ValidateOrderForm)


def test_the_form_ends_after_three_messages_without_a_number(
    talk: Conversation,
) -> None:
    talk.say("查订单").start_form()
    for _ in range(ATTEMPTS - 1):
        talk.say("我不晓得呀").run(ValidateOrderForm)
        assert talk.slots["requested_slot"] == "order_number"
    (message,) = talk.say("我不晓得呀").run(ValidateOrderForm)

    assert "联系人工" in message["text"]
    assert talk.slots["requested_slot"] is None


def test_the_user_can_give_up(talk: Conversation) -> None:
    talk.say("查订单").start_form()
    (message,) = talk.say("算了不查了").run(ValidateOrderForm)

    assert message["response"] == "utter_order_form_left"
    assert talk.slots["requested_slot"] is None


def test_the_number_is_asked_for_with_a_hint_from_the_second_time_on(
    talk: Conversation,
) -> None:
    talk.say("查订单").start_form()
    (first,) = talk.run(ActionAskOrderNumber)
    (second,) = talk.say("在哪呀").run(ActionAskOrderNumber)

    assert first["response"] == "utter_ask_order_number"
    assert second["response"] == "utter_order_number_hint"


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("我不想活了", "self_harm"),
        ("转人工", "talk_to_human"),
        ("不用人工了", "back_to_assistant"),
        ("我要投诉", "complain"),
        ("我要退货", "return_goods"),
        ("收到的杯子碎了", "damaged_goods"),
        ("退款怎么还没到", "refund_status"),
        ("推荐个茶吧", "recommend_product"),
        ("再见", "goodbye"),
        ("算了", "deny"),
    ],
)
def test_another_matter_is_left_to_the_rules(
    talk: Conversation, text: str, intent: str
) -> None:
    talk.say("查订单").start_form()

    with pytest.raises(ActionExecutionRejection):
        talk.say(text, intent).run(ValidateOrderForm)


def test_a_number_is_taken_whatever_else_is_said(talk: Conversation) -> None:
    talk.say("查订单").start_form()
    talk.say("我要退 SC20260318", "return_goods").run(ValidateOrderForm)

    assert talk.slots["order_number"] == "SC20260318"


def test_every_matter_that_leaves_the_form_has_a_rule() -> None:
    rules = Path("stories/orders.yml").read_text(encoding="utf-8")
    left = rules[rules.index("- rule: enough of the form") :]

    assert set(re.findall(r"- intent: (\w+)", left)) == _ANOTHER_MATTER
