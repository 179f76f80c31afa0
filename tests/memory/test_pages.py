"""Ids in pages, on every database, at a cost that events do not add to."""

import pytest
import sqlalchemy as sa

from framework_plugin.memory.pages import PAGE, SENDERS
from framework_plugin.memory.repository import MemoryRepository
from framework_plugin.memory.tables import events, metadata
from tests.memory.conftest import emptied
from tests.memory.test_repository import event, plan

USERS = [f"user-{number:05d}" for number in range(2 * PAGE + 3)]


@pytest.fixture(params=["sqlite", "postgres_url", "mariadb_url"])
def database(request, tmp_path):
    url = f"sqlite:///{tmp_path / 'rasa.db'}"
    if request.param != "sqlite":
        url = request.getfixturevalue(request.param)
    engine = emptied(url)
    yield engine
    metadata.drop_all(engine)
    engine.dispose()


@pytest.mark.slow
def test_a_thousand_users_come_in_pages_and_each_once(database):
    repository = MemoryRepository(database)
    repository.migrate()
    with database.begin() as connection:
        rows = [event(user, "user", 1.0, "话") for user in USERS for _ in range(3)]
        connection.execute(sa.insert(events), rows)
    pages = list(SENDERS.all(repository.reading))
    assert [len(page) for page in pages] == [PAGE, PAGE, 3]
    assert [user for page in pages for user in page] == USERS
    repository.link(USERS[0], USERS[-1], 1.0)
    known = list(repository.users())
    assert len(known) == len(set(known)) == len(USERS) - 1
    assert repository.retire(2.0).users == len(USERS)


def test_a_page_goes_from_id_to_id_and_through_no_table(repository, engine):
    steps = plan(engine, SENDERS.next.params(after="a", limit=10))
    assert sum("USING COVERING INDEX" in step for step in steps) == 2
    assert not any(step.startswith("SCAN events") for step in steps)


def test_many_events_of_one_user_cost_a_page_nothing(repository, engine):
    rows = [event(user, "user", 1.0) for user in USERS[:3]] * 10_000
    with engine.begin() as connection:
        connection.execute(sa.insert(events), rows)
    with engine.connect() as connection:
        raw = connection.connection.dbapi_connection
        steps = []
        raw.set_progress_handler(lambda: steps.append(1), 100)
        assert SENDERS.read(connection) == USERS[:3]
        raw.set_progress_handler(None, 0)
    # In hundreds; a walk along the index takes some ninety thousand.
    assert len(steps) < 10
