"""Real databases for the tests of the memory."""

import getpass
import os
import shutil
import socket
import subprocess
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import sqlalchemy as sa

from framework_plugin.memory.database import open_engine
from framework_plugin.memory.repository import MemoryRepository
from framework_plugin.memory.tables import metadata
from framework_plugin.retrieval.tables import metadata as documents
from tests.servers import free_port


@pytest.fixture
def engine(tmp_path):
    engine = open_engine(f"sqlite:///{tmp_path / 'memory' / 'rasa.db'}")
    yield engine
    engine.dispose()


@pytest.fixture
def repository(engine):
    repository = MemoryRepository(engine)
    repository.migrate()
    return repository


def postgres_program(name):
    on_path = shutil.which(name)
    if on_path:
        return on_path
    installed = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return str(installed[-1]) if installed else None


class Postgres:
    """A PostgreSQL server on loopback, in a folder of its own."""

    def __init__(self):
        self._programs = {name: postgres_program(name) for name in ("initdb", "pg_ctl")}
        if not all(self._programs.values()):
            pytest.skip("initdb and pg_ctl of PostgreSQL are not installed")
        root = os.geteuid() == 0
        if root and not shutil.which("setpriv"):
            pytest.skip(
                "PostgreSQL refuses to run as root and setpriv is not installed"
            )
        # The folders of pytest belong to its user alone; the server runs as another.
        self._folder = Path(
            subprocess.check_output(["mktemp", "-d"], text=True).strip()
        )
        self._as_user = []
        if root:
            os.chown(self._folder, 65534, 65534)
            self._as_user = [
                "setpriv",
                "--reuid=65534",
                "--regid=65534",
                "--clear-groups",
            ]
        self.port = free_port()
        self.url = f"postgresql://xiaoman@127.0.0.1:{self.port}/postgres"
        self._call("initdb", "-U", "xiaoman", "-A", "trust", "-E", "UTF8", "--no-sync")

    def start(self):
        place = f"-p {self.port} -k {self._folder} -F"
        options = f"-c listen_addresses=127.0.0.1 {place}"
        log = str(self._folder / "log")
        self._call("pg_ctl", "-w", "-l", log, "-o", options, "start")

    def stop(self):
        self._call("pg_ctl", "-w", "-m", "immediate", "stop")

    def remove(self):
        shutil.rmtree(self._folder, ignore_errors=True)

    def _call(self, program, *arguments):
        data = str(self._folder / "data")
        subprocess.run(
            [*self._as_user, self._programs[program], "-D", data, *arguments],
            check=True,
            cwd=self._folder,
            stdout=subprocess.DEVNULL,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
        )


@pytest.fixture(scope="session")
def postgres_url():
    """A PostgreSQL server on loopback with a database of its own."""
    server = Postgres()
    try:
        server.start()
        yield server.url
    finally:
        server.stop()
        server.remove()


@pytest.fixture
def postgres():
    """A PostgreSQL server that a test may stop and start."""
    server = Postgres()
    try:
        server.start()
        yield server
    finally:
        with suppress(subprocess.CalledProcessError):
            server.stop()
        server.remove()


@pytest.fixture(scope="session")
def mariadb_url():
    """A MariaDB server on loopback with a database of its own."""
    server = shutil.which("mariadbd") or shutil.which("mariadbd", path="/usr/sbin")
    install = shutil.which("mariadb-install-db")
    if not server or not install:
        pytest.skip("mariadbd and mariadb-install-db of MariaDB are not installed")
    folder = Path(subprocess.check_output(["mktemp", "-d"], text=True).strip())
    port, user = free_port(), getpass.getuser()
    common = ["--no-defaults", f"--datadir={folder}/data", f"--user={user}"]
    subprocess.run(
        [install, *common, "--auth-root-authentication-method=normal"],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    place = [f"--port={port}", "--bind-address=127.0.0.1", f"--socket={folder}/s"]
    with (folder / "log").open("w") as log:
        running = subprocess.Popen([server, *common, *place], stdout=log, stderr=log)
    url = f"mysql+pymysql://root@127.0.0.1:{port}"
    try:
        wait_for_server(url)
        yield f"{url}/memory?charset=utf8mb4"
    finally:
        running.terminate()
        running.wait(timeout=60)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def redis_port(tmp_path):
    """The port of a Redis server on loopback that keeps nothing."""
    with running_redis(tmp_path) as port:
        yield port


@pytest.fixture(scope="module")
def redis_of_module(tmp_path_factory):
    """The same, for all tests of a module."""
    with running_redis(tmp_path_factory.mktemp("redis")) as port:
        yield port


@contextmanager
def running_redis(folder):
    """The port of a Redis server; it may write into the folder."""
    server = shutil.which("redis-server")
    if not server:
        pytest.skip("redis-server is not installed")
    port = free_port()
    place = ["--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder)]
    running = subprocess.Popen(
        [server, *place, "--save", "", "--appendonly", "no"], stdout=subprocess.DEVNULL
    )
    try:
        wait_for_redis(port)
        yield port
    finally:
        running.terminate()
        running.wait(timeout=60)


def wait_for_redis(port):
    for _ in range(100):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port)) as asking:
            asking.sendall(b"PING\r\n")
            if asking.recv(7) == b"+PONG\r\n":
                return
        time.sleep(0.1)
    pytest.fail("Redis did not start within ten seconds")


def wait_for_server(url):
    engine = sa.create_engine(url)
    for _ in range(120):
        try:
            with engine.begin() as connection:
                connection.execute(sa.text("CREATE DATABASE IF NOT EXISTS memory"))
            return
        except sa.exc.OperationalError:
            time.sleep(0.5)
    pytest.fail("MariaDB did not start within a minute")


def emptied(url):
    """An engine for a database that other tests have used; nothing is in it."""
    engine = open_engine(url)
    for one in (documents, metadata):
        one.drop_all(engine)
    return engine
