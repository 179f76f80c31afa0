"""What is noted of questions and answers, and of whom nothing is."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from framework_plugin.memory.answer_feedback import (
    Feedback,
    Verdicts,
    count_feedback,
    feedback_of,
)
from framework_plugin.memory.consent import Consent, write_consent
from framework_plugin.memory.database import open_engine
from framework_plugin.memory.journal import Journal
from framework_plugin.memory.noting import LONGEST_QUESTION, AnswerNotes
from framework_plugin.memory.opening import Memory
from framework_plugin.memory.privacy import PrivacySettings
from framework_plugin.memory.repository import MemoryRepository
from framework_plugin.memory.tables import unanswered_questions
from framework_plugin.memory.unanswered import (
    Reason,
    State,
    close_questions,
    open_questions,
    unanswered_of,
)
from tests.memory.conftest import emptied

NOW = 1_789_000_000.123456


def memory_of(repository, **privacy):
    folder = Path("unused")
    return Memory(repository, Journal(folder), None, PrivacySettings(**privacy))


def asked(repository):
    with repository.reading() as connection:
        return [one.question for one in open_questions(connection)]


def verdict(helpful=True, question="怎么开发票", passage="invoice_how"):
    return Feedback(passage, question, NOW, helpful, NOW + 5)


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def any_repository(request, tmp_path):
    if request.param == "sqlite":
        engine = open_engine(f"sqlite:///{tmp_path / 'rasa.db'}")
    else:
        name = "postgres_url" if request.param == "postgresql" else "mariadb_url"
        engine = emptied(request.getfixturevalue(name))
    repository = MemoryRepository(engine)
    repository.migrate()
    yield repository
    engine.dispose()


@pytest.mark.slow
def test_questions_and_verdicts_are_kept_on_every_database(any_repository):
    notes = AnswerNotes(memory_of(any_repository))
    long = "𠮷" * 2 * LONGEST_QUESTION
    assert notes.unanswered("alice", long, Reason.NOT_FOUND, NOW)
    assert notes.unanswered("bob", "杯子能刻字吗", Reason.UNHELPFUL, NOW + 1)
    assert notes.feedback("alice", verdict(True))
    assert notes.feedback("alice", verdict(False))
    assert notes.feedback("bob", verdict(False))
    assert notes.feedback("bob", verdict(True, passage="x" * 400))
    with any_repository.reading() as connection:
        first, second = open_questions(connection)
        counts = count_feedback(connection)
    assert first.question == "𠮷" * LONGEST_QUESTION
    assert (first.asked_at, first.reason) == (NOW, Reason.NOT_FOUND)
    # Whoever says something else takes back what they said before.
    assert counts == {"invoice_how": Verdicts(0, 2), "x" * 400: Verdicts(1, 0)}
    with any_repository.writing() as connection:
        close_questions(connection, [first.id], State.ANSWERED, NOW + 9)
        close_questions(connection, [first.id], State.DROPPED, NOW + 10)
        close_questions(connection, [], State.DROPPED, NOW + 10)
    with any_repository.reading() as connection:
        assert open_questions(connection) == [second]
        (closed,) = unanswered_of(connection, "alice")
    assert (closed.state, closed.closed_at) == (State.ANSWERED, NOW + 9)


def test_personal_numbers_are_masked(repository):
    notes = AnswerNotes(memory_of(repository))
    notes.unanswered("alice", "13812345678能收货吗", Reason.NOT_FOUND, NOW)
    notes.feedback("alice", verdict(question="13812345678能收货吗"))
    assert asked(repository) == ["138****5678能收货吗"]
    with repository.reading() as connection:
        (said,) = feedback_of(connection, "alice")
    assert said.question == "138****5678能收货吗"


def test_without_masking_they_are_kept(repository):
    notes = AnswerNotes(memory_of(repository, masking=False))
    notes.unanswered("alice", "13812345678能收货吗", Reason.NOT_FOUND, NOW)
    assert asked(repository) == ["13812345678能收货吗"]


def test_nothing_is_kept_of_users_who_have_not_agreed(repository):
    notes = AnswerNotes(memory_of(repository, consent_required=True))
    with repository.writing() as connection:
        write_consent(connection, "bob", Consent.REFUSED, NOW)
        write_consent(connection, "carol", Consent.GIVEN, NOW)
    for user in ("alice", "bob", "carol"):
        kept = notes.unanswered(user, f"{user}问的", Reason.NOT_FOUND, NOW)
        assert notes.feedback(user, verdict()) is kept is (user == "carol")
    assert asked(repository) == ["carol问的"]


@pytest.mark.parametrize("text", ["杯子能刻字吗，这个别记", "", "  "])
def test_what_shall_not_be_kept_is_not(repository, text):
    notes = AnswerNotes(memory_of(repository))
    assert not notes.unanswered("alice", text, Reason.NOT_FOUND, NOW)
    assert not notes.feedback("alice", verdict(question=text))
    assert asked(repository) == []


def test_who_is_forgotten_leaves_nothing_and_others_stay(repository, engine):
    notes = AnswerNotes(memory_of(repository))
    for user in ("alice", "bob"):
        notes.unanswered(user, f"{user}问的事", Reason.NOT_FOUND, NOW)
        notes.feedback(user, verdict(question=f"{user}问的事"))
    repository.forget("alice")
    assert asked(repository) == ["bob问的事"]
    with repository.reading() as connection:
        assert feedback_of(connection, "alice") == []
        assert len(feedback_of(connection, "bob")) == 1
    files = Path(engine.url.database).parent.iterdir()
    assert "alice问的事".encode() not in b"".join(file.read_bytes() for file in files)


def test_a_user_can_take_all_of_it_along(repository):
    notes = AnswerNotes(memory_of(repository))
    notes.unanswered("alice", "杯子能刻字吗", Reason.UNHELPFUL, 0.0)
    notes.feedback("alice", verdict(helpful=False))
    exported = repository.export("alice")
    assert exported["unanswered"] == [
        {
            "sender_id": "alice",
            "question": "杯子能刻字吗",
            "reason": "unhelpful",
            "asked_at": "1970-01-01T00:00:00+00:00",
            "state": "open",
            "closed_at": None,
        }
    ]
    (said,) = exported["answer_feedback"]
    assert (said["passage"], said["helpful"]) == ("invoice_how", False)


def test_what_is_old_goes_with_old_sessions(repository, engine):
    notes = AnswerNotes(memory_of(repository))
    with engine.begin() as connection:
        connection.execute(
            sa.text(
                "INSERT INTO events (sender_id, type_name, timestamp, data)"
                " VALUES ('alice', 'user', 1.0, '{}')"
            )
        )
    notes.unanswered("alice", "旧的", Reason.NOT_FOUND, 1.0)
    notes.unanswered("alice", "新的", Reason.NOT_FOUND, 3.0)
    repository.retire(before=2.0)
    assert asked(repository) == ["新的"]


def test_the_words_are_encrypted_where_there_is_a_key(tmp_path):
    key = "ZmDfcTF7_60GrrY167zsiPd67pEvs0aGOv2oasOM1Pg="
    privacy = PrivacySettings(encryption_keys=(key,))
    url = f"sqlite:///{tmp_path / 'rasa.db'}"
    repository = MemoryRepository(open_engine(url, privacy.cipher))
    repository.migrate()
    AnswerNotes(memory_of(repository)).unanswered(
        "alice", "杯子能刻字吗", Reason.NOT_FOUND, NOW
    )
    assert asked(repository) == ["杯子能刻字吗"]
    with repository.reading() as connection:
        raw = sa.select(sa.type_coerce(unanswered_questions.c.question, sa.Text))
        assert connection.execute(raw).scalar_one().startswith("enc1:")
