"""One message of a user at a time, on a real Redis, from several processes."""

import asyncio
import json
import socket
import subprocess
import sys
import time

import pytest
import redis
from rasa.core.lock_store import LockError, LockStore, RedisLockStore
from rasa.utils.endpoints import EndpointConfig

from framework_plugin.components.lock_settings import LockSettings
from framework_plugin.components.lock_store import ExactLockStore
from framework_plugin.components.readable_errors import ComponentError
from tests.components.locked_messages import open_locks

MESSAGES = 150


def started(*arguments):
    """A process of `locked_messages` that has opened its store."""
    program = [sys.executable, "-m", "tests.components.locked_messages"]
    process = subprocess.Popen(
        [*program, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() in ("ready\n", "begun\n")
    return process


@pytest.fixture
def locks(redis_port):
    return open_locks(redis_port)


@pytest.fixture
def keys(redis_port):
    """What is in the database of the locks."""
    return redis.Redis("127.0.0.1", redis_port, db=1).keys


def test_hundreds_of_messages_at_two_servers_are_answered_one_at_a_time(
    redis_port, keys
):
    servers = [started("ours", redis_port, MESSAGES, 60) for _ in range(2)]
    for server in servers:
        server.stdin.write("\n")
        server.stdin.flush()
    for server in servers:
        told = json.loads(server.communicate(timeout=120)[0])
        assert told == {"most": 1, "answered": MESSAGES, "errors": []}
    assert keys() == []


def test_rasas_own_store_gives_two_servers_one_ticket(redis_port):
    """Why there is another: each reads before the other has written."""
    one, other = (RedisLockStore("127.0.0.1", redis_port) for _ in range(2))
    held = [store.get_or_create_lock("alice") for store in (one, other)]
    tickets = [lock.issue_ticket(60) for lock in held]
    for store, lock in zip((one, other), held, strict=True):
        store.save_lock(lock)
    assert tickets == [0, 0]


async def test_messages_are_answered_in_the_order_of_arrival(locks, redis_port):
    other = open_locks(redis_port)
    order = []

    async def answer(store, number):
        async with store.lock("alice"):
            order.append(number)
            await asyncio.sleep(0.01)

    async with locks.lock("alice"):
        waiting = []
        for number in range(12):
            store = other if number % 2 else locks
            waiting.append(asyncio.create_task(answer(store, number)))
            await asyncio.sleep(0.02)
        assert locks.is_someone_waiting("alice")
    await asyncio.gather(*waiting)
    assert order == list(range(12))
    assert not locks.is_someone_waiting("alice")


async def test_users_do_not_wait_for_each_other(locks):
    async with locks.lock("alice"), locks.lock("bob"), locks.lock("{a}:queue 微信"):
        assert not locks.is_someone_waiting("bob")


async def test_who_follows_a_killed_server_is_answered(locks, redis_port, keys):
    server = started("ours", redis_port, 0, 1.5, "hold")
    server.kill()
    server.wait()
    began = time.monotonic()
    async with locks.lock("alice", lock_lifetime=60):
        assert 0.3 < time.monotonic() - began < 3.0
    assert keys() == []


async def test_a_message_that_waited_at_a_killed_server_holds_up_nobody(
    locks, redis_port
):
    async with locks.lock("alice"):
        server = started("ours", redis_port, 5, 1.0)
        server.stdin.write("\n")
        server.stdin.flush()
        while not locks.is_someone_waiting("alice"):
            await asyncio.sleep(0.01)
        server.kill()
        server.wait()
    began = time.monotonic()
    async with locks.lock("alice"):
        assert time.monotonic() - began < 2.5


async def test_waiting_for_longer_than_a_lifetime_costs_no_place(locks):
    order = []

    async def answer(number):
        async with locks.lock("alice", 0.6):
            order.append(number)
            await asyncio.sleep(0.3)

    waiting = []
    for number in range(6):
        waiting.append(asyncio.create_task(answer(number)))
        await asyncio.sleep(0.02)
    await asyncio.gather(*waiting)
    assert order == list(range(6))


async def test_who_took_too_long_does_not_end_the_turn_of_the_next(locks):
    async with locks.lock("alice", 0.2):
        async with locks.lock("alice", 60):
            pass
        late = locks.lock("alice", 60)
        await late.__aenter__()
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(locks.lock("alice").__aenter__(), 0.4)
    await late.__aexit__(None, None, None)


async def test_who_gives_up_leaves_no_ticket(locks, keys):
    async with locks.lock("alice"):
        waiting = [
            asyncio.create_task(locks.lock("alice").__aenter__()) for _ in range(20)
        ]
        await asyncio.sleep(0.05)
        for one in waiting:
            one.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        assert not locks.is_someone_waiting("alice")
    assert keys() == []


async def test_an_error_in_a_message_gives_the_lock_back(locks, keys):
    with pytest.raises(ZeroDivisionError):
        async with locks.lock("alice"):
            raise ZeroDivisionError
    assert keys() == []


async def test_what_nobody_gives_back_goes_by_itself(redis_port, locks):
    lock = locks.lock("alice", 0.3)
    await lock.__aenter__()
    left = redis.Redis("127.0.0.1", redis_port, db=1)
    names = left.keys()
    assert len(names) == 1
    assert all(0 < left.pttl(key) <= 1000 for key in names)
    await lock.__aexit__(None, None, None)


async def test_tickets_that_were_taken_away_are_asked_for_anew(locks):
    first = locks.lock("alice")
    await first.__aenter__()
    second = asyncio.create_task(locks.lock("alice").__aenter__())
    await asyncio.sleep(0.1)
    locks.delete_lock("alice")
    await asyncio.wait_for(second, 3)


async def test_a_redis_that_is_away_is_named(unused_tcp_port):
    locks = open_locks(unused_tcp_port)
    with pytest.raises(LockError, match=rf"127.0.0.1:{unused_tcp_port}.*endpoints.yml"):
        async with locks.lock("alice"):
            pytest.fail("There is no Redis.")


async def test_a_redis_that_does_not_answer_is_waited_for_by_one(unused_tcp_port):
    given = {"url": "127.0.0.1", "port": unused_tcp_port, "socket_timeout": 0.3}
    locks = ExactLockStore(EndpointConfig.from_dict(given))
    with socket.create_server(("127.0.0.1", unused_tcp_port)):
        first, second = [await seconds_until_refused(locks) for _ in range(2)]
    assert second < first / 2


async def seconds_until_refused(locks):
    began = time.monotonic()
    with pytest.raises(LockError):
        async with locks.lock("alice"):
            pytest.fail("Redis gave no ticket.")
    return time.monotonic() - began


def test_rasas_keys_are_taken():
    keys = {"port": "6380", "db": "3", "password": "secret", "key_prefix": "shop"}
    given = EndpointConfig.from_dict(
        {
            "type": "framework_plugin.components.lock_store.ExactLockStore",
            "url": "redis.example",
            **keys,
            "use_ssl": True,
            "ssl_ca_certs": "ca.pem",
            "socket_timeout": 2,
        }
    )
    locks = LockStore.create(given)
    assert isinstance(locks, ExactLockStore)
    settings = LockSettings.from_keys({**given.kwargs, "url": given.url})
    assert (settings.place, settings.prefix) == ("redis.example:6380", "shop:lock:")
    connection = settings.connection()
    assert (connection["host"], connection["port"], connection["db"]) == (
        *("redis.example", 6380),
        3,
    )
    assert (connection["ssl"], connection["socket_timeout"]) == (True, 2.0)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"prot": 1}, "Unknown key 'prot'.*port"),
        ({"port": "redis"}, "'port'.*number"),
        ({"port": 0}, "'port'.*from 1"),
        ({"socket_timeout": 0}, "socket_timeout"),
        ({"key_prefix": "shop:"}, "letters and digits"),
    ],
)
def test_what_is_wrong_is_named(keys, message):
    with pytest.raises(ComponentError, match=message):
        LockSettings.from_keys(keys)
