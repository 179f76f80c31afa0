"""Processes that talk through the store and are killed at random moments.

Each child takes turns in one conversation, and says after each save that it is done. It
is killed somewhere, the next one goes on. Prints as JSON what was sent, what was
confirmed, and what is in the database at the end.

Run: python -m tests.memory.killed_talks DATABASE CHILDREN SEED
"""

import asyncio
import json
import os
import random
import signal
import sys
import time

from rasa.shared.core.domain import Domain

from framework_plugin.components.tracker_store import MemoryTrackerStore
from tests.memory.turns import said, turn


async def talk(path, child, confirm):
    store = MemoryTrackerStore(Domain.empty(), db=path)
    for number in range(1000):
        text = f"{child}-{number}"
        confirm(f"sent {text}")
        await turn(store, text)
        confirm(f"saved {text}")


def child_of(path, child):
    """Starts a child; returns its id and the end of a pipe that it reports to."""
    reading, writing = os.pipe()
    process = os.fork()
    if process == 0:
        os.close(reading)
        asyncio.run(
            talk(path, child, lambda line: os.write(writing, f"{line}\n".encode()))
        )
        os._exit(0)
    os.close(writing)
    return process, os.fdopen(reading, encoding="utf-8")


def main():
    path, children, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    chance = random.Random(seed)
    told = {"sent": [], "saved": []}
    for child in range(children):
        process, reports = child_of(path, child)
        with reports:
            for _ in range(chance.randrange(1, 9)):
                kind, text = reports.readline().split()
                told[kind].append(text)
            time.sleep(chance.random() * 0.02)
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)
            for line in reports:
                kind, text = line.split()
                told[kind].append(text)

    async def stored():
        store = MemoryTrackerStore(Domain.empty(), db=path)
        tracker = await store.retrieve_full_tracker("alice")
        return said(tracker), [type(event).__name__ for event in tracker.events]

    texts, kinds = asyncio.run(stored())
    print(json.dumps({**told, "stored": texts, "kinds": kinds}))


if __name__ == "__main__":
    main()
