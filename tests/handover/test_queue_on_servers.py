"""Two action servers, or two people, at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

import pytest

from framework_plugin.errors import HandoverError
from framework_plugin.handover.entry import Reason
from framework_plugin.handover.notices import Notices
from framework_plugin.handover.outbox import Outbox
from framework_plugin.handover.queue import HandoverQueue
from framework_plugin.memory.database import open_engine
from tests.handover.conftest import database_of

NOW = 1_789_000_000.125
AT_ONCE = 8

Result = TypeVar("Result")


@pytest.fixture
def queues(each_url: str) -> Iterator[list[HandoverQueue]]:
    """As many servers as do something at once, each with an engine of its own."""
    engines = [open_engine(each_url) for _ in range(AT_ONCE)]
    yield [HandoverQueue(database_of(engine)) for engine in engines]
    for engine in engines:
        engine.dispose()


def at_once(do: Callable[[int], Result]) -> list[Result]:
    """Does it in as many threads, which all begin in the same moment."""
    start = Barrier(AT_ONCE)

    def run(number: int) -> Result:
        start.wait()
        return do(number)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(run, range(AT_ONCE)))


@pytest.mark.slow
def test_a_user_who_asks_at_all_servers_at_once_has_one_entry(
    queues: list[HandoverQueue],
) -> None:
    asked = at_once(
        lambda n: queues[n].ask("alice", "alice", "rest", Reason.ASKED, NOW + n)
    )
    assert len({one.entry.id for one in asked}) == 1
    assert sum(one.is_new for one in asked) == 1
    assert len(queues[0].opened()) == 1


@pytest.mark.slow
def test_no_two_users_are_told_the_same_place(queues: list[HandoverQueue]) -> None:
    asked = at_once(
        lambda n: queues[n].ask(f"user-{n}", f"user-{n}", None, Reason.ASKED, NOW)
    )
    assert sorted(one.ahead for one in asked) == list(range(AT_ONCE))
    in_order = sorted(asked, key=lambda one: one.entry.id)
    assert [one.ahead for one in in_order] == list(range(AT_ONCE))


@pytest.mark.slow
def test_of_people_who_take_at_once_one_has_it(queues: list[HandoverQueue]) -> None:
    entry = queues[0].ask("alice", "alice", None, Reason.ASKED, NOW).entry.id

    def take(number: int) -> str | None:
        try:
            return queues[number].take(entry, f"同事{number}", NOW, 1_800.0).taken_by
        except HandoverError:
            return None

    takers = [name for name in at_once(take) if name]
    assert takers == [queues[0].find(entry).taken_by]
    assert len(queues[0].pending(queues[0].find(entry))) == 1


@pytest.mark.slow
def test_what_is_due_is_claimed_by_one_server(
    each_url: str, queues: list[HandoverQueue]
) -> None:
    entry = queues[0].ask("alice", "alice", None, Reason.ASKED, NOW).entry.id
    queues[0].take(entry, "小林", NOW, 1_800.0)
    for number in range(5):
        queues[0].reply(entry, f"第{number}句𠮷", NOW, 1_800.0)
    engines = [open_engine(each_url) for _ in range(AT_ONCE)]
    outboxes = [Outbox(database_of(engine)) for engine in engines]
    claimed = [
        reply.text
        for said in at_once(lambda n: outboxes[n].claim_due("alice", NOW))
        for reply in said
    ]
    for engine in engines:
        engine.dispose()
    assert claimed[1:] == [f"第{number}句𠮷" for number in range(5)]


@pytest.mark.slow
def test_of_many_servers_one_tells_each_notice(
    each_url: str, queues: list[HandoverQueue]
) -> None:
    engines = [open_engine(each_url) for _ in range(AT_ONCE)]
    notices = [Notices(database_of(engine)) for engine in engines]
    queue = HandoverQueue(database_of(engines[0]), notices[0])
    entries = [
        queue.ask(f"user-{n}", f"user-{n}", None, Reason.ASKED, NOW).entry.id
        for n in range(20)
    ]

    def claim_all(number: int) -> list[int]:
        told: list[int] = []
        while notice := notices[number].claim(NOW, seconds=70.0):
            told.append(notice.entry_id)
            notices[number].drop(notice)
        return told

    told = [entry for one in at_once(claim_all) for entry in one]
    for engine in engines:
        engine.dispose()
    assert sorted(told) == sorted(entries)
