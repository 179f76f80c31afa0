"""How actions speak: one clean text for the channel, the source beside it as data."""

from __future__ import annotations

from typing import Any

from rasa_sdk.executor import CollectingDispatcher

from framework_plugin.retrieval import Passage


def say(
    dispatcher: CollectingDispatcher,
    text: str,
    source: dict[str, Any] | None = None,
    choices: list[str] | None = None,
) -> None:
    """Sends one message.

    Args:
        dispatcher: Where it goes.
        text: What the user reads, as plain text.
        source: Where the answer comes from. Rasa keeps it under `source` in the
            metadata of the `BotUttered` event and hands it to the channel.
        choices: Buttons; a click sends their words as the user's next message.
    """
    buttons = [{"title": choice, "payload": choice} for choice in choices or []]
    extra = {"source": source} if source else {}
    dispatcher.utter_message(text=text, buttons=buttons, **extra)


def say_answer(
    dispatcher: CollectingDispatcher, passage: Passage, score: float = 1.0
) -> None:
    """Gives the answer of a passage with its source."""
    source = {
        "kind": "faq",
        "entry": passage.id,
        "title": passage.title,
        "score": round(score, 3),
    }
    text = f"{passage.text}\n（来源：常见问题·{passage.title}）"
    say(dispatcher, text, source)
