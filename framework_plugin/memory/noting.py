"""What is noted of questions and answers, if their user lets it be kept."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy.engine import Connection

from framework_plugin.memory.answer_feedback import Feedback, write_feedback
from framework_plugin.memory.consent import Consent, read_consent
from framework_plugin.memory.link_codes import is_code, without_codes
from framework_plugin.memory.masking import mask
from framework_plugin.memory.opening import Memory
from framework_plugin.memory.unanswered import Reason, write_unanswered
from framework_plugin.memory.unsaying import asks_to_unsay

LONGEST_QUESTION = 500
"""Characters of a question that are kept."""


class AnswerNotes:
    """Notes questions without an answer, and whether answers helped.

    What may be kept is what the tracker store may keep: nothing of users who have not
    agreed where they must, no message of which its user says 这个别记, no code that
    links accounts; personal numbers are masked.

    Args:
        memory: Where it is kept.
    """

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def unanswered(
        self, sender_id: str, question: str, reason: Reason, at: float
    ) -> bool:
        """Notes a question; see `write_unanswered`.

        Returns:
            Whether it was kept.

        Raises:
            MemoryStoreError: If the database cannot be written.
        """
        kept = self._kept(question)
        if not kept:
            return False
        with self._memory.repository.writing() as connection:
            if not self._agreed(connection, sender_id):
                return False
            write_unanswered(connection, sender_id, kept, reason, at)
        return True

    def feedback(self, sender_id: str, feedback: Feedback) -> bool:
        """Notes what a user says of an answer; see `write_feedback`.

        Returns:
            Whether it was kept.

        Raises:
            MemoryStoreError: If the database cannot be written.
        """
        kept = self._kept(feedback.question)
        if not kept:
            return False
        with self._memory.repository.writing() as connection:
            if not self._agreed(connection, sender_id):
                return False
            write_feedback(connection, sender_id, replace(feedback, question=kept))
        return True

    def _kept(self, question: str) -> str:
        """The words as they may be stored; empty if they may not."""
        if asks_to_unsay(question):
            return ""
        text = question.strip()[:LONGEST_QUESTION]
        if is_code(text):
            text = without_codes(text)
        return mask(text) if self._memory.privacy.masking else text

    def _agreed(self, connection: Connection, sender_id: str) -> bool:
        if not self._memory.privacy.consent_required:
            return True
        return read_consent(connection, sender_id) is Consent.GIVEN
