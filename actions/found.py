"""Giving an answer that was found."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.helpfulness import BUTTONS
from actions.replying import say_answer
from actions.turns import ASKS_IF_HELPFUL, may_ask_if_helpful
from framework_plugin.retrieval.asking import Asked

SURE_AMID_CHAT = 0.8
"""Score from which a chat that asks something is answered from the FAQ."""


def say_found(
    dispatcher: CollectingDispatcher,
    tracker: Tracker,
    asked: Asked,
    *,
    head: str = "",
    asking: bool | None = None,
) -> None:
    """Gives one answer; below it, now and then, the question whether it helped."""
    hit = asked.answer
    if hit is None:
        return
    if asking is None:
        asking = may_ask_if_helpful(tracker)
    details: dict[str, Any] = {ASKS_IF_HELPFUL: asking}
    if head or own_query(asked):
        details["query"] = asked.query
    buttons = BUTTONS if asking else ()
    say_answer(
        *(dispatcher, hit.passage, hit.score),
        head=head,
        buttons=buttons,
        details=details,
    )


def own_query(asked: Asked) -> str | None:
    """The query, where it says more than the message."""
    return asked.query if asked.query != asked.question else None
