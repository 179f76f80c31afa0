"""All stored conversations, for people at the desk; each look is noted in the audit."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from sanic import response
from sanic.request import Request
from sanic.response import HTTPResponse

from framework_plugin.components.channels.web_history import History
from framework_plugin.components.desk import Desk
from framework_plugin.components.guarded_routes import (
    LONGEST_SENDER,
    Refused,
    is_storable,
    sender_in,
    store_of,
)
from framework_plugin.components.tracker_store import MemoryTrackerStore
from framework_plugin.memory.audit import AuditEntry
from framework_plugin.memory.consent import Consent
from framework_plugin.memory.conversations import (
    Conversation,
    newest_conversations,
    sought_conversations,
)

_LISTED = 30
_SHOWN = 80
"""Characters of the last words."""
_HIGHEST_ROW = 2**31 - 1


async def list_talks(request: Request, desk: Desk) -> HTTPResponse:
    """Conversations, the newest first, or with `user` those of an id like that."""
    store = store_of(request.app)
    words, after = _text(request, "user").strip(), _text(request, "after")
    before = _row(request.args.get("before"))
    found, rest = await asyncio.to_thread(_read, store, words, after or None, before)
    detail = f"{len(found)} conversations"
    entry = AuditEntry(time.time(), _actor(request), "talks list", detail=detail)
    await asyncio.to_thread(store.memory.repository.note, entry)
    content = {"conversations": [_as_json(one) for one in found], **rest}
    return response.json(content, ensure_ascii=False)


async def show_talk(request: Request, desk: Desk, user: str) -> HTTPResponse:
    """The messages of a conversation with their times and sources, a page at a time."""
    sender = sender_in(user)
    store = store_of(request.app)
    row = _row(request.args.get("before"))
    if store.memory.privacy.consent_required:
        told = await store.consent_of(sender)
        if told is None or told.state is not Consent.GIVEN:
            raise Refused(404, "The user has not agreed to be remembered.")
    page = await History(store).stored(sender, row)
    if not page["messages"] and row is None:
        raise Refused(404, "There is no conversation of this user.")
    person = await asyncio.to_thread(store.memory.repository.person, sender)
    detail = f"{len(page['messages'])} messages"
    entry = AuditEntry(time.time(), _actor(request), "talk show", sender, detail)
    await asyncio.to_thread(store.memory.repository.note, entry)
    linked = sorted(person.others(sender))
    content = {"user": sender, "linked": linked, "messages": page["messages"]}
    content["before"] = page["before"]
    return response.json(content, ensure_ascii=False)


def _text(request: Request, key: str) -> str:
    given = request.args.get(key) or ""
    if len(given) > LONGEST_SENDER or not is_storable(given):
        raise Refused(
            400, f"'{key}' must have at most {LONGEST_SENDER} characters, and no NUL."
        )
    return given


def _row(given: str | None) -> int | None:
    if given is None:
        return None
    fine = given.isascii() and given.isdigit() and len(given) <= len(str(_HIGHEST_ROW))
    if not fine or int(given) > _HIGHEST_ROW:
        raise Refused(400, "'before' must be what came with the last page.")
    return int(given)


def _read(
    store: MemoryTrackerStore, words: str, after: str | None, before: int | None
) -> tuple[list[Conversation], dict[str, Any]]:
    """A page, and with what to ask the next one: `before` or `after`, else nulls."""
    only_agreed = store.memory.privacy.consent_required
    with store.memory.repository.reading() as connection:
        if words:
            found, last = sought_conversations(
                connection, words, _LISTED, after, only_agreed=only_agreed
            )
            return found, {"before": None, "after": last}
        found, edge = newest_conversations(
            connection, _LISTED, before, only_agreed=only_agreed
        )
        return found, {"before": edge, "after": None}


def _as_json(one: Conversation) -> dict[str, Any]:
    return {
        "user": one.sender_id,
        "at": one.at,
        "words": one.words[:_SHOWN],
        "channel": one.channel,
    }


def _actor(request: Request) -> str:
    return f"http:{request.ip}"
