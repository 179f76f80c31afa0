"""Many users at once at two servers: Rasa's `SQLTrackerStore` against ours.

A server is a process with a tracker store and our Redis lock store, which takes
turns as Rasa does: a lock, a `retrieve`, six events, a `save`. Every user waits for
each answer and sends the next message to the other server. The stores take rounds in
alternation, each on a database of its own. Prints turns per second and, of the time
from sending a message to its answer, the median and the 99th percentile; and how many
messages are in the database too few, or twice.

Needs a PostgreSQL where databases may be made, and a Redis:

    python benchmarks/concurrent_users.py --url postgresql://user@host:port/postgres
        --redis 6379 [--users 64] [--rounds 4] [--turns 5] [--before 0]

`--file-size` measures instead the SQLite file after a thousand sessions; it needs
neither.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sqlite3
import statistics
import tempfile
import time
import uuid
from collections import Counter
from pathlib import Path
from random import Random

import sqlalchemy as sa
from _server_process import ServerProcess
from rasa.core.tracker_store import SQLTrackerStore, TrackerStore
from tqdm import tqdm
from tracker_store import DOMAIN, session, turn

from framework_plugin.components.stored_events import as_row
from framework_plugin.components.tracker_store import MemoryTrackerStore
from framework_plugin.memory.database import open_engine
from framework_plugin.memory.migrations import migrate
from framework_plugin.memory.tables import events

KINDS = {"stock": SQLTrackerStore, "ours": MemoryTrackerStore}


class Contender:
    """One kind of store with two servers and a database of its own.

    Args:
        kind: Whose store it is.
        url: Of a PostgreSQL that lets databases be made.
    """

    def __init__(self, kind: str, url: sa.engine.URL) -> None:
        self.kind = kind
        self._server = url
        self._url = url.set(database=f"concurrent_{kind}_{uuid.uuid4().hex[:8]}")
        self._servers: list[ServerProcess] = []
        self._sent: list[str] = []
        self.seconds: list[float] = []
        self.rates: list[float] = []

    async def start(self, users: list[str], turns: int, redis: int, at: Path) -> None:
        """Makes and fills the database, and starts the servers one after the other."""
        self._administer(f"CREATE DATABASE {self._url.database}")
        if turns:
            self._fill(users, turns)
        address = self._url.render_as_string(hide_password=False)
        for _ in range(2):
            started = await ServerProcess.start(self.kind, address, redis, at)
            self._servers.append(started)

    async def take_round(self, users: list[str], number: int, turns: int) -> None:
        """Lets all users talk at once."""
        began = time.perf_counter()
        await asyncio.gather(*(self._talk(user, number, turns) for user in users))
        self.rates.append(len(users) * turns / (time.perf_counter() - began))

    async def finish(self) -> tuple[int, int]:
        """Ends it; returns how many messages were lost, and how many doubled."""
        await asyncio.gather(*(server.stop() for server in self._servers))
        engine = open_engine(self._url)
        with engine.connect() as connection:
            asked = sa.select(events.c.data).where(events.c.type_name == "user")
            rows = connection.execute(asked).scalars()
            found = Counter(json.loads(row)["text"] for row in rows)
        engine.dispose()
        self._administer(f"DROP DATABASE {self._url.database}")
        lost = sum(not found[text] for text in self._sent)
        return lost, sum(max(found[text] - 1, 0) for text in self._sent)

    async def _talk(self, user: str, number: int, turns: int) -> None:
        for step in range(turns):
            text = f"message {user} {number} {step}"
            self._sent.append(text)
            began = time.perf_counter()
            error = await self._servers[step % 2].say(user, text)
            self.seconds.append(time.perf_counter() - began)
            if error:
                raise RuntimeError(f"A server of '{self.kind}' refused a turn: {error}")

    def _fill(self, users: list[str], turns: int) -> None:
        engine = open_engine(self._url)
        if self.kind == "ours":
            migrate(engine)
        else:
            SQLTrackerStore.Base.metadata.create_all(engine)
        for user in users:
            said = [*session(), *(e for n in range(turns) for e in turn(n))]
            with engine.begin() as connection:
                rows = [as_row(user, event) for event in said]
                connection.execute(sa.insert(events), rows)
        engine.dispose()

    def _administer(self, statement: str) -> None:
        engine = sa.create_engine(self._server, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(sa.text(statement))
        engine.dispose()


async def compare(arguments: argparse.Namespace) -> None:
    """Both stores in alternation."""
    users = [f"user-{number:03}" for number in range(arguments.users)]
    contenders = [Contender(kind, sa.engine.make_url(arguments.url)) for kind in KINDS]
    with tempfile.TemporaryDirectory() as folder:
        for one in contenders:
            await one.start(users, arguments.before, arguments.redis, Path(folder))
            # Connections are opened, and code is loaded, before anything is measured.
            await one.take_round(users, -1, 2)
            one.seconds.clear()
            one.rates.clear()
        for number in tqdm(range(arguments.rounds), "rounds"):
            for one in contenders[:: 1 if number % 2 else -1]:
                await one.take_round(users, number, arguments.turns)
        for one in contenders:
            lost, doubled = await one.finish()
            cuts = statistics.quantiles(one.seconds, n=100)
            print(
                f"{one.kind:5}  {statistics.median(one.rates):6.1f} turns/s   "
                f"p50 {1e3 * cuts[49]:7.1f} ms   p99 {1e3 * cuts[98]:7.1f} ms   "
                f"{len(one.seconds)} turns: {lost} lost, {doubled} doubled"
            )


async def fill_sessions(store: TrackerStore, sessions: int, turns: int) -> None:
    """Sessions of users in turn, every message through the store."""
    chance = Random(7)
    users = [uuid.UUID(int=chance.getrandbits(128)).hex for _ in range(sessions // 10)]
    for number in tqdm(range(sessions), type(store).__name__):
        user = users[number % len(users)]
        for step in range(turns):
            tracker = await store.get_or_create_tracker(
                user, append_action_listen=False
            )
            for event in [*([] if step else session()), *turn(number * turns + step)]:
                tracker.update(event)
            await store.save(tracker)
    store.engine.dispose()


def file_size(sessions: int, turns: int) -> None:
    """Prints the size of the file of both stores, and what takes it."""
    sizes = {}
    for kind, store in KINDS.items():
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "rasa.db"
            asyncio.run(fill_sessions(store(DOMAIN, db=str(path)), sessions, turns))
            sizes[kind] = sum(file.stat().st_size for file in path.parent.iterdir())
            with sqlite3.connect(path) as raw:
                (said,) = raw.execute("SELECT count(*) FROM events").fetchone()
        print(f"{kind:5}  {sizes[kind] / 1e6:6.2f} MB   {said} events")
    print(f"ours is {sizes['ours'] / sizes['stock']:.3f} of stock")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", help="of a PostgreSQL server's database")
    parser.add_argument("--redis", type=int, help="port of a Redis server here")
    parser.add_argument("--users", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--turns", type=int, default=5, help="of a user in a round")
    parser.add_argument("--before", type=int, default=0, help="turns already stored")
    parser.add_argument("--file-size", action="store_true")
    parser.add_argument("--sessions", type=int, default=1_000)
    arguments = parser.parse_args()
    if arguments.file_size:
        file_size(arguments.sessions, turns=6)
    elif arguments.url and arguments.redis:
        asyncio.run(compare(arguments))
    else:
        parser.error("name --url and --redis, or say --file-size")


if __name__ == "__main__":
    main()
