"""`这个别记` takes out what was noted of a question, too."""

import pytest
from rasa.shared.core.events import UserUttered

from framework_plugin.memory.answer_feedback import Feedback, feedback_of
from framework_plugin.memory.noting import AnswerNotes
from framework_plugin.memory.unanswered import Reason, unanswered_of
from tests.components.talking import open_store, turn


async def at_of_latest(store, user):
    """When the latest message was said, as the action server is told."""
    tracker = await store.retrieve(user)
    return [e.timestamp for e in tracker.events if isinstance(e, UserUttered)][-1]


async def asked_and_noted(store, text):
    await turn(store, "alice", text)
    at = await at_of_latest(store, "alice")
    notes = AnswerNotes(store.memory)
    notes.unanswered("alice", text, Reason.NOT_FOUND, at)
    notes.feedback("alice", Feedback("a.md#1", text, at, False, at + 1))


def noted(store):
    with store.memory.repository.reading() as connection:
        questions = [one.question for one in unanswered_of(connection, "alice")]
        return questions, [one.question for one in feedback_of(connection, "alice")]


@pytest.mark.parametrize("text", ["这个别记", "刚才说的别记"])
async def test_what_was_noted_of_the_message_before_goes(tmp_path, text):
    store = open_store(tmp_path / "memory" / "rasa.db")
    await asked_and_noted(store, "早先问的事怎么办")
    await asked_and_noted(store, "我离婚了茶怎么分")
    await turn(store, "alice", text)
    assert noted(store) == (["早先问的事怎么办"], ["早先问的事怎么办"])
    files = (tmp_path / "memory").iterdir()
    content = b"".join(file.read_bytes() for file in files)
    assert "离婚".encode() not in content
