"""What a visitor thinks of a reply, given by the thumbs under it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any

from framework_plugin.components.channels.web_history import History, judged_as
from framework_plugin.components.channels.web_messages import Shown, shown_messages
from framework_plugin.components.guarded_routes import Refused
from framework_plugin.components.tracker_store import MemoryTrackerStore
from framework_plugin.memory.answer_feedback import Feedback
from framework_plugin.memory.noting import AnswerNotes
from framework_plugin.memory.unanswered import Reason


async def judge(
    store: MemoryTrackerStore, sender_id: str, content: Mapping[str, Any]
) -> bool:
    """Keeps a verdict, as the words 有帮助 and 没帮助 would.

    A question whose answer from the documents did not help counts as unanswered.

    Args:
        store: Where the conversation is.
        sender_id: Whose it is.
        content: `id` of the reply and whether it was `helpful`.

    Returns:
        Whether it was kept: not where the visitor has not agreed to be remembered.

    Raises:
        Refused: If there is no such reply in the conversation of this visitor.
        MemoryStoreError: If the database cannot be reached.
    """
    reply_id, helpful = content.get("id"), content.get("helpful")
    if type(reply_id) is not int or reply_id < 1 or not isinstance(helpful, bool):
        raise Refused(400, 'The body must be of the form {"id": 7, "helpful": true}.')
    messages = shown_messages(await History(store).around(sender_id, reply_id))
    asked, reply = _turn_of(messages, reply_id)
    why = reply["why"]
    question = str(why.get("query") or asked["text"])
    feedback = Feedback(
        judged_as(why), question, float(asked["at"]), helpful, time.time()
    )
    notes = AnswerNotes(store.memory)
    kept = await asyncio.to_thread(notes.feedback, sender_id, feedback)
    if kept and not helpful and why.get("entry"):
        reason, at = Reason.UNHELPFUL, feedback.answered_at
        await asyncio.to_thread(notes.unanswered, sender_id, question, reason, at)
    return kept


def _turn_of(messages: list[Shown], reply_id: int) -> tuple[Shown, Shown]:
    """A reply and the message that it answers."""
    reply = next((one for one in messages if one["id"] == reply_id), None)
    said = [one for one in messages if one["from"] == "user" and one["id"] < reply_id]
    if reply is None or reply["from"] != "bot" or not said:
        raise Refused(404, "There is no such reply to a message of yours.")
    return said[-1], reply
