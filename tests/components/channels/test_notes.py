"""What servers share: in memory, SQLite, PostgreSQL, MariaDB and Redis."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import redis
import sqlalchemy as sa
from cryptography.fernet import Fernet

from framework_plugin.components.channels.choices import Choices
from framework_plugin.components.channels.duplicates import Duplicates
from framework_plugin.components.channels.notes import MemoryNotes, Notes
from framework_plugin.components.channels.notes_redis import RedisNotes
from framework_plugin.components.channels.notes_sql import SqlNotes
from framework_plugin.components.channels.pace import Pace
from framework_plugin.components.channels.rendering import Button
from framework_plugin.components.channels.sending import SendError
from framework_plugin.components.channels.shared_notes import SharedNotes
from framework_plugin.components.channels.tokens import Token, Tokens
from framework_plugin.memory.database import open_engine
from framework_plugin.memory.encryption import Cipher
from framework_plugin.memory.repository import MemoryRepository
from tests.memory.conftest import emptied, mariadb_url, postgres_url, redis_port

__all__ = ["mariadb_url", "postgres_url", "redis_port"]


@pytest.fixture(
    params=[
        "memory",
        "sqlite",
        pytest.param("postgres", marks=pytest.mark.slow),
        pytest.param("mariadb", marks=pytest.mark.slow),
        "redis",
    ]
)
def notes(request: pytest.FixtureRequest, tmp_path: Any) -> Iterator[Notes]:
    if request.param == "memory":
        yield MemoryNotes()
        return
    if request.param == "redis":
        port = request.getfixturevalue("redis_port")
        yield RedisNotes(redis.Redis(port=port))
        return
    url = f"sqlite:///{tmp_path / 'rasa.db'}"
    if request.param != "sqlite":
        url = request.getfixturevalue(f"{request.param}_url")
    emptied(url).dispose()
    repository = opened(url)
    yield SqlNotes(repository)
    repository.engine.dispose()


def opened(url: str, cipher: Cipher | None = None) -> MemoryRepository:
    repository = MemoryRepository(open_engine(url, cipher))
    repository.migrate()
    return repository


def test_a_note_is_read_until_it_expires_or_is_removed(notes: Notes) -> None:
    assert notes.read("a") is None
    notes.write("a", "一", 60)
    notes.write("a", "二", 60)
    notes.write("b", "三", 0.2)
    assert (notes.read("a"), notes.read("b")) == ("二", "三")
    time.sleep(0.3)
    assert (notes.read("a"), notes.read("b")) == ("二", None)
    notes.remove("a")
    notes.remove("a")
    assert notes.read("a") is None


def test_a_note_is_new_once_and_again_when_it_has_expired(notes: Notes) -> None:
    assert notes.put_new("a", "1", 0.2)
    assert not notes.put_new("a", "2", 60)
    assert notes.read("a") == "1"
    time.sleep(0.3)
    assert notes.put_new("a", "3", 60)
    assert notes.read("a") == "3"


def test_of_many_who_write_at_once_one_is_first(notes: Notes) -> None:
    for round_ in range(5):
        won: list[bool] = []
        start = threading.Barrier(6)

        def claim(key: str, start: threading.Barrier, won: list[bool]) -> None:
            start.wait()
            won.append(notes.put_new(key, "x", 60))

        threads = [
            threading.Thread(target=claim, args=(f"k{round_}", start, won))
            for _ in range(6)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert won.count(True) == 1


def test_the_database_names_nobody_and_nothing(tmp_path: Any) -> None:
    cipher = Cipher([Fernet.generate_key().decode()])
    repository = opened(f"sqlite:///{tmp_path / 'rasa.db'}", cipher)
    notes = SqlNotes(repository)
    notes.write("token:wechat:wx1", "secret-access-token", 60)
    assert notes.read("token:wechat:wx1") == "secret-access-token"
    repository.engine.dispose()
    raw = (tmp_path / "rasa.db").read_bytes()
    assert b"wechat" not in raw
    assert b"secret-access-token" not in raw


def test_what_has_expired_is_removed_from_the_database(tmp_path: Any) -> None:
    repository = opened(f"sqlite:///{tmp_path / 'rasa.db'}")
    now = [1_000.0]
    notes = SqlNotes(repository, lambda: now[0])
    notes.write("late:wechat:o1", "明天到", 60)
    notes.put_new("message:1", "1", 5_000)
    now[0] += 601
    notes.put_new("message:2", "1", 5_000)
    with repository.reading() as connection:
        count = connection.execute(sa.text("SELECT count(*) FROM channel_notes"))
        assert count.scalar() == 2
    assert notes.read("message:1") == "1"


def test_what_is_noted_of_a_user_is_exported_and_forgotten(tmp_path: Any) -> None:
    path = tmp_path / "rasa.db"
    repository = opened(f"sqlite:///{path}")
    choices = Choices(SharedNotes(SqlNotes(repository)))
    for sender, title in (("wechat:o1", "退掉龙井"), ("wechat:o2", "换个茶壶")):
        asyncio.run(choices.offer(sender, [Button(title, title)]))

    (note,) = repository.export("wechat:o1")["channel_notes"]
    assert "退掉龙井" in json.loads(note["value"])[0]
    repository.forget("wechat:o1")

    raw = b"".join(one.read_bytes() for one in tmp_path.iterdir())
    assert "退掉龙井".encode() not in raw
    assert asyncio.run(choices.chosen("wechat:o2", "1")) == "换个茶壶"


def test_while_the_database_is_away_a_server_keeps_its_own_notes(
    tmp_path: Any,
) -> None:
    repository = opened(f"sqlite:///{tmp_path / 'rasa.db'}")
    shared = SharedNotes(SqlNotes(repository))
    duplicates = Duplicates(shared, "wechat")
    with repository.writing() as connection:
        connection.execute(sa.text("DROP TABLE channel_notes"))

    async def talk() -> list[bool]:
        return [await duplicates.is_first("7"), await duplicates.is_first("7")]

    assert asyncio.run(talk()) == [True, False]


def test_without_stores_a_server_keeps_its_own_notes() -> None:
    shared = SharedNotes()
    agent = SimpleNamespace(tracker_store=None, lock_store=None)
    shared.serve(SimpleNamespace(ctx=SimpleNamespace(agent=agent)))

    async def talk() -> str | None:
        await shared.write("a", "一", 60)
        return await shared.read("a")

    assert asyncio.run(talk()) == "一"


def test_messages_of_two_channels_are_not_taken_for_one_another() -> None:
    shared = SharedNotes(MemoryNotes())

    async def talk() -> list[bool]:
        one, other = Duplicates(shared, "wechat"), Duplicates(shared, "wecom")
        first = [await one.is_first("1"), await other.is_first("1")]
        return [*first, await one.is_first("1"), await other.is_first("1")]

    assert asyncio.run(talk()) == [True, True, False, False]


class Mint:
    """Gives tokens, and takes its time."""

    def __init__(self) -> None:
        self.count = 0

    async def __call__(self) -> Token:
        await asyncio.sleep(0.1)
        self.count += 1
        return Token(f"token-{self.count}", 7_200)


def test_two_servers_fetch_one_token_and_renew_it_once(notes: Notes) -> None:
    mint = Mint()
    servers = [Tokens(SharedNotes(notes), "wechat:wx1", mint) for _ in range(3)]

    async def talk() -> None:
        first = await asyncio.gather(*(one.current() for one in servers))
        assert set(first) == {"token-1"}
        renewed = await asyncio.gather(*(one.renewed("token-1") for one in servers))
        assert set(renewed) == {"token-2"}
        # One that has not heard of it says that the first was refused.
        assert await servers[0].renewed("token-1") == "token-2"

    asyncio.run(talk())
    assert mint.count == 2


def test_a_token_is_renewed_before_it_ends() -> None:
    now = [1_000.0]
    mint = Mint()
    clock = lambda: now[0]  # noqa: E731
    tokens = Tokens(SharedNotes(MemoryNotes(clock)), "x", mint, clock)

    async def talk() -> list[str]:
        first = await tokens.current()
        now[0] += 7_200 - 301
        same = await tokens.current()
        now[0] += 2
        return [first, same, await tokens.current()]

    assert asyncio.run(talk()) == ["token-1", "token-1", "token-2"]


def test_who_fails_to_fetch_a_token_holds_up_nobody() -> None:
    notes = SharedNotes(MemoryNotes())

    async def fail() -> Token:
        raise SendError("no")

    async def talk() -> str:
        with pytest.raises(SendError):
            await Tokens(notes, "x", fail).current()
        return await asyncio.wait_for(Tokens(notes, "x", Mint()).current(), 2)

    assert asyncio.run(talk()) == "token-1"


def test_a_choice_is_made_by_number_or_title_and_only_next() -> None:
    choices = Choices(SharedNotes(MemoryNotes()))
    buttons = [
        Button("查订单", "/track"),
        Button("官网", url="x"),
        Button("退货", "/r"),
    ]

    async def choose(text: str) -> str | None:
        await choices.offer("u", buttons)
        return await choices.chosen("u", text)

    async def talk() -> None:
        for text in ("2", "２", "2.", "第2个", "退货", " 退货 ", "选2"):
            assert await choose(text) == "/r"
        for text in ("3", "0", "22", "两个", "我要退货", ""):
            assert await choose(text) is None
        await choices.offer("u", buttons)
        assert await choices.chosen("other", "1") is None
        assert await choices.chosen("u", "你好") is None
        assert await choices.chosen("u", "1") is None

    asyncio.run(talk())


def test_the_pace_lets_a_few_at_once_and_then_so_many_a_second() -> None:
    slept: list[float] = []
    now = [0.0]

    async def sleep(seconds: float) -> None:
        slept.append(round(seconds, 3))

    async def talk() -> None:
        pace = Pace(10, 2, lambda: now[0], sleep)
        for _ in range(4):
            await pace.wait()
        now[0] = 10.0
        await pace.wait()

    asyncio.run(talk())
    assert slept == [0.1, 0.2]
