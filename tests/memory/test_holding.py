"""One writer at a time for a user, on real servers and in many threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from framework_plugin.memory.database import WRITES, open_engine
from framework_plugin.memory.holding import hold
from framework_plugin.memory.migrations import migrate

AT_ONCE, TIMES = 12, 25

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("server", ["mariadb_url", "postgres_url"])
def test_many_that_want_the_same_users_wait_and_none_fails(
    request: pytest.FixtureRequest, server: str
) -> None:
    engine = open_engine(request.getfixturevalue(server))
    migrate(engine)
    writing = engine.execution_options(**{WRITES: True})
    inside: dict[str, int] = {}
    most: list[int] = []

    def work(number: int) -> None:
        for time in range(TIMES):
            # New ones again and again, wanted by some at once.
            user = f"user-{time // 5}-{number % 3}"
            with writing.begin() as connection:
                hold(connection, user)
                inside[user] = inside.get(user, 0) + 1
                most.append(inside[user])
                inside[user] -= 1

    with ThreadPoolExecutor(AT_ONCE) as threads:
        for done in [threads.submit(work, number) for number in range(AT_ONCE)]:
            done.result()
    engine.dispose()
    assert set(most) == {1}
