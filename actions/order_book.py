"""Orders by their number. The place to plug in the shop's own order system."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Any

import yaml

from framework_plugin.errors import DocumentError

_SEPARATORS = r"[\s\-_.]*"
_DIGITS = rf"\d(?:{_SEPARATORS}\d){{7}}(?!{_SEPARATORS}\d)"
_MARKED = re.compile(rf"SC{_SEPARATORS}[:#号]?{_SEPARATORS}({_DIGITS})")
_BARE = re.compile(rf"(?<![\dA-Z])({_DIGITS})(?![A-Z])")
_CHINESE_DIGITS = str.maketrans("〇零一二三四五六七八九", "00123456789")


class OrderStatus(str, Enum):
    """How far an order is."""

    UNPAID = "unpaid"
    PAID = "paid"
    SENT = "sent"
    DELIVERING = "delivering"
    RECEIVED = "received"
    CANCELLED = "cancelled"
    REFUNDING = "refunding"
    REFUNDED = "refunded"

    @property
    def can_be_cancelled(self) -> bool:
        """Whether nothing has left the shop yet."""
        return self in (OrderStatus.UNPAID, OrderStatus.PAID)


@dataclass(frozen=True)
class Order:
    """One order.

    Args:
        number: `SC` and eight digits.
        status: How far it is.
        items: What was ordered.
        parcel: Carrier and number of the parcel, once sent.
    """

    number: str
    status: OrderStatus
    items: tuple[str, ...]
    parcel: str | None = None


class OrderBook:
    """Orders kept in memory: a stand-in for the shop's own system.

    A real one also has to check that the order belongs to the user who asks.

    Args:
        orders: All orders.
    """

    def __init__(self, orders: Iterable[Order]) -> None:
        self._orders = {order.number: order for order in orders}

    @classmethod
    def read(cls, path: Path) -> OrderBook:
        """The orders of a YAML file.

        Raises:
            DocumentError: The file cannot be read or an order is incomplete.
        """
        try:
            raw = yaml.safe_load(path.read_text(encoding="utf-8"))
            return cls(_order(item) for item in raw["orders"])
        except (OSError, ValueError, KeyError, TypeError, yaml.YAMLError) as error:
            raise DocumentError(
                f"The orders '{path}' cannot be read: {error!r}. Expected a list"
                " `orders` of entries with `number`, `status` (one of"
                f" {', '.join(status.value for status in OrderStatus)}) and `items`."
            ) from error

    def find(self, number: str) -> Order | None:
        """The order of that number, or None."""
        return self._orders.get(number)

    def cancel(self, number: str) -> Order | None:
        """Cancels an order that has not left the shop.

        Returns:
            The order after it was cancelled, or None where that is not possible.
        """
        order = self.find(number)
        if order is None or not order.status.can_be_cancelled:
            return None
        self._orders[number] = replace(order, status=OrderStatus.CANCELLED)
        return self._orders[number]


def find_order_number(text: str) -> str | None:
    """The order number a text holds, in its plain form, or None.

    Small letters, full-width signs, Chinese digits and separators are understood;
    eight digits alone count too.
    """
    plain = unicodedata.normalize("NFKC", text).upper().translate(_CHINESE_DIGITS)
    match = _MARKED.search(plain) or _BARE.search(plain)
    return "SC" + re.sub(r"\D", "", match[1]) if match else None


def _order(raw: dict[str, Any]) -> Order:
    number = str(raw["number"])
    if find_order_number(number) != number:
        raise ValueError(f"'{number}' is no order number (SC and eight digits)")
    items = tuple(str(item) for item in raw["items"])
    return Order(number, OrderStatus(raw["status"]), items, raw.get("parcel"))
