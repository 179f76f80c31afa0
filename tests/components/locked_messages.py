"""A process that answers many messages of one user at once, one at a time by a lock.

Counts in Redis how many are being answered, by any process: there must be one. Prints
as JSON the largest such number, how many were answered, and the errors.

Run: python -m tests.components.locked_messages STORE PORT MESSAGES LIFETIME [hold]

`STORE` is `ours` or `stock`. With `hold`, one message is begun and never ended; once
begun, that is said, for somebody to kill the process.
"""

import asyncio
import json
import sys

import redis
from rasa.core.lock_store import LockError, LockStore
from rasa.utils.endpoints import EndpointConfig

TYPES = {
    "ours": "framework_plugin.components.lock_store.ExactLockStore",
    "stock": "redis",
}


def open_locks(port, kind="ours"):
    return LockStore.create(EndpointConfig("127.0.0.1", type=TYPES[kind], port=port))


async def answer(locks, counter, told, lifetime):
    try:
        async with locks.lock("alice", lifetime, 0.2):
            told["most"] = max(told["most"], counter.incr("inside"))
            await asyncio.sleep(0.002)
            counter.decr("inside")
            told["answered"] += 1
    except LockError as error:
        told["errors"].append(str(error))


async def main():
    kind, port, messages, lifetime = sys.argv[1:5]
    locks = open_locks(int(port), kind)
    if sys.argv[5:]:
        async with locks.lock("alice", float(lifetime)):
            print("begun", flush=True)
            await asyncio.sleep(600)
    counter = redis.Redis("127.0.0.1", int(port), db=2)
    told = {"most": 0, "answered": 0, "errors": []}
    print("ready", flush=True)
    sys.stdin.readline()
    said = (answer(locks, counter, told, float(lifetime)) for _ in range(int(messages)))
    await asyncio.gather(*said)
    print(json.dumps(told))


if __name__ == "__main__":
    asyncio.run(main())
