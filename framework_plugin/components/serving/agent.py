"""Rasa's agent for many users at once."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from rasa.core.channels.channel import UserMessage
from rasa.core.exceptions import AgentNotReady

from framework_plugin.components.guarded_routes import Refused, store_behind
from framework_plugin.components.serving import metrics
from framework_plugin.components.serving.processor import ConcurrentProcessor
from framework_plugin.components.serving.quick_agent import QuickAgent
from framework_plugin.components.serving.turn import (
    REQUEST_ID,
    TURN,
    TurnRecord,
    new_id,
)
from framework_plugin.components.serving.turn_clock import CLOCK, WAITING

logger = logging.getLogger(__name__)

Note = Callable[[TurnRecord, BaseException | None], None]


class ServingAgent(QuickAgent):
    """Answers users side by side, and counts and notes every turn.

    Args:
        threads: How many messages are understood and predicted for at once.
        note: Told of every turn that is over, and of what it failed by.
        channels: The names that turns are counted under; whoever writes to Rasa's
            own channel `rest` may name any.
        arguments: Rasa's.
    """

    def __init__(
        self, *, threads: int, note: Note, channels: frozenset[str], **arguments: Any
    ) -> None:
        super().__init__(**arguments)
        self.under_way = 0
        self._threads = threads
        self._note = note
        self._channels = channels
        self._watch = metrics.StoreWatch()

    def _processor(self, **arguments: Any) -> ConcurrentProcessor:
        return ConcurrentProcessor(threads=self._threads, **arguments)

    async def handle_message(self, message: UserMessage) -> list[dict[str, Any]] | None:
        """Answers a message when those before it in the conversation are answered.

        Raises:
            AgentNotReady: If there is no model.
        """
        if self.processor is None:
            raise AgentNotReady("There is no model that could answer.")
        turn = TurnRecord(
            new_id(REQUEST_ID.get()),
            self._channel_of(message),
            message.sender_id,
            message.text or "",
        )
        TURN.set(turn)
        CLOCK.set(turn.clock)
        self.under_way += 1
        metrics.UNDER_WAY.inc()
        failure: BaseException | None = None
        try:
            async with self.lock_store.lock(message.sender_id):
                turn.clock.seconds[WAITING] = turn.clock.total
                answers = await self.processor.handle_message(message)
            return list(answers) if answers is not None else None
        except BaseException as error:
            failure = error
            if isinstance(error, Exception):
                # Here it is known whose words are not to be logged.
                logger.exception("A turn failed.")
            raise
        finally:
            self.under_way -= 1
            metrics.UNDER_WAY.dec()
            self._finish(turn, failure)

    def _channel_of(self, message: UserMessage) -> str:
        name = message.input_channel
        return name if name in self._channels else "other"

    def _finish(self, turn: TurnRecord, failure: BaseException | None) -> None:
        metrics.count_turn(turn, failed=failure is not None)
        try:
            store = store_behind(self)
        except Refused:
            pass
        else:
            self._watch.look(store.failures, journal=store.memory.journal.waiting)
        self._note(turn, failure)
        # TURN stays: what a channel logs of a failure is still of this turn.
        CLOCK.set(None)
