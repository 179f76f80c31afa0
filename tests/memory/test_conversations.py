"""Which conversations there are, the newest first, on every database."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from framework_plugin.memory.consent import Consent, write_consent
from framework_plugin.memory.conversations import (
    last_rows,
    newest_conversations,
    sought_conversations,
)
from framework_plugin.memory.repository import MemoryRepository
from framework_plugin.memory.tables import events, metadata
from tests.memory.conftest import emptied
from tests.memory.test_repository import event

USERS = [f"user-{number:02d}" for number in range(7)]


@pytest.fixture(params=["sqlite", "postgres_url", "mariadb_url"])
def engine(request: Any, tmp_path: Any) -> Iterator[Engine]:
    url = f"sqlite:///{tmp_path / 'rasa.db'}"
    if request.param != "sqlite":
        url = request.getfixturevalue(request.param)
    engine = emptied(url)
    MemoryRepository(engine).migrate()
    yield engine
    metadata.drop_all(engine)
    engine.dispose()


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    """Seven users; each says three things in turn, the last of them last."""
    with engine.begin() as opened:
        rows = [
            event(user, "user", float(turn), f"{user}的第{turn}句")
            for turn in (1, 2, 3)
            for user in USERS
        ]
        opened.execute(sa.insert(events), rows)
        yield opened


def pages(connection: Connection, limit: int, **more: Any) -> list[list[str]]:
    found, rest = newest_conversations(connection, limit, **more)
    listed = [[one.sender_id for one in found]]
    while rest is not None:
        found, rest = newest_conversations(connection, limit, rest, **more)
        listed.append([one.sender_id for one in found])
    return listed


def whole(connection: Connection, **more: Any) -> list[str]:
    return [sender for page in pages(connection, 3, **more) for sender in page]


def test_the_newest_come_first_a_page_at_a_time_and_each_once(connection) -> None:
    back = USERS[::-1]
    assert pages(connection, 3)[:3] == [back[:3], back[3:6], back[6:]]
    assert whole(connection) == back


def test_each_tells_its_last_words_and_their_time(connection) -> None:
    rows = [event(USERS[0], "bot", 4.0, "好"), event(USERS[1], "user", 5.0, "/greet")]
    connection.execute(sa.insert(events), rows)
    (first, second), _ = newest_conversations(connection, 2)
    assert (first.sender_id, first.at, first.words) == (USERS[1], 5.0, "")
    assert (second.words, second.at) == ("user-00的第3句", 4.0)
    assert second.row == last_rows(connection, USERS)[USERS[0]]


def test_who_wrote_very_much_hides_nobody(connection) -> None:
    rows = [event("busy", "action", 9.0) for _ in range(4_500)]
    connection.execute(sa.insert(events), rows)
    assert whole(connection) == ["busy", *USERS[::-1]]


def test_without_consent_where_it_is_needed_nobody_is_listed(connection) -> None:
    write_consent(connection, USERS[2], Consent.GIVEN, 1.0)
    write_consent(connection, USERS[3], Consent.REFUSED, 1.0)
    assert whole(connection, only_agreed=True) == [USERS[2]]
    found, _ = sought_conversations(connection, "user", 9, only_agreed=True)
    assert [one.sender_id for one in found] == [USERS[2]]


def test_a_part_of_the_id_finds_users_in_pages(connection) -> None:
    listed, rest = [], None
    while True:
        found, rest = sought_conversations(connection, "SER-0", 3, rest)
        listed += [one.sender_id for one in found]
        if rest is None:
            break
    assert sorted(listed) == USERS
    assert sought_conversations(connection, "%", 3) == ([], None)


def test_the_whole_id_is_found_at_once(connection) -> None:
    found, _ = sought_conversations(connection, USERS[6], 3)
    assert [one.sender_id for one in found] == [USERS[6]]


def test_a_page_of_many_rows_reads_a_few(tmp_path) -> None:
    engine = emptied(f"sqlite:///{tmp_path / 'rasa.db'}")
    MemoryRepository(engine).migrate()
    with engine.begin() as connection:
        rows = [event(f"u{n % 5_000}", "user", 1.0, "话") for n in range(50_000)]
        connection.execute(sa.insert(events), rows)
        raw = connection.connection.dbapi_connection
        steps: list[int] = []
        raw.set_progress_handler(lambda: steps.append(1), 1_000)
        assert len(newest_conversations(connection, 30)[0]) == 30
        raw.set_progress_handler(None, 0)
    # In thousands; to group the whole table takes some hundreds.
    assert len(steps) < 150
    engine.dispose()
