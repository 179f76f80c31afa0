"""What is said when nothing is found: honest, and with a way on."""

from __future__ import annotations

import re

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.conversation import (
    ASK_FAQ,
    CHITCHAT,
    fresh_wording,
    latest_intent,
    latest_text,
)
from actions.replying import say

ABOUT_SHOP: tuple[str, ...] = (
    "这个我没查到，不敢乱答。您在订单页点「联系人工」，每天9:00–21:00都有人。",
    "常见问题里没有这一条，我不想猜。人工同事知道，订单页的「联系人工」，9:00–21:00。",
    "这件事我手头没有答案，请您问问人工：订单页点「联系人工」，每天9:00–21:00。",
)
ENGLISH = (
    "Sorry, I speak mainly Chinese. 用中文跟我说，我就能接上啦。",
    "My English is poor, sorry! 换成中文再说一次好吗？",
    "I only understand Chinese well. 中文的话，聊天、问店里的事都可以。",
)
NOT_UNDERSTOOD: tuple[str, ...] = (
    "这句我没太听懂，你换个说法再讲一次？",
    "我好像没跟上，你再多说两句好吗？",
    "这个我接不好，怕说错。你最想聊的是哪一点？",
    "我想了想还是没懂，能举个例子给我听吗？",
    "我懂的还不多，这句难住我了。要不说说你今天过得怎么样？",
    "这话我琢磨不透，你用最简单的几个字告诉我？",
)
LISTENING = (
    "嗯，我在听，你接着说。",
    "这样啊。后来呢？",
    "听着呢，这件事里你最在意的是哪一块？",
    "嗯，你慢慢讲，我不急。",
    "原来是这样。那你现在心里是什么滋味？",
    "我在呢，还想说点什么？",
)

_HAN = re.compile("[\u3400-\u9fff]")
_LATIN = re.compile("[A-Za-z]{2}")
# Matters on which a guess would harm: prices, orders, goods, service.
_SHOP = re.compile(
    "你们|您们|小铺|店里|下单|订单|包裹|快递|发货|退货|退款|换货|寄|运费|发票|优惠|积分"
    "|会员|多少钱|价格|有没有卖|卖不卖|购买|付款|茶叶|礼盒|客服|售后|库存"
)


def say_unknown(
    dispatcher: CollectingDispatcher, tracker: Tracker, *, asks: bool = True
) -> None:
    """Answers a message to which nothing was found.

    A matter of the shop goes to a person; English gets a kind word; who tells something
    in a chat is listened to; anything else is asked for in other words. Nothing is said
    twice in a session while there are other wordings.

    Args:
        dispatcher: Where the answer goes.
        tracker: The conversation.
        asks: Whether the message looks like a question.
    """
    options = _options(tracker, asks)
    source = {"kind": "unknown", "wanted": is_wanted(tracker, asks=asks)}
    say(dispatcher, fresh_wording(options, tracker), source)


def is_wanted(tracker: Tracker, *, asks: bool) -> bool:
    """Whether the user wants an answer that is missing; not so in a mere chat."""
    options = _options(tracker, asks)
    in_chat = latest_intent(tracker) == CHITCHAT
    return options is ABOUT_SHOP or (options is NOT_UNDERSTOOD and not in_chat)


def _options(tracker: Tracker, asks: bool) -> tuple[str, ...]:
    text, intent = latest_text(tracker), latest_intent(tracker)
    if not _HAN.search(text) and _LATIN.search(text):
        return ENGLISH
    if intent == ASK_FAQ or _SHOP.search(text):
        return ABOUT_SHOP
    if intent == CHITCHAT and not asks:
        return LISTENING
    return NOT_UNDERSTOOD
