"""Two servers on one PostgreSQL, with our lock store on a real Redis."""

import asyncio
from collections import Counter
from functools import partial

import pytest
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, BotUttered, UserUttered

from benchmarks._server_process import ServerProcess
from framework_plugin.components.tracker_store import MemoryTrackerStore
from framework_plugin.corpus.user_context import FactKind

USERS = [f"user-{number}" for number in range(8)]
TURNS = 12


@pytest.mark.slow
async def test_users_whose_messages_go_to_either_server_lose_and_double_nothing(
    postgres, redis_port, tmp_path
):
    async def talk(user, servers):
        for number in range(2 * TURNS):
            said = f"我喜欢第{number % 2}之{number // 2}"
            assert await servers[number % 2].say(user, said) is None

    await talk_all(postgres.url, redis_port, tmp_path, talk)
    for user, said in await stored(postgres.url):
        told = [f"我喜欢第{n % 2}之{n // 2}" for n in range(2 * TURNS)]
        assert said == told, user


@pytest.mark.slow
async def test_messages_of_one_user_at_both_servers_at_once_are_taken_in_order(
    postgres, redis_port, tmp_path
):
    async def talk(user, servers):
        turns = []
        for number in range(2 * TURNS):
            text = f"我喜欢第{number % 2}之{number // 2}"
            turns.append(asyncio.create_task(servers[number % 2].say(user, text)))
        assert set(await asyncio.gather(*turns)) == {None}

    await talk_all(postgres.url, redis_port, tmp_path, talk)
    for user, said in await stored(postgres.url):
        assert len(said) == 2 * TURNS, user
        for number in range(2):
            turns = [text for text in said if text.startswith(f"我喜欢第{number}之")]
            assert turns == [f"我喜欢第{number}之{turn}" for turn in range(TURNS)]


@pytest.mark.slow
async def test_messages_of_one_user_at_both_servers_at_once_lose_and_double_nothing(
    postgres, tmp_path
):
    """Without any lock, for a lock can fail."""

    async def talk(user, servers):
        await asyncio.gather(*(speak(user, servers[n], n) for n in range(2)))

    async def speak(user, server, number):
        for turn in range(TURNS):
            assert await server.say(user, f"我喜欢第{number}之{turn}") is None

    await talk_all(postgres.url, 0, tmp_path, talk)
    for user, said in await stored(postgres.url):
        assert len(said) == 2 * TURNS, user
        for number in range(2):
            turns = [text for text in said if text.startswith(f"我喜欢第{number}之")]
            assert turns == [f"我喜欢第{number}之{turn}" for turn in range(TURNS)]


async def talk_all(url, redis_port, folder, talk):
    start = partial(ServerProcess.start, "ours", url, redis_port, folder)
    servers = await asyncio.gather(start(), start())
    await asyncio.gather(*(talk(user, servers) for user in USERS))
    for server in servers:
        await server.stop()
    assert not list(folder.glob("*.unsaved.jsonl*"))


async def stored(url):
    """What each user said, once it is sure that the rest of the turns is there too."""
    store = MemoryTrackerStore(Domain.empty(), host=url)
    assert sorted(await store.keys()) == USERS
    found = []
    for user in USERS:
        tracker = await store.retrieve_full_tracker(user)
        said = [e.text for e in tracker.events if isinstance(e, UserUttered)]
        kinds = Counter(type(event) for event in tracker.events)
        assert kinds[BotUttered] == len(said)
        assert sum(is_answer(event) for event in tracker.events) == len(said)
        likes = tracker.user_context.values(FactKind.LIKE)
        assert sorted(likes) == sorted(text[3:] for text in said)
        found.append((user, said))
    return found


def is_answer(event):
    return isinstance(event, ActionExecuted) and event.action_name == "action_answer"
