"""What the user said before that matters to the very message being answered.

When a tracker is read its message is not known yet, and a policy has no database. So
the tracker carries a way to ask for it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotInTime
from dataclasses import replace

from rasa.shared.core.events import UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from framework_plugin.components.user_memory import current_user_context
from framework_plugin.corpus.dialogue import Speaker, Turn
from framework_plugin.corpus.user_context import UserContext
from framework_plugin.errors import MemoryStoreError
from framework_plugin.memory.repository import EARLIER_TURNS, MemoryRepository

logger = logging.getLogger(__name__)

_PATIENCE = 0.05
"""Seconds to wait for the database; it takes a few thousandths. Rasa asks a policy
while nothing else goes on, so this holds up every user."""

_THREADS = 2

Recall = Callable[[str, float, float], tuple[Turn, ...]]
"""Gives the earlier turns that matter to a text, the one that matters most last; with
the present moment, and the time before which they were said, in seconds since the
epoch."""


class Recaller:
    """Asks the memory for turns, and does without where it is slow or away.

    Args:
        repository: The memory.
    """

    def __init__(self, repository: MemoryRepository) -> None:
        self._repository = repository
        self._threads = ThreadPoolExecutor(_THREADS, "recall")

    def of(self, sender_id: str) -> Recall:
        """What a tracker of a sender carries."""

        def recall(text: str, at: float, before: float) -> tuple[Turn, ...]:
            return self._turns(sender_id, text, at, before)

        return recall

    def _turns(
        self, sender_id: str, text: str, at: float, before: float
    ) -> tuple[Turn, ...]:
        asked = self._threads.submit(
            self._repository.recall, sender_id, text, at, before=before
        )
        try:
            found = asked.result(_PATIENCE)
        except (NotInTime, MemoryStoreError) as error:
            asked.cancel()
            why = error or "the database took too long"
            logger.warning("Nothing was recalled of '%s': %s.", sender_id, why)
            return ()
        return tuple(Turn(Speaker.USER, o.text, o.said_at) for o in reversed(found))


def recalled_user_context(tracker: DialogueStateTracker) -> UserContext:
    """`current_user_context`, with what matters to the message as its last turns.

    A generator that has room for a few turns reads the last ones.
    """
    user = current_user_context(tracker)
    recall: Recall | None = getattr(tracker, "recall", None)
    messages = [e for e in tracker.events if isinstance(e, UserUttered)]
    text = messages[-1].text if messages else None
    if recall is None or not text or text.startswith("/"):
        return user
    recalled = recall(text, messages[-1].timestamp, messages[0].timestamp)
    words = {turn.text for turn in recalled}
    others = (turn for turn in user.earlier_turns if turn.text not in words)
    turns = (*others, *recalled)[-EARLIER_TURNS:]
    return replace(user, earlier_turns=turns)
