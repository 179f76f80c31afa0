"""Looking up and cancelling orders."""

from __future__ import annotations

import logging
from abc import abstractmethod
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.order_book import Order, OrderBook, OrderStatus, find_order_number
from actions.order_form import ORDER_NUMBER
from actions.people import way_to_a_person
from actions.replying import say
from actions.shop_action import ShopAction
from framework_plugin.errors import DocumentError

logger = logging.getLogger(__name__)

_STATUS = {
    OrderStatus.UNPAID: "还没付款。付好之后，16:00前的当天发出，之后的第二天发。",
    OrderStatus.PAID: "已付款，正在打包，16:00前的单当天发出，之后的第二天发。",
    OrderStatus.SENT: "已经发出，在路上了。",
    OrderStatus.DELIVERING: "正在派送，请您留意快递电话。",
    OrderStatus.RECEIVED: "已经签收。要是有破损，48小时内拍照找人工就行。",
    OrderStatus.CANCELLED: "已经取消了。",
    OrderStatus.REFUNDING: "在办退款：验收后24小时内退，1–3个工作日到账。",
    OrderStatus.REFUNDED: "已经退款，1–3个工作日内原路到账。",
}
_NOT_CANCELLED = {
    OrderStatus.SENT: "已经发出，取消不了啦。收到后没拆封，7天内可以退。",
    OrderStatus.DELIVERING: "正在派送，取消不了啦。收到后没拆封，7天内可以退。",
    OrderStatus.RECEIVED: "已经签收，不能取消。没拆封的话，7天内可以退。",
    OrderStatus.CANCELLED: "早已取消，不用再取消一次。",
    OrderStatus.REFUNDING: "正在退款，不用再取消。",
    OrderStatus.REFUNDED: "已经退过款，不用再取消。",
}
_CANCELLED = {
    OrderStatus.UNPAID: "已经替您取消，还没付的款不用付了。",
    OrderStatus.PAID: "已经替您取消，钱按原路退回，1–3个工作日到账。",
}


class _OrderAction(ShopAction):
    """What is common to actions on the order whose number is in the slot."""

    async def run(
        self,
        dispatcher: CollectingDispatcher,
        tracker: Tracker,
        domain: dict[str, Any],
    ) -> list[EventType]:
        """Finds the order and acts on it; the slot is emptied for the next order."""
        number = find_order_number(str(tracker.get_slot(ORDER_NUMBER) or ""))
        if number is None:
            # The form ended without a number and has already said so.
            return [SlotSet(ORDER_NUMBER, None)]
        try:
            book = self._resources.orders
        except DocumentError as error:
            logger.error("The order book cannot be used: %s", error)
            way = way_to_a_person(self._resources.clock())
            say(dispatcher, f"订单这会儿查不了，不是您的问题。{way}")
            return [SlotSet(ORDER_NUMBER, None)]
        order = book.find(number)
        text = self._act(book, order) if order else unknown_number(number)
        say(dispatcher, text, {"kind": "order", "number": number})
        return [SlotSet(ORDER_NUMBER, None)]

    @abstractmethod
    def _act(self, book: OrderBook, order: Order) -> str:
        """Does what is asked for and says what was done."""


class ActionOrderStatus(_OrderAction):
    """Says how far an order is."""

    action_name = "action_order_status"

    def _act(self, book: OrderBook, order: Order) -> str:
        items = "、".join(order.items)
        parcel = f"快递：{order.parcel}。" if order.parcel else ""
        return f"订单 {order.number}（{items}）{_STATUS[order.status]}{parcel}"


class ActionCancelOrder(_OrderAction):
    """Cancels an order that has not left the shop, or says why it cannot."""

    action_name = "action_cancel_order"

    def _act(self, book: OrderBook, order: Order) -> str:
        if book.cancel(order.number) is None:
            return f"订单 {order.number} {_NOT_CANCELLED[order.status]}"
        return f"订单 {order.number} {_CANCELLED[order.status]}"


def unknown_number(number: str) -> str:
    """What is said of a number that no order has."""
    return (
        f"没有查到订单 {number}。请您对一对订单页上的号码：SC 加 8 位数字，"
        "也看看是不是用别的账户下的单；还不对就点「联系人工」。"
    )
