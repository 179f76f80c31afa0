"""Hands the connections of one port to workers, and looks after these.

The supervisor takes every connection itself and gives it to the worker that has the
fewest. At a socket that all workers wait at, one of two may get all connections that
come at once; a port that the kernel shares out (SO_REUSEPORT) is shared by chance, and
what waits at the part of a worker is lost when that ends
(`benchmarks/connection_sharing.py`).
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import tempfile
from collections import deque
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from framework_plugin.cli.environment import serving_environment
from framework_plugin.cli.serving.generation import Generation
from framework_plugin.cli.serving.orders import Orders
from framework_plugin.errors import PersonalChatError

BACKLOG = 1_024
"""Connections that wait at the port before it refuses more."""

_AT_ONCE = 64
"""Connections taken before something else has its turn."""
_TRY_AGAIN = 0.01
_IDLE_SECONDS = 5.0
"""Seconds that idle connections to an old worker stay open at a reload."""
_LAST_SECONDS = 0.3
"""The same when all ends: what was sent before the signal is on its way until then."""
_METRICS = "PROMETHEUS_MULTIPROC_DIR"


class Supervisor:
    """Serves one port by several processes until it is told to stop.

    SIGTERM and SIGINT let what is under way be finished, a second one cuts it off.
    SIGHUP loads the model chosen then, and only when all its workers serve are the old
    ones let go.

    Args:
        listening: The port; nothing has accepted from it yet.
        orders: What to serve.
        workers: How many processes.
        choose: The model to load at a reload.
        tell: Says something to whoever runs the server.
        on_ready: Called once all workers serve, with what one says of itself.
    """

    def __init__(
        self,
        listening: socket.socket,
        orders: Orders,
        workers: int,
        choose: Callable[[], Path],
        tell: Callable[[str], None],
        on_ready: Callable[[dict[str, bool]], None],
    ) -> None:
        self._listening = listening
        self._orders = orders
        self._count = workers
        self._choose = choose
        self._tell = tell
        self._on_ready = on_ready
        self._metrics = Path(tempfile.mkdtemp(prefix="personal_chat_metrics_"))
        self._generation: Generation | None = None
        self._loading: Generation | None = None
        self._waiting: deque[socket.socket] = deque()
        self._accepting = False
        self._stops = 0
        self._stopping: asyncio.Event
        self._reloads: asyncio.Event
        self._tasks: set[asyncio.Task[Any]] = set()
        self._drains: set[asyncio.Task[Any]] = set()
        self._later: asyncio.TimerHandle | None = None

    async def run(self) -> None:
        """Serves until SIGTERM or SIGINT.

        Raises:
            PersonalChatError: If the first workers cannot serve.
        """
        self._stopping, self._reloads = asyncio.Event(), asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop)
        loop.add_signal_handler(signal.SIGHUP, self._reloads.set)
        self._listening.setblocking(False)
        self._listening.listen(BACKLOG)
        try:
            said = await self._until_stopped(self._load(self._orders.model))
            if said is not None:
                self._on_ready(said)
                self._task(self._keep_reloading())
                await self._stopping.wait()
        finally:
            await self._end()

    async def _load(self, model: Path) -> dict[str, bool]:
        """Loads a model beside the one that serves, then takes its place.

        Raises:
            PersonalChatError: If a worker cannot; the model before still serves.
        """
        orders = replace(self._orders, model=model)
        one = Generation(
            orders,
            self._count,
            self._environment(),
            self._tell,
            self._look,
            self._forget,
        )
        self._loading = one
        try:
            said = await one.ready()
        except PersonalChatError:
            self._loading = None
            await one.kill()
            raise
        old, self._generation, self._loading = self._generation, one, None
        self._look()
        if old is not None:
            draining = self._task(old.drain(_IDLE_SECONDS))
            self._drains.add(draining)
            draining.add_done_callback(self._drains.discard)
        return said

    async def _keep_reloading(self) -> None:
        while True:
            await self._reloads.wait()
            self._reloads.clear()
            try:
                model = self._choose()
                self._tell(f"Loading {model}; what serves now goes on meanwhile.")
                await self._load(model)
                self._tell(f"Serving {model}.")
            except (PersonalChatError, OSError) as error:
                self._tell(f"{error}\nThe model before goes on serving.")

    def _look(self) -> None:
        """Takes connections if and only if there is somebody to give them to."""
        loop = asyncio.get_running_loop()
        can = self._generation is not None and self._generation.least_busy() is not None
        wanted = can and not self._stops
        if wanted and not self._accepting:
            loop.add_reader(self._listening, self._accept)
        elif self._accepting and not wanted:
            loop.remove_reader(self._listening)
        self._accepting = wanted

    def _accept(self) -> None:
        for _ in range(_AT_ONCE):
            try:
                self._waiting.append(self._listening.accept()[0])
            except OSError:
                # No more wait, or one has left again.
                break
        self._hand_out()

    def _hand_out(self) -> None:
        if self._later is not None:
            self._later.cancel()
            self._later = None
        while self._waiting:
            worker = self._generation.least_busy() if self._generation else None
            if worker is None or not worker.give(self._waiting[0]):
                loop = asyncio.get_running_loop()
                self._later = loop.call_later(_TRY_AGAIN, self._hand_out)
                return
            self._waiting.popleft().close()

    def _stop(self) -> None:
        self._stops += 1
        self._stopping.set()
        if self._stops == 1:
            self._look()
        elif self._generation is not None:
            self._task(self._generation.kill())

    async def _end(self) -> None:
        self._stops = max(self._stops, 1)
        self._look()
        self._listening.close()
        for _ in range(20):
            if not self._waiting:
                break
            await asyncio.sleep(_TRY_AGAIN)
        if self._loading is not None:
            await self._loading.kill()
        if self._generation is not None:
            await self._generation.drain(_LAST_SECONDS)
        if self._drains:
            # Of a reload a moment ago.
            await asyncio.wait(self._drains)
        for task in self._tasks:
            task.cancel()
        shutil.rmtree(self._metrics, ignore_errors=True)

    async def _until_stopped(self, work: Coroutine[Any, Any, Any]) -> Any:
        """The result of some work, or None if the server is stopped before."""
        task = self._task(work)
        stopped = asyncio.create_task(self._stopping.wait())
        await asyncio.wait((task, stopped), return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if task.done():
            return task.result()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        return None

    def _task(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _environment(self) -> dict[str, str]:
        """Of the workers: who shares processors with others needs fewer threads."""
        given = serving_environment(os.environ)
        given.setdefault(_METRICS, str(self._metrics))
        if self._count > 1:
            threads = max(1, len(os.sched_getaffinity(0)) // self._count)
            for name in (
                "OMP_NUM_THREADS",
                "TF_INTRA_OP_PARALLELISM_THREADS",
                "TF_INTER_OP_PARALLELISM_THREADS",
            ):
                given.setdefault(name, str(threads))
        return given

    def _forget(self, pid: int) -> None:
        """Takes what a process says of the present out of the metrics."""
        from prometheus_client.multiprocess import mark_process_dead

        with suppress(OSError):
            mark_process_dead(pid, str(self._metrics))  # type: ignore[no-untyped-call]
