"""Several workers behind one port, on a real PostgreSQL and a real Redis."""

from __future__ import annotations

import os
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.cli.served import Client, Served, until
from tests.memory.conftest import postgres_url, redis_of_module  # noqa: F401
from tests.web.small_bot import train_bot

pytestmark = pytest.mark.slow

ENDPOINTS = """
tracker_store:
  type: framework_plugin.components.tracker_store.MemoryTrackerStore
  url: {url}
lock_store:
  type: framework_plugin.components.lock_store.ExactLockStore
  url: 127.0.0.1
  port: {port}
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small assistant with a model, but without endpoints."""
    folder = tmp_path_factory.mktemp("small")
    train_bot(folder)
    (folder / "credentials.yml").write_text("rest:\n")
    return folder


@contextmanager
def served(project: Path, url: str, port: int, *arguments: str) -> Iterator[Served]:
    (project / "endpoints.yml").write_text(ENDPOINTS.format(url=url, port=port))
    server = Served(project, *arguments)
    try:
        server.wait_for("Listening")
        yield server
    finally:
        server.end()


@pytest.fixture(scope="module")
def two(project, postgres_url, redis_of_module) -> Iterator[Served]:  # noqa: F811
    """A server for all tests here; the last one stops it."""
    with served(project, postgres_url, redis_of_module, "--workers", "2") as server:
        yield server


class Talk:
    """Users who talk without a pause until they are told to stop."""

    def __init__(self, port: int, users: int) -> None:
        self.failed: list[tuple[float, str]] = []
        self.answered = 0
        self.connections = 0
        self._stop = threading.Event()
        self._port = port
        self._threads = [
            threading.Thread(target=self._talk, args=(f"talker-{user}",))
            for user in range(users)
        ]
        for thread in self._threads:
            thread.start()

    def _talk(self, user: str) -> None:
        client = Client(self._port)
        while not self._stop.is_set():
            try:
                assert client.say(user, "你好") == ["你好呀"]
                self.answered += 1
            except Exception as error:
                # By when it was sent, or refused before that.
                when = min(client.sent, time.monotonic())
                self.failed.append((when, repr(error)))
                client.close()
            # Some come back by the same connection, others by a new one.
            if self.answered % 5 == 0:
                client.close()
        self.connections += client.connections
        client.close()

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(60)


def test_workers_and_actions_that_die_are_begun_anew(two: Served) -> None:
    killed, other = two.workers()
    os.kill(killed, signal.SIGKILL)
    assert "SIGKILL" in two.wait_for(f"(process {killed}) ended by")
    # Meanwhile the other one answers.
    client = Client(two.port)
    assert client.say("during", "你好") == ["你好呀"]
    (actions,) = set(two.children()) - {other} - set(two.workers())
    os.kill(actions, signal.SIGKILL)
    two.wait_for(f"The action server (process {actions}) ended")
    two.wait_for("serves again")
    until(lambda: client.ask("GET", "/ready")[0] == 200)
    assert len(two.workers()) == 2


def test_a_model_that_cannot_be_loaded_leaves_the_one_before(
    two: Served, project: Path
) -> None:
    before = two.workers()
    broken = project / "models" / "broken.tar.gz"
    broken.write_bytes(b"nothing")
    os.utime(broken, (time.time() + 10, time.time() + 10))
    try:
        two.process.send_signal(signal.SIGHUP)
        two.wait_for("The model before goes on serving.")
    finally:
        broken.unlink()
    assert two.workers() == before
    assert Client(two.port).say("alice", "你好") == ["你好呀"]


def test_connections_are_shared_evenly_a_reload_loses_none_and_all_ends(
    two: Served,
    project: Path,
    postgres_url: str,  # noqa: F811
) -> None:
    before = set(two.workers())
    assert len(before) == 2
    talk = Talk(two.port, 8)
    until(lambda: talk.answered > 20)
    counts = [len(sockets_of(pid)) for pid in before]
    assert abs(counts[0] - counts[1]) <= 3, counts
    newest = next((project / "models").glob("*.tar.gz"))
    newer = shutil.copy(newest, newest.with_name("newer.tar.gz"))
    os.utime(newer, (time.time() + 5, time.time() + 5))
    two.process.send_signal(signal.SIGHUP)
    assert "newer.tar.gz" in two.wait_for("Serving models/newer.tar.gz")
    until(lambda: len(two.workers()) == 2)
    assert not before & set(two.workers())
    done = talk.answered
    until(lambda: talk.answered > done + 20)
    left, stopped = two.children(), time.monotonic()
    assert two.stop(signal.SIGINT) == 0
    assert not [pid for pid in left if Path(f"/proc/{pid}").exists()]
    # What was sent before the signal is answered; what came later is not taken.
    talk.stop()
    assert not [why for when, why in talk.failed if when < stopped]
    engine = sa.create_engine(postgres_url)
    with engine.connect() as connection:
        asked = "SELECT count(*) FROM events WHERE type_name='user'"
        (stored,) = connection.execute(sa.text(asked)).one()
    assert stored >= talk.answered


def sockets_of(pid: int) -> list[str]:
    """The TCP connections on 127.0.0.1 that a process serves."""
    links = []
    for link in Path(f"/proc/{pid}/fd").iterdir():
        try:
            links.append(os.readlink(link))
        except OSError:
            continue
    return [link for link in links if link.startswith("socket:")]
