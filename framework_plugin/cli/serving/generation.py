"""The workers of one model and the action servers beside them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace

from framework_plugin.cli.action_server import ActionServer
from framework_plugin.cli.serving.orders import Orders
from framework_plugin.cli.serving.worker import Worker, how
from framework_plugin.errors import PersonalChatError

_DRAIN_SECONDS = 30.0
"""So long a turn under way may take before it is cut off."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 60.0
"""Seconds before a worker that died is begun anew; doubled each time."""
_WELL_AFTER = 60.0
"""A worker that lived for so many seconds is not to blame for those before it."""
_LOOK_EVERY = 1.0
_WORKERS_OF_ACTIONS = 4
"""One action server is enough for so many workers."""


class Generation:
    """Processes that serve one model; what dies is begun anew.

    Args:
        orders: What to serve, without the actions.
        workers: How many.
        environment: Of the workers.
        tell: Says something to whoever runs the server.
        on_change: Called when a worker got ready, or ended.
        on_end: Told the id of each worker that ended.
    """

    def __init__(
        self,
        orders: Orders,
        workers: int,
        environment: Mapping[str, str],
        tell: Callable[[str], None],
        on_change: Callable[[], None],
        on_end: Callable[[int], None],
    ) -> None:
        self._orders = orders
        self._environment = environment
        self._tell = tell
        self._on_change = on_change
        self._on_end = on_end
        self._ending = False
        self._actions = [
            ActionServer(orders.endpoints, verbose=orders.verbose)
            for _ in range(-(-workers // _WORKERS_OF_ACTIONS))
        ]
        self._workers = [self._begun(number) for number in range(workers)]
        self._keepers = [
            *(self._keep_worker(number) for number in range(workers)),
            *(self._keep_actions(number) for number in range(len(self._actions))),
        ]
        self._tasks: list[asyncio.Task[None]] = []

    async def ready(self) -> dict[str, bool]:
        """Waits until all workers serve; from then on, what dies is begun anew.

        Returns:
            What a worker says of itself: whether it has the chat page.

        Raises:
            PersonalChatError: If one cannot.
        """
        said = await asyncio.gather(*(worker.ready for worker in self._workers))
        for server in self._actions:
            await asyncio.to_thread(server.wait_until_ready)
        self._tasks = [asyncio.create_task(keeper) for keeper in self._keepers]
        return said[0]

    def least_busy(self) -> Worker | None:
        """The worker with the fewest connections, or None if none serves."""
        serving = [worker for worker in self._workers if worker.serves]
        return min(serving, key=lambda worker: worker.open, default=None)

    async def drain(self, idle_seconds: float) -> None:
        """Ends all of it once what is under way is done."""
        self._stop_keeping()
        for worker in self._workers:
            worker.drain(idle_seconds)
        ended = [worker.ended for worker in self._workers]
        _, late = await asyncio.wait(ended, timeout=_DRAIN_SECONDS + idle_seconds)
        if late:
            self._tell(f"{len(late)} workers did not finish in time; they are ended.")
        await self.kill()

    async def kill(self) -> None:
        """Ends all of it at once."""
        self._stop_keeping()
        for worker in self._workers:
            if not worker.ended.done():
                worker.kill()
        for worker in self._workers:
            self._on_end(worker.pid)
            await worker.ended
        for server in self._actions:
            await asyncio.to_thread(server.stop)

    def _stop_keeping(self) -> None:
        self._ending = True
        for task in self._tasks:
            task.cancel()
        if not self._tasks:
            for keeper in self._keepers:
                keeper.close()
            self._keepers.clear()

    def _begun(self, number: int) -> Worker:
        actions = self._actions[number % len(self._actions)]
        orders = replace(self._orders, action_url=actions.url)
        return Worker(orders, self._environment, self._on_change)

    async def _keep_worker(self, number: int) -> None:
        """Puts another in the place of a worker that died."""
        pause, begun = _FIRST_PAUSE, time.monotonic()
        while True:
            worker = self._workers[number]
            code = await asyncio.shield(worker.ended)
            self._on_end(worker.pid)
            if time.monotonic() - begun > _WELL_AFTER:
                pause = _FIRST_PAUSE
            self._tell(
                f"Worker {number + 1} (process {worker.pid}) ended {how(code)}; "
                f"another begins in {pause:g} s."
            )
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
            begun = time.monotonic()
            self._workers[number] = self._begun(number)
            try:
                await asyncio.shield(self._workers[number].ready)
                self._tell(f"Worker {number + 1} serves again.")
            except PersonalChatError as error:
                self._tell(str(error))

    async def _keep_actions(self, number: int) -> None:
        """Puts another in the place of an action server that died, on its port."""
        pause = _FIRST_PAUSE
        while True:
            await asyncio.sleep(_LOOK_EVERY)
            server = self._actions[number]
            if server.is_alive():
                continue
            self._tell(
                f"The action server (process {server.pid}) ended; another begins in "
                f"{pause:g} s."
            )
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
            with suppress(OSError):
                self._actions[number] = ActionServer(
                    self._orders.endpoints,
                    verbose=self._orders.verbose,
                    port=server.port,
                )
