"""What people at the desk say gets to the user, by the channel of the conversation."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable, Sequence

from rasa.core.agent import Agent
from rasa.core.channels.channel import InputChannel, OutputChannel
from rasa.shared.core.events import BotUttered

from framework_plugin.handover.entry import Reply
from framework_plugin.handover.outbox import Outbox

logger = logging.getLogger(__name__)


class Delivery:
    """Says what is due, and writes it into the conversations.

    A channel that can speak first, such as Socket.IO, a messenger or a callback, says
    it at once. Channels that only answer, such as REST, have no output channel of their
    own: there it waits for the user's next message, or for somebody to fetch it.

    Args:
        outbox: What is due.
        agent: Has the conversations, and their locks.
        channels: Those that the server serves.
    """

    def __init__(
        self, outbox: Outbox, agent: Agent, channels: Iterable[InputChannel]
    ) -> None:
        self._outbox = outbox
        self._agent = agent
        self._channels = {channel.name(): channel for channel in channels}

    async def deliver_all(self) -> int:
        """Says what is due wherever a channel can speak first.

        Returns:
            How many messages were said.
        """
        due = await asyncio.to_thread(self._outbox.due_senders, time.time())
        count = 0
        for sender_id, name in due:
            channel = self._channel(name)
            if channel is not None:
                count += len(await self.deliver(sender_id, channel))
        return count

    async def deliver(self, sender_id: str, channel: OutputChannel) -> Sequence[Reply]:
        """Says what is due to one user.

        Nothing is said while a message of the user is being answered.

        Args:
            sender_id: Whose conversation it is.
            channel: Where to say it.

        Returns:
            What was said; nothing if the conversation is unknown. What a channel does
            not take stays due.
        """
        said: list[Reply] = []
        async with self._agent.lock_store.lock(sender_id):
            tracker = await self._agent.tracker_store.retrieve(sender_id)
            if tracker is None:
                return said
            replies = await asyncio.to_thread(
                self._outbox.claim_due, sender_id, time.time()
            )
            for reply in replies:
                event = BotUttered(reply.text, metadata={"source": reply.source})
                try:
                    await channel.send_response(sender_id, event.message())
                except Exception as error:
                    # Whatever a channel raises: it is tried again in a minute.
                    logger.error(
                        "Channel '%s' did not take what was said to '%s': %s",
                        *(channel.name(), sender_id, error),
                    )
                    break
                tracker.update(event)
                said.append(reply)
            if said:
                await self._agent.tracker_store.save(tracker)
        return said

    def _channel(self, name: str | None) -> OutputChannel | None:
        """The output channel of a conversation; None if it cannot speak first."""
        channel = self._channels.get(name or "")
        return channel.get_output_channel() if channel else None
