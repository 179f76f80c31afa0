"""Encryption at rest on real files and servers: nothing readable, nothing lost."""

import json
import sqlite3

import pytest
import sqlalchemy as sa
from cryptography.fernet import Fernet

from framework_plugin.corpus.user_context import FactKind
from framework_plugin.errors import MemoryStoreError, SettingsError
from framework_plugin.memory.archive import Archive
from framework_plugin.memory.changes import FactChange, Operation
from framework_plugin.memory.database import open_engine
from framework_plugin.memory.encryption import Cipher
from framework_plugin.memory.history import newest_session
from framework_plugin.memory.journal import Journal
from framework_plugin.memory.opening import open_memory
from framework_plugin.memory.repository import MemoryRepository
from framework_plugin.memory.rotation import rotate, rows_to_rotate
from framework_plugin.memory.summaries import summarise_before
from framework_plugin.memory.tables import events, user_facts
from tests.memory.conftest import emptied
from tests.memory.test_search import told
from tests.memory.test_summaries import event

OLD, NEW = (Fernet.generate_key().decode() for _ in range(2))
SAID = "欧阳翀住在成都"
LIKE = FactKind.LIKE


def opened_with(url, *keys):
    cipher = Cipher(keys) if keys else None
    repository = MemoryRepository(open_engine(url, cipher))
    repository.migrate()
    return repository


def url_of(path):
    return f"sqlite:///{path / 'rasa.db'}"


def fill(repository, user="alice", count=1):
    repository.learn(user, [FactChange.telling(FactKind.NAME, "欧阳翀")], 1.0)
    with repository.writing() as connection:
        for number in range(count):
            data = json.dumps({"event": "user", "text": SAID, "timestamp": number + 1})
            row = {"sender_id": user, "type_name": "user", "timestamp": number + 1}
            connection.execute(sa.insert(events).values(**row, data=data))


def said(repository, user="alice"):
    return [turn["text"] for turn in repository.export(user)["conversation"]]


def name(repository, user="alice"):
    return repository.user_context(user).value(FactKind.NAME)


def raw(path):
    found = b"".join(file.read_bytes() for file in path.iterdir())
    return found.decode("utf-8", "replace")


def readable(text):
    return any(
        word in text for word in (SAID, "欧阳翀", json.dumps("欧阳翀")[1:-1], "成都")
    )


def test_no_file_holds_a_readable_word(tmp_path):
    plain, sealed = tmp_path / "plain", tmp_path / "sealed"
    for path, keys in ((plain, ()), (sealed, (NEW,))):
        repository = opened_with(url_of(path), *keys)
        fill(repository)
        assert name(repository) == "欧阳翀"
        assert said(repository) == [SAID]
    assert readable(raw(plain))
    assert not readable(raw(sealed))


def test_facts_behave_the_same_when_they_are_sealed(tmp_path):
    repository = opened_with(url_of(tmp_path), NEW)
    for value in ("咖啡", "攀岩", "咖啡"):
        repository.learn("alice", [FactChange.telling(LIKE, value)], 1.0)
    repository.learn("alice", [FactChange(Operation.REMOVE, LIKE, "攀岩")], 2.0)
    assert repository.user_context("alice").values(LIKE) == ("咖啡",)


@pytest.mark.parametrize("keys", [(), (NEW,)], ids=["plain", "sealed"])
def test_no_fact_is_stored_twice_even_past_the_code(tmp_path, keys):
    repository = opened_with(url_of(tmp_path), *keys)
    row = {"user_id": "alice", "kind": "like", "value": "咖啡", "said_at": 1.0}
    with repository.engine.begin() as connection:
        connection.execute(sa.insert(user_facts).values(**row))
    with (
        pytest.raises(sa.exc.IntegrityError),
        repository.engine.begin() as connection,
    ):
        connection.execute(sa.insert(user_facts).values(**row))


def test_the_same_fact_of_two_users_does_not_look_the_same(tmp_path):
    repository = opened_with(url_of(tmp_path), NEW)
    for user in ("alice", "bob"):
        repository.learn(user, [FactChange.telling(LIKE, "咖啡")], 1.0)
    with sqlite3.connect(tmp_path / "rasa.db") as connection:
        rows = connection.execute("SELECT value, digest FROM user_facts").fetchall()
    assert len({value for row in rows for value in row}) == 4


@pytest.mark.parametrize("keys", [(), (OLD,)], ids=["no key", "another key"])
def test_without_its_key_a_database_cannot_be_opened(tmp_path, keys):
    fill(opened_with(url_of(tmp_path), NEW), count=2)
    with pytest.raises(MemoryStoreError, match="encryption_key") as failure:
        opened_with(url_of(tmp_path), *keys)
    assert Cipher([NEW]).newest in str(failure.value)
    for key in (OLD, NEW):
        assert key not in str(failure.value)
    again = opened_with(url_of(tmp_path), NEW)
    assert name(again) == "欧阳翀"
    assert said(again) == [SAID, SAID]


def test_a_row_whose_key_is_missing_is_an_error_and_no_empty_history(tmp_path):
    one = opened_with(url_of(tmp_path), OLD)
    fill(one)
    # Another process has a newer key already.
    fill(opened_with(url_of(tmp_path), NEW, OLD))
    with pytest.raises(MemoryStoreError, match=Cipher([NEW]).newest):
        said(one)


def test_a_damaged_sealed_row_is_left_out_with_a_warning(tmp_path, caplog):
    repository = opened_with(url_of(tmp_path), NEW)
    fill(repository, count=2)
    with sqlite3.connect(tmp_path / "rasa.db") as connection:
        connection.execute(
            "UPDATE events SET data = substr(data, 1, 60) || 'AAAA' || substr(data, 65)"
            " WHERE id = 1"
        )
        connection.execute("UPDATE user_facts SET value = substr(value, 1, 40)")
    assert said(repository) == [SAID]
    assert name(repository) is None
    assert "damaged" in caplog.text


def test_a_sealed_column_refuses_to_be_compared(tmp_path):
    with pytest.raises(TypeError, match="sealed"):
        sa.select(user_facts).where(user_facts.c.value == "咖啡")


def test_nobody_can_say_what_looks_sealed(tmp_path):
    repository = opened_with(url_of(tmp_path))
    fake = Cipher([OLD]).seal("x")
    repository.learn("alice", [FactChange.telling(LIKE, fake)], 1.0)
    assert repository.user_context("alice").values(LIKE) == (f" {fake}",)


def check_rotation(url):
    plain = opened_with(url)
    fill(plain, count=7)
    sealed = opened_with(url, OLD)
    fill(sealed, "bob", count=5)
    assert said(sealed) == [SAID] * 7
    both = opened_with(url, NEW, OLD)
    cipher = Cipher([NEW, OLD])
    # Interrupted after the first batch, and begun again.
    next(rotate(both.engine, cipher, batch=3))
    done = sum(rotate(both.engine, cipher, batch=3))
    assert done == rows_to_rotate(both.engine) == 14
    only = opened_with(url, NEW)
    for user, count in (("alice", 7), ("bob", 5)):
        assert said(only, user) == [SAID] * count
        assert name(only, user) == "欧阳翀"
        only.learn(user, [FactChange.telling(FactKind.NAME, "欧阳翀")], 9.0)
        assert only.user_context(user).values(FactKind.NAME) == ("欧阳翀",)
    with pytest.raises(MemoryStoreError, match="encryption_key"):
        opened_with(url, OLD)
    return only


def test_rotation_seals_everything_anew_and_goes_on_where_it_was(tmp_path):
    only = check_rotation(url_of(tmp_path))
    only.clear_log()
    found = raw(tmp_path)
    assert not readable(found)
    assert f"enc1:{Cipher([OLD]).newest}" not in found


def recalled(repository, text):
    return [one.text for one in repository.recall("alice", text, 100.0)]


def test_old_messages_are_found_and_forgotten_while_the_key_is_changed(tmp_path):
    url = url_of(tmp_path)
    told(opened_with(url, OLD), "alice", "我在敦煌看过日出", 1.0)
    told(opened_with(url, OLD), "alice", "我喜欢咖啡", 2.0)
    both = opened_with(url, NEW, OLD)
    told(both, "alice", "敦煌的日落也好看", 3.0)
    assert set(recalled(both, "敦煌")) == {"我在敦煌看过日出", "敦煌的日落也好看"}
    (found,) = both.recall("alice", "日出", 100.0)
    assert found.shared == {"日出"}
    event(both, "alice", "session_started", 4.0)
    with both.writing() as connection:
        summarise_before(connection, "alice", newest_session(connection, "alice"))
    assert "敦煌" in both.sessions("alice")[0].topics
    told(both, "alice", "别记我喜欢咖啡了", 5.0)
    assert recalled(both, "咖啡") == []
    # What the command does; afterwards the old key is gone.
    sum(rotate(both.engine, Cipher([NEW, OLD])))
    both.index()
    only = opened_with(url, NEW)
    assert set(recalled(only, "敦煌")) == {"我在敦煌看过日出", "敦煌的日落也好看"}
    assert recalled(only, "咖啡") == []


@pytest.mark.slow
def test_rotation_on_postgresql(postgres_url):
    emptied(postgres_url)
    try:
        check_rotation(postgres_url)
    finally:
        emptied(postgres_url)


@pytest.mark.slow
def test_rotation_on_mariadb(mariadb_url):
    emptied(mariadb_url)
    try:
        check_rotation(mariadb_url)
    finally:
        emptied(mariadb_url)


def test_journal_and_archive_are_sealed_and_rotated(tmp_path):
    place, folder = tmp_path / "j" / "unsaved.jsonl", tmp_path / "old"
    entry = {"sender_id": "alice", "event": {"text": SAID}}
    Journal(place, Cipher([OLD])).add([entry])
    Archive(folder, Cipher([OLD])).add("alice", [json.dumps({"text": SAID})])
    both = Cipher([NEW, OLD])
    journal, archive = Journal(place, both), Archive(folder, both)
    journal.add([entry])
    archive.add("alice", [json.dumps({"text": "又一句"})])
    journal.reseal()
    assert len(list(archive.reseal())) == 1
    for path in (place.parent, folder):
        assert not readable(raw(path))
        assert f"enc1:{Cipher([OLD]).newest}" not in raw(path)
    assert Journal(place, Cipher([NEW])).entries() == [entry, entry]
    texts = [
        json.loads(x)["text"] for x in Archive(folder, Cipher([NEW])).read("alice")
    ]
    assert texts == [SAID, "又一句"]
    with pytest.raises(MemoryStoreError, match="encryption_key"):
        Journal(place, Cipher([OLD])).entries()
    with pytest.raises(MemoryStoreError, match="encryption_key"):
        Archive(folder).read("alice")
    journal.remove("alice")
    assert not place.exists()


@pytest.mark.parametrize(
    ("value", "wrong"),
    [
        ("${MEMORY_KEY_THAT_IS_NOT_SET}", "MEMORY_KEY_THAT_IS_NOT_SET"),
        ("", "empty"),
        ([], "empty"),
        ("short", "32 bytes"),
        (7, "text"),
        ([NEW, 7], "text"),
    ],
)
def test_a_key_that_cannot_be_used_stops_the_start(tmp_path, value, wrong):
    section = {"db": str(tmp_path / "rasa.db"), "encryption_key": value}
    with pytest.raises(SettingsError, match=wrong):
        open_memory({"tracker_store": section})
    assert not (tmp_path / "rasa.db").exists()


def test_several_keys_come_from_the_environment(tmp_path, monkeypatch):
    fill(opened_with(url_of(tmp_path), OLD))
    monkeypatch.setenv("MEMORY_KEYS", f"{NEW}, {OLD}")
    section = {"db": str(tmp_path / "rasa.db"), "encryption_key": "${MEMORY_KEYS}"}
    memory = open_memory({"tracker_store": section})
    assert name(memory.repository) == "欧阳翀"
    assert memory.privacy.cipher.newest == Cipher([NEW]).newest
    assert NEW not in repr(memory.privacy)
