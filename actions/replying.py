"""How actions speak: one clean text for the channel, the source beside it as data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rasa_sdk.executor import CollectingDispatcher

from framework_plugin.retrieval import Passage
from framework_plugin.retrieval.passages import SECTION_MARK

Button = Mapping[str, str]
"""`title`, which is shown, and `payload`, which a click sends as the next message."""


def say(
    dispatcher: CollectingDispatcher,
    text: str,
    source: dict[str, Any] | None = None,
    choices: Sequence[str] | None = None,
    buttons: Sequence[Button] = (),
) -> None:
    """Sends one message.

    Args:
        dispatcher: Where it goes.
        text: What the user reads, as plain text.
        source: Where the answer comes from. Rasa keeps it under `source` in the
            metadata of the `BotUttered` event and hands it to the channel.
        choices: Buttons; a click sends their words as the user's next message.
        buttons: Further buttons.
    """
    own = [_choice(n, words) for n, words in enumerate(choices or (), start=1)]
    extra = {"source": source} if source else {}
    shown = [*own, *map(dict, buttons)]
    dispatcher.utter_message(text=text, buttons=shown, **extra)


def say_answer(
    dispatcher: CollectingDispatcher,
    passage: Passage,
    score: float = 1.0,
    *,
    head: str = "",
    buttons: Sequence[Button] = (),
    details: Mapping[str, Any] | None = None,
) -> None:
    """Gives the answer of a passage as it stands, with its source.

    Args:
        dispatcher: Where it goes.
        passage: The answer.
        score: How well it was found, from 0 to 1.
        head: Stands above it.
        buttons: Below it.
        details: What the source says besides.
    """
    source = {
        "kind": "faq" if passage.questions else "document",
        "entry": passage.id,
        "title": passage.title,
        "section": passage.section,
        "url": passage.url,
        "score": round(score, 3),
        **(details or {}),
    }
    text = f"{passage.text}\n（来源：{citation(passage)}）"
    say(dispatcher, f"{head}\n{text}" if head else text, source, buttons=buttons)


def citation(passage: Passage) -> str:
    """Where a passage stands: title, headings and address.

    Such as `常见问题·退货换货` and `员工手册 › 年假 › 申请，https://hr.example/leave`.
    """
    title = f"常见问题·{passage.title}" if passage.questions else passage.title
    path = SECTION_MARK.join(part for part in (title, passage.section) if part)
    return f"{path}，{passage.url}" if passage.url else path


def _choice(number: int, words: str) -> Button:
    # Rasa takes a payload that begins with a slash for a command, and what is offered
    # may come from a document.
    is_command = words.lstrip().startswith("/")
    return {"title": words, "payload": f"第{number}个" if is_command else words}
