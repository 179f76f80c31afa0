"""Rasa's processor, which lets other conversations go on while it thinks.

Rasa understands messages and predicts actions in the event loop itself: while it
searches for one user's reply, everybody waits, and so do health checks. Here both run
in a few threads. TensorFlow, ONNX Runtime and NumPy let go of the interpreter while
they compute. What the parts of a model keep between messages is made when it is loaded
and by the message that warms it up, and is only read thereafter; the cache of the
response policy has a lock. A tracker belongs to one turn, and the turns of a
conversation are kept apart by the lock store.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import Any, TypeVar

from rasa.core.actions.action import Action
from rasa.core.channels.channel import OutputChannel, UserMessage
from rasa.exceptions import ActionLimitReached
from rasa.shared.core.trackers import DialogueStateTracker

from framework_plugin.components.serving.quick_processor import QuickProcessor
from framework_plugin.components.serving.turn import TURN
from framework_plugin.components.serving.turn_clock import (
    ACTIONS,
    NLU,
    POLICIES,
    SAVE,
    TRACKER,
    part,
)

Result = TypeVar("Result")


class ConcurrentProcessor(QuickProcessor):
    """Understands and predicts in threads, and measures the parts of a turn.

    Args:
        threads: How many messages are understood and predicted for at once.
        arguments: Rasa's.
    """

    def __init__(self, *, threads: int, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._threads = ThreadPoolExecutor(threads, "turn")

    async def get_tracker(self, conversation_id: str) -> DialogueStateTracker:
        """See Rasa."""
        with part(TRACKER):
            return await super().get_tracker(conversation_id)

    async def parse_message(
        self,
        message: UserMessage,
        tracker: DialogueStateTracker | None = None,
        only_output_properties: bool = True,
    ) -> dict[str, Any]:
        """See Rasa."""
        parsing = super().parse_message(message, tracker, only_output_properties)
        with part(NLU):
            if self.http_interpreter:
                parsed = await parsing
            else:
                # Nothing in it is waited for.
                parsed = await self._aside(partial(_result_of, parsing))
        return dict(parsed)

    async def save_tracker(self, tracker: DialogueStateTracker) -> None:
        """See Rasa."""
        turn = TURN.get()
        if turn is not None:
            turn.note(tracker.events)
        with part(SAVE):
            await super().save_tracker(tracker)

    async def _run_action(self, action: Action, *args: Any, **kwargs: Any) -> bool:
        with part(ACTIONS):
            return bool(await super()._run_action(action, *args, **kwargs))

    async def _run_prediction_loop(
        self, output_channel: OutputChannel, tracker: DialogueStateTracker
    ) -> None:
        """Predicts and acts until it is the user's turn, as Rasa's own loop does."""
        goes_on = True
        while goes_on and self._should_handle_message(tracker):
            predict = partial(self.predict_next_with_tracker_if_should, tracker)
            try:
                with part(POLICIES):
                    action, prediction = await self._aside(predict)
            except ActionLimitReached:
                if self.on_circuit_break:
                    self.on_circuit_break(tracker, output_channel, self.nlg)
                return
            if prediction.is_end_to_end_prediction:
                tracker = await self.run_action_extract_slots(output_channel, tracker)
            goes_on = await self._run_action(
                action, tracker, output_channel, self.nlg, prediction
            )

    async def _aside(self, work: Callable[[], Result]) -> Result:
        """Does something in a thread, with the turn that it belongs to."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, copy_context().run, work)


def _result_of(work: Coroutine[Any, Any, Result]) -> Result:
    """What a coroutine returns that never waits."""
    try:
        work.send(None)
    except StopIteration as end:
        result: Result = end.value
        return result
    work.close()
    raise RuntimeError("Rasa waits for something while it understands a message.")
