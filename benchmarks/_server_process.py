"""The client's side of `_store_server.py`: a server process that turns are sent to."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from itertools import count
from pathlib import Path

_PROGRAM = Path(__file__).with_name("_store_server.py")


class ServerProcess:
    """A server process; make one with `start`.

    Args:
        process: It runs, and was read up to the line that says so.
    """

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._numbers = count()
        self._waiting: dict[int, asyncio.Future[str | None]] = {}
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def start(
        cls, kind: str, url: str, redis_port: int, folder: Path
    ) -> ServerProcess:
        """Starts a server and waits until it listens.

        Args:
            kind: Whose store: `ours` or `stock`.
            url: Of the database.
            redis_port: Of the lock store, here; 0 for none.
            folder: Where it runs; it may write a journal there.
        """
        root = str(_PROGRAM.parents[1])
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, str(_PROGRAM), kind, url, str(redis_port)),
            cwd=folder,
            env={**os.environ, "PYTHONPATH": root, "PYTHONWARNINGS": "ignore"},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        assert process.stdout
        while (line := await process.stdout.readline()) != b"ready\n":
            if not line:
                raise RuntimeError(f"A server with the store '{kind}' did not start.")
        return cls(process)

    async def say(self, user: str, text: str) -> str | None:
        """Takes a turn; returns None, or why it was not taken."""
        assert self._process.stdin
        number = next(self._numbers)
        answer = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        self._process.stdin.write(f"{json.dumps([number, user, text])}\n".encode())
        await self._process.stdin.drain()
        return await answer

    async def stop(self) -> None:
        """Lets it finish what it began."""
        assert self._process.stdin
        self._process.stdin.close()
        await self._process.wait()
        await self._reading

    async def _read(self) -> None:
        assert self._process.stdout
        while line := await self._process.stdout.readline():
            number, error = json.loads(line)
            self._waiting.pop(number).set_result(error)
        for answer in self._waiting.values():
            answer.set_exception(RuntimeError("The server ended."))
