"""Whole turns over REST: ours with several workers against a stock Rasa bot.

The stock bot has the same NLU (the same trained components), memoised stories and
rules, Rasa's `SQLTrackerStore`, and one worker, as `rasa run` has it. Ours has the
generator and the memory beside that. Both keep their conversations in PostgreSQL and
take rounds in alternation: one user, then many at once. All users are new; the messages
are first wordings of the development dialogues. Prints the median and the 99th
percentile of turns, turns a second, processor time, errors, and messages that are not
in the database.

Needs a PostgreSQL where databases may be made, and a Redis; runs from the project's
root after `make train`:

    python benchmarks/serving.py --url postgresql://user@host:port/postgres
        --redis 6379 [--workers 2] [--users 32] [--rounds 3]
    python benchmarks/serving.py … --soak-minutes 30 [--users 20]

A soak lets users talk for so long with one second of rest after each answer, and tells
how the memory of the processes grew between the first sixth and the last.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from _stock_model import stock_model
from _talkers import Talked, talk
from turn_latency import messages

from framework_plugin.cli.project import chosen_model

OURS = "framework_plugin.components.tracker_store.MemoryTrackerStore"
LOCKS = "framework_plugin.components.lock_store.ExactLockStore"
START_SECONDS = 240
_CHANNELS = {
    "stock": "rest:\n",
    "ours": (
        "framework_plugin.components.channels.rest.GuardedRest:\n"
        "  messages_per_minute: 0\n  address_messages_per_minute: 0\n"
    ),
}
_STEADY = 1 / 6
"""Share of a soak after which, and in which, its memory is measured."""


class Contender:
    """A server with a database of its own.

    Args:
        kind: `ours` or `stock`.
        server: A PostgreSQL where databases may be made.
        redis: The port of a Redis.
        folder: For its files.
    """

    def __init__(
        self, kind: str, server: sa.engine.URL, redis: int, folder: Path
    ) -> None:
        self.kind = kind
        self._server = server
        self._url = server.set(database=f"serving_{kind}_{uuid.uuid4().hex[:8]}")
        self._endpoints = folder / f"{kind}.yml"
        self._log = folder / f"{kind}.log"
        self._redis = redis
        self._processes: list[subprocess.Popen[bytes]] = []
        self.port = free_port()
        self.single: list[float] = []
        self.crowded: list[float] = []
        self.rates: list[float] = []
        self.used = 0.0
        self.errors: list[str] = []
        self.sent: dict[str, int] = {}

    def start(self, model: Path, workers: int) -> None:
        """Starts it, and waits until it answers."""
        self._administer(f"CREATE DATABASE {self._url.database}")
        actions = free_port()
        self._endpoints.write_text(self._services(actions), encoding="utf-8")
        credentials = self._endpoints.with_suffix(".credentials.yml")
        credentials.write_text(_CHANNELS[self.kind], encoding="utf-8")
        named = ["--credentials", str(credentials)]
        if self.kind == "ours":
            named += ["--workers", str(workers)]
            self._run("personal-chat", "serve", *named, model=model)
        else:
            self._run("rasa", "run", "actions", "--port", str(actions))
            self._run("rasa", "run", *named, model=model)
        end = time.monotonic() + START_SECONDS
        while not self._answers():
            if time.monotonic() > end or self._processes[-1].poll() is not None:
                raise SystemExit(self._log.read_text(errors="replace")[-3_000:])
            time.sleep(0.5)

    def take(self, told: Talked, *, crowded: bool) -> None:
        """Notes what came of a round."""
        (self.crowded if crowded else self.single).extend(told.seconds)
        if crowded:
            self.rates.append(told.rate)
        self.errors += told.errors
        for user, count in told.sent.items():
            self.sent[user] = self.sent.get(user, 0) + count

    def lost(self) -> int:
        """Messages that were sent and are not in the database, or are there twice."""
        engine = sa.create_engine(self._url)
        with engine.connect() as connection:
            asked = sa.text(
                "SELECT sender_id, count(*) FROM events "
                "WHERE type_name = 'user' GROUP BY sender_id"
            )
            stored = {user: count for user, count in connection.execute(asked)}
        engine.dispose()
        return sum(abs(stored.get(u, 0) - count) for u, count in self.sent.items())

    def memory(self) -> float:
        """Bytes that all its processes have written to, shared ones counted once."""
        return float(sum(_own(pid) for pid in self._all_processes()))

    def processor_seconds(self) -> float:
        """Processor time of all its processes; the database's is not among it."""
        ticks = 0
        for pid in self._all_processes():
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def stop(self) -> None:
        """Ends it, and removes its database."""
        for process in self._processes:
            process.send_signal(signal.SIGTERM)
        for process in self._processes:
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
        self._administer(f"DROP DATABASE IF EXISTS {self._url.database} WITH (FORCE)")

    def _services(self, actions: int) -> str:
        if self.kind == "ours":
            return (
                f"tracker_store:\n  type: {OURS}\n  url: {self._url}\n"
                f"lock_store:\n  type: {LOCKS}\n  url: 127.0.0.1\n"
                f"  port: {self._redis}\n"
                "nlg:\n"
                "  type: framework_plugin.components.fresh_responses.FreshResponses\n"
            )
        store = "".join(
            f"  {key}: {value}\n"
            for key, value in {
                "type": "sql",
                "dialect": "postgresql",
                "url": self._url.host,
                "port": self._url.port,
                "username": self._url.username,
                "password": self._url.password or "''",
                "db": self._url.database,
            }.items()
        )
        address = f"http://127.0.0.1:{actions}/webhook"
        return f"tracker_store:\n{store}action_endpoint:\n  url: {address}\n"

    def _run(self, program: str, *arguments: str, model: Path | None = None) -> None:
        places = []
        if model is not None:
            places = ["--port", str(self.port), "--model", str(model)]
            places += ["--endpoints", str(self._endpoints)]
        command = [str(Path(sys.executable).with_name(program)), *arguments, *places]
        with self._log.open("ab") as log:
            self._processes.append(
                subprocess.Popen(
                    command,
                    stdout=log,
                    stderr=log,
                    env={
                        **os.environ,
                        "PERSONAL_CHAT_ENDPOINTS": str(self._endpoints),
                        "RASA_TELEMETRY_ENABLED": "false",
                        "TF_CPP_MIN_LOG_LEVEL": "3",
                        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
                    },
                )
            )

    def _answers(self) -> bool:
        address = f"http://127.0.0.1:{self.port}/webhooks/rest/"
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(address, timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def _all_processes(self) -> Iterator[int]:
        waiting = [process.pid for process in self._processes]
        while waiting:
            pid = waiting.pop()
            yield pid
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text()
            waiting += map(int, children.split())

    def _administer(self, statement: str) -> None:
        engine = sa.create_engine(self._server, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(sa.text(statement))
        engine.dispose()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def _own(pid: int) -> int:
    # The share in libraries changes with other programs that load and leave them.
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    (found,) = (line for line in lines if line.startswith("Pss_Anon:"))
    return int(found.split()[1]) * 1024


@contextmanager
def running(
    kinds: list[str], arguments: argparse.Namespace, folder: Path
) -> Iterator[list[Contender]]:
    model = chosen_model(None)
    if model is None:
        raise SystemExit("There is no model. Train one first: make train")
    url = sa.engine.make_url(arguments.url)
    all_ = [Contender(kind, url, arguments.redis, folder) for kind in kinds]
    try:
        for one in all_:
            plain = one.kind == "stock"
            chosen = stock_model(model, folder) if plain else model
            one.start(chosen, arguments.workers)
        yield all_
    finally:
        for one in all_:
            one.stop()


async def compare(contenders: list[Contender], users: int, rounds: int) -> None:
    """Both in alternation."""
    said = messages(2_000)
    for number in range(-1, rounds):
        for one in contenders[:: 1 if number % 2 else -1]:
            lonely = await talk(
                one.port, [f"one-{number}"], said[20 * (number + 1) :], 20
            )
            names = [f"many-{number}-{user}" for user in range(users)]
            used = one.processor_seconds()
            crowd = await talk(one.port, names, said, 2 if number < 0 else 6)
            if number >= 0:
                # In the round before, code is loaded and connections are opened.
                one.take(lonely, crowded=False)
                one.take(crowd, crowded=True)
                one.used += one.processor_seconds() - used
    for one in contenders:
        cuts = statistics.quantiles(one.crowded, n=100)
        print(
            f"{one.kind:5}  1 user: p50 {1e3 * statistics.median(one.single):6.1f} ms"
            f"   {users} users: {statistics.median(one.rates):5.1f} turns/s, "
            f"p50 {1e3 * cuts[49]:6.0f} ms, p99 {1e3 * cuts[98]:6.0f} ms, "
            f"{1e3 * one.used / len(one.crowded):.0f} ms of a processor a turn   "
            f"{len(one.errors)} errors, {one.lost()} lost or doubled"
        )
        for error in sorted(set(one.errors))[:3]:
            print(f"       {error}")
    ours, stock = (
        next(one for one in contenders if one.kind == kind)
        for kind in ("ours", "stock")
    )
    longer = statistics.median(ours.single) - statistics.median(stock.single)
    ratio = statistics.median(ours.rates) / statistics.median(stock.rates)
    print(f"1 user: {1e3 * longer:+.1f} ms; {users} users: {ratio:.2f} times the turns")


async def soak(one: Contender, users: int, minutes: float) -> None:
    """Users who talk for long."""
    names = [f"soak-{user}" for user in range(users)]
    end = time.perf_counter() + 60 * minutes
    steady = 60 * minutes * _STEADY

    async def weigh(after: float, until: float) -> float:
        await asyncio.sleep(after)
        weights = []
        while time.perf_counter() < until:
            weights.append(one.memory())
            await asyncio.sleep(min(5.0, steady / 4))
        return statistics.median(weights)

    begun = time.perf_counter()
    talking = talk(one.port, names, messages(5_000), 10**9, pause=1.0, until=end)
    told, first, last = await asyncio.gather(
        talking,
        weigh(steady, begun + 2 * steady),
        weigh(60 * minutes - steady, end),
    )
    one.take(told, crowded=True)
    cuts = statistics.quantiles(told.seconds, n=100)
    print(
        f"{users} users, {minutes:g} minutes: {len(told.seconds)} turns, "
        f"p50 {1e3 * cuts[49]:.0f} ms, p99 {1e3 * cuts[98]:.0f} ms, "
        f"{len(told.errors)} errors, {one.lost()} lost or doubled; memory "
        f"{first / 1e6:.0f} MB, then {last / 1e6:.0f} MB: {last / first - 1:+.1%}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True, help="of a PostgreSQL server")
    parser.add_argument("--redis", type=int, required=True, help="port of a Redis here")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--users", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--soak-minutes", type=float, default=0.0)
    arguments = parser.parse_args()
    kinds = ["ours"] if arguments.soak_minutes else ["stock", "ours"]
    with (
        tempfile.TemporaryDirectory() as folder,
        running(kinds, arguments, Path(folder)) as contenders,
    ):
        if arguments.soak_minutes:
            users = arguments.users or 20
            asyncio.run(soak(contenders[0], users, arguments.soak_minutes))
        else:
            users = arguments.users or 32
            asyncio.run(compare(contenders, users, arguments.rounds))


if __name__ == "__main__":
    main()
