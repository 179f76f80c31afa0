"""The messages of a conversation as the page shows them, and why they were said."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from framework_plugin.memory.event_pages import NumberedEvent

_SHOWN_OF_SOURCE = (
    "kind",
    "title",
    "section",
    "url",
    "score",
    "name",
    "query",
    "number",
    "entry",
)
_FACT = re.compile(r"\{(\w+)\}")
"""A token that stands for a fact of the user."""
_MEANT = "title"
"""Key in the metadata of a message: what stood on the button that was pressed."""

Shown = dict[str, Any]


def shown_messages(events: Iterable[NumberedEvent]) -> list[Shown]:
    """The messages among events, each reply with the reason for it.

    Args:
        events: Of one conversation, in order.
    """
    messages: list[Shown] = []
    action: Mapping[str, Any] = {}
    asked: Mapping[str, Any] = {}
    for id_, event in events:
        kind = event.get("event")
        if kind == "user":
            action, asked = {}, event
            if text := _words_of_user(event):
                at = event.get("timestamp")
                message_id = event.get("message_id")
                shown = {"id": id_, "from": "user", "text": text, "at": at}
                if (event.get("metadata") or {}).get("spoken") is True:
                    shown["spoken"] = True
                messages.append({**shown, "message_id": message_id})
        elif kind == "action":
            action = event
        elif kind == "bot" and (reply := shown_reply(_as_sent(event))):
            at = event.get("timestamp")
            why = _why(event, action, asked)
            messages.append({"id": id_, **reply, "at": at, "why": why})
    return messages


def shown_reply(sent: Mapping[str, Any]) -> Shown | None:
    """A reply as Rasa sends it to a channel; None if there is nothing to show.

    Args:
        sent: From `BotUttered.message()`.
    """
    reply: Shown = {"from": "bot"}
    if isinstance(text := sent.get("text"), str) and text.strip():
        reply["text"] = text
    for key in ("image", "attachment"):
        if isinstance(address := sent.get(key), str) and address:
            reply[key] = address
    choices = [*(sent.get("buttons") or ()), *(sent.get("quick_replies") or ())]
    if buttons := [one for one in map(_button, choices) if one]:
        reply["buttons"] = buttons
    source = sent.get("source") or {}
    by_person = isinstance(source, Mapping) and source.get("kind") == "person"
    if by_person and isinstance(name := source.get("name"), str):
        reply["name"] = name
    return reply if len(reply) > 1 else None


def _as_sent(event: Mapping[str, Any]) -> dict[str, Any]:
    data, metadata = event.get("data") or {}, event.get("metadata") or {}
    sent = {**data, "text": event.get("text"), **metadata}
    if sent.get("image") == sent.get("attachment"):
        # Rasa writes the image there too.
        sent["attachment"] = None
    return sent


def _button(choice: Any) -> dict[str, str] | None:
    if not isinstance(choice, Mapping) or not isinstance(choice.get("title"), str):
        return None
    title = str(choice["title"])
    return {"title": title, "payload": str(choice.get("payload") or title)}


def _words_of_user(event: Mapping[str, Any]) -> str:
    text = event.get("text")
    if not isinstance(text, str):
        return ""
    metadata = event.get("metadata") or {}
    if metadata.get("is_external"):
        # A reminder, or another program: the user said nothing.
        return ""
    if text.startswith("/"):
        # A button: what stood on it tells more than the intent it sends.
        meant = metadata.get(_MEANT)
        return meant if isinstance(meant, str) else ""
    return text


def _why(
    event: Mapping[str, Any], action: Mapping[str, Any], asked: Mapping[str, Any]
) -> Shown:
    """What is known of the reason for a reply."""
    metadata = event.get("metadata") or {}
    told = action.get("metadata") or {}
    source = metadata.get("source")
    generated = told.get("source") == "generator"
    kind = "generated" if generated else "written"
    why: Shown = {"kind": kind}
    if isinstance(source, Mapping):
        known = {key: source[key] for key in _SHOWN_OF_SOURCE if source.get(key)}
        why.update(known)
    why["action"] = metadata.get("utter_action") or action.get("name")
    intent = (asked.get("parse_data") or {}).get("intent") or {}
    if isinstance(intent, Mapping) and intent.get("name"):
        why["intent"] = {
            "name": intent["name"],
            "confidence": _rounded(intent.get("confidence")),
        }
    if policy := action.get("policy"):
        why["policy"] = str(policy)
    why["confidence"] = _rounded(
        told.get("confidence") if generated else action.get("confidence")
    )
    if generated:
        why.update(_generation(told))
    return why


def _generation(told: Mapping[str, Any]) -> Shown:
    """The words of a generated reply, how sure each was and what it looked at."""
    tokens = told.get("tokens") or []
    sure, looked = told.get("probabilities") or [], told.get("attended") or []
    words = [
        {
            "text": str(token),
            "sure": _rounded(sure[number]) if number < len(sure) else None,
            "looked_at": str(looked[number]) if number < len(looked) else None,
        }
        for number, token in enumerate(tokens)
    ]
    kinds = [found[1] for token in tokens if (found := _FACT.fullmatch(str(token)))]
    copied = [
        {"token": one.get("token"), "from": str(one.get("from"))}
        for one in told.get("copied") or []
        if isinstance(one, Mapping)
    ]
    told_of: Shown = {"words": words, "origin": told.get("origin")}
    if kinds:
        told_of["memory"] = list(dict.fromkeys(kinds))
    if copied:
        told_of["copied"] = copied
    if isinstance(told.get("milliseconds"), int | float):
        told_of["milliseconds"] = told["milliseconds"]
    return told_of


def _rounded(value: Any) -> float | None:
    return round(float(value), 3) if isinstance(value, int | float) else None
