"""Looking questions up, and noting what was not found: neither holds up the talk."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import TypeVar

from actions.resources import Resources
from framework_plugin.errors import DocumentError, PersonalChatError
from framework_plugin.memory.answer_feedback import Feedback
from framework_plugin.memory.noting import AnswerNotes
from framework_plugin.memory.unanswered import Reason
from framework_plugin.retrieval import Hit, Passage
from framework_plugin.retrieval.asking import Asked, ask

logger = logging.getLogger(__name__)

OPEN_SECONDS = 60.0
SEARCH_SECONDS = 5.0
NOTE_SECONDS = 2.0
_TRIES = 2

T = TypeVar("T")


class Lookup:
    """Finds answers, and notes what users say of them.

    The work is done beside the event loop of the action server, so that a slow disk or
    database keeps nobody else waiting. What may have failed by chance is tried again
    once; what takes too long is not waited for.

    Args:
        resources: Holds the documents and the memory.
        audience: Groups to which the user belongs; see `audience_of`.
        search_seconds: How long an answer is waited for.
        note_seconds: How long a note is waited for; it goes on being written.
    """

    def __init__(
        self,
        resources: Resources,
        audience: Collection[str] = (),
        search_seconds: float = SEARCH_SECONDS,
        note_seconds: float = NOTE_SECONDS,
    ) -> None:
        self._resources = resources
        self._audience = audience
        self._search_seconds = search_seconds
        self._note_seconds = note_seconds

    async def asked(self, text: str, earlier: Sequence[str]) -> tuple[Asked, ...]:
        """What is found for a message; see `ask`.

        Raises:
            PersonalChatError: The documents cannot be used, or not in time.
        """
        return await self._beside(lambda: ask(self._search, text, earlier))

    async def near(self, text: str, limit: int = 5) -> Sequence[Hit]:
        """What comes near a question, best first.

        Raises:
            PersonalChatError: The documents cannot be used, or not in time.
        """
        return await self._beside(lambda: self._search(text, limit))

    async def passages(self, ids: Sequence[str]) -> list[Passage]:
        """The passages of some ids that are still there, and for the user.

        Raises:
            PersonalChatError: The documents cannot be used, or not in time.
        """

        def found() -> list[Passage]:
            known = (self._resources.faq.passage(id_) for id_ in ids)
            return [one for one in known if one and one.is_for(self._audience)]

        return await self._beside(found)

    async def note_unanswered(
        self, sender_id: str, question: str, reason: Reason, at: float
    ) -> None:
        """Notes a question without an answer; if that fails, the log says so."""
        await self._note(
            lambda: self._notes().unanswered(sender_id, question, reason, at)
        )

    async def note_feedback(self, sender_id: str, said: Sequence[Feedback]) -> None:
        """Notes whether answers helped; if that fails, the log says so."""

        def note() -> None:
            for one in said:
                self._notes().feedback(sender_id, one)

        await self._note(note)

    def _search(self, query: str, limit: int = 5) -> list[Hit]:
        return self._resources.faq.search(query, limit, audience=self._audience)

    def _notes(self) -> AnswerNotes:
        return AnswerNotes(self._resources.opened)

    async def _beside(self, work: Callable[[], T]) -> T:
        """Does work in a thread, in time or not at all.

        The first question waits longer, while the documents are opened.
        """
        await _in_time(lambda: self._resources.faq, OPEN_SECONDS)
        return await _in_time(partial(_tried_again, work), self._search_seconds)

    async def _note(self, work: Callable[[], object]) -> None:
        doing = asyncio.to_thread(partial(_tried_again, work))
        try:
            await asyncio.wait_for(doing, self._note_seconds)
        except (PersonalChatError, OSError) as error:
            logger.error("What was said of an answer is not noted: %s", error)
        except asyncio.TimeoutError:
            logger.error("The database is slow: a note is still being written.")


async def _in_time(work: Callable[[], T], seconds: float) -> T:
    try:
        return await asyncio.wait_for(asyncio.to_thread(work), seconds)
    except asyncio.TimeoutError as error:
        raise DocumentError(
            f"The documents did not answer within {seconds:g} seconds. Expected a"
            " fraction of that: look at the load of this machine and at the database"
            " that endpoints.yml names."
        ) from error


def _tried_again(work: Callable[[], T]) -> T:
    """Does work, and once more if it fails: a connection may have been lost."""
    for _ in range(_TRIES - 1):
        try:
            return work()
        except PersonalChatError as error:
            logger.warning("Trying again: %s", error)
    return work()
