"""A message that a page sends twice is answered once, whichever server it reaches."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import redis

from framework_plugin.components.channels.shared_notes import notes_in_redis
from framework_plugin.components.channels.web_history import History
from framework_plugin.components.channels.web_hub import Hub
from framework_plugin.components.channels.web_turn import Asked

logger = logging.getLogger(__name__)

_ANSWERING = 60.0
"""Seconds in which a message is answered. Later it is found in the history; or its
server has died, and it may be sent again."""


async def is_new(
    agent: Any, hub: Hub, history: History, sender_id: str, asked: Asked
) -> bool:
    """Whether a message is to be answered; then it no longer is new.

    Args:
        agent: Rasa's, whose lock store may have a Redis that servers share.
        hub: Knows what came to this server.
        history: Knows what was answered.
        sender_id: Whose message.
        asked: The message.

    Raises:
        MemoryStoreError: If it was sent before and the database cannot be read.
    """
    if asked.again and await history.has(sender_id, asked.id):
        return False
    return hub.take(sender_id, asked.id) and await _is_new_to_others(
        agent, sender_id, asked.id
    )


async def _is_new_to_others(agent: Any, sender_id: str, message_id: str) -> bool:
    notes = notes_in_redis(agent)
    if notes is None:
        return True
    key = f"web:{sender_id}:{message_id}"
    try:
        return await asyncio.to_thread(notes.put_new, key, "taken", _ANSWERING)
    except redis.RedisError as error:
        logger.warning("Whether other servers have a message is not known: %s", error)
        return True
