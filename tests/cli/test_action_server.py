from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from framework_plugin.cli.action_server import ActionServer, running_actions
from framework_plugin.errors import PersonalChatError
from tests.cli.served import until

pytestmark = pytest.mark.slow

PARENT = """
import sys, time
from pathlib import Path
from framework_plugin.cli.action_server import running_actions

with running_actions(Path("endpoints.yml"), verbose=False) as server:
    if sys.argv[1] == "ready":
        server.wait_until_ready()
    print(server.port, flush=True)
    time.sleep(600)
"""


@pytest.fixture(autouse=True)
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a small package `actions`."""
    (tmp_path / "actions").mkdir()
    (tmp_path / "actions" / "__init__.py").write_text("", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refuses_connections(port: int, seconds: float = 30.0) -> bool:
    """Whether nobody listens any more, before some time is over."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except ConnectionRefusedError:
            return True
        except OSError:
            pass
        time.sleep(0.05)
    return False


def test_it_answers_while_the_block_is_open_and_not_after() -> None:
    with running_actions(Path("endpoints.yml"), verbose=False) as server:
        server.wait_until_ready()
        assert not refuses_connections(server.port, seconds=0.5)
    assert refuses_connections(server.port)


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
def test_it_is_given_what_suits_a_server() -> None:
    with running_actions(Path("endpoints.yml"), verbose=False) as server:
        server.wait_until_ready()
        given = Path(f"/proc/{server.pid}/environ").read_bytes().split(b"\0")
    assert b"MALLOC_ARENA_MAX=2" in given
    assert b"OPENBLAS_NUM_THREADS=1" in given


def test_it_ends_with_an_exception() -> None:
    with (
        pytest.raises(ZeroDivisionError),
        running_actions(Path("endpoints.yml"), verbose=False) as server,
    ):
        raise ZeroDivisionError
    assert refuses_connections(server.port)


@pytest.mark.skipif(sys.platform != "linux", reason="needs prctl of Linux")
@pytest.mark.parametrize("when", ["ready", "starting"])
@pytest.mark.parametrize(
    "number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT], ids=lambda n: n.name
)
def test_it_ends_with_its_parent_however_that_ends(number, when) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, when],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    port = int(parent.stdout.readline())
    parent.send_signal(number)
    parent.wait(30)
    assert refuses_connections(port)


def test_actions_that_cannot_be_imported_are_told(shop: Path) -> None:
    (shop / "actions" / "__init__.py").write_text("import no_such_thing\n")
    server = ActionServer(Path("endpoints.yml"))
    try:
        with pytest.raises(PersonalChatError, match="exit code"):
            server.wait_until_ready()
    finally:
        server.stop()


def test_what_a_first_call_would_wait_for_is_made_ready_before(shop: Path) -> None:
    (shop / "actions" / "__init__.py").write_text(
        "from pathlib import Path\n\ndef warm_up():\n    Path('warm').touch()\n"
    )
    with running_actions(Path("endpoints.yml"), verbose=False) as server:
        server.wait_until_ready()
        until((shop / "warm").exists)
