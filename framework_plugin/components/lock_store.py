"""One message of a user at a time, whichever server it reaches: tickets kept in Redis.

Named in `endpoints.yml`, with the keys of Rasa's own Redis store:

    lock_store:
      type: framework_plugin.components.lock_store.ExactLockStore
      url: localhost

Rasa's store reads a queue, changes it and writes it back: what another server did
meanwhile is undone, so two messages may get one ticket, or one waits for a ticket that
is gone. Here every step is one script, which Redis runs as a whole.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, TypeVar

import redis
from rasa.core.lock import TicketLock
from rasa.core.lock_store import LOCK_LIFETIME, LockError, LockStore
from rasa.utils.endpoints import EndpointConfig
from redis.backoff import ExponentialBackoff
from redis.retry import Retry

from framework_plugin.components.lock_settings import LockSettings
from framework_plugin.memory.reaching import Attempts

logger = logging.getLogger(__name__)

_LEASE = 10.0
"""Seconds after which who waits and gives no sign of life has lost the place."""

_SOONEST = 0.02
"""Seconds between two looks of who is next; who is behind looks less often."""

_TRIES = 3

# A ticket is a token that no other has, so that one which ran out can do no harm. In
# the queue it is scored by its number. The state holds how many tickets were issued,
# who is served and until when, and until when each that waits is believed to be alive.
_ASK = """
local queue, state = KEYS[1], KEYS[2]
local token, number = ARGV[1], tonumber(ARGV[2])
local lifetime, lease = tonumber(ARGV[3]), tonumber(ARGV[4])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local served = redis.call('HGET', state, 'served')
if served == token then
    return {0, number}
end
if number == 0 then
    number = redis.call('HINCRBY', state, 'issued', 1)
end
redis.call('ZADD', queue, number, token)
redis.call('HSET', state, token, now + lease)
redis.call('PEXPIRE', queue, lifetime + 2 * lease)
redis.call('PEXPIRE', state, lifetime + 2 * lease)
if served and tonumber(redis.call('HGET', state, 'until')) > now then
    return {redis.call('ZRANK', queue, token) + 1, number}
end
local first = redis.call('ZRANGE', queue, 0, 0)[1]
while tonumber(redis.call('HGET', state, first) or 0) < now do
    redis.call('ZREM', queue, first)
    redis.call('HDEL', state, first)
    first = redis.call('ZRANGE', queue, 0, 0)[1]
end
if first ~= token then
    return {redis.call('ZRANK', queue, token), number}
end
redis.call('ZREM', queue, token)
redis.call('HDEL', state, token)
redis.call('HSET', state, 'served', token, 'until', now + lifetime)
return {0, number}
"""
_GIVE_BACK = """
local queue, state, token = KEYS[1], KEYS[2], ARGV[1]
redis.call('ZREM', queue, token)
redis.call('HDEL', state, token)
if redis.call('HGET', state, 'served') == token then
    redis.call('HDEL', state, 'served', 'until')
end
if redis.call('ZCARD', queue) == 0 and not redis.call('HGET', state, 'served') then
    redis.call('DEL', state)
end
"""

Result = TypeVar("Result")


def _sparing(kind: type[redis.Connection]) -> type[redis.Connection]:
    """Connections to a server that, while it is out of reach, few wait for."""
    attempts = Attempts()

    class Sparing(kind):
        def connect(self) -> None:
            attempts.connected(super().connect)

    return Sparing


class ExactLockStore(LockStore):
    """Tickets for conversations that no server loses.

    Who waits is served in the order of arrival. Whoever is served has `lock_lifetime`
    from then on, as long as a message may take; who waits need not hurry. A server that
    was killed holds up a conversation no longer than that.

    Args:
        endpoint_config: The section of `endpoints.yml`; see `LockSettings`.

    Raises:
        ComponentError: If a key is unknown or a value is impossible.
    """

    def __init__(self, endpoint_config: EndpointConfig | None = None) -> None:
        keys = endpoint_config.kwargs if endpoint_config else {}
        url = endpoint_config.url if endpoint_config else None
        self._settings = LockSettings.from_keys({**keys, "url": url})
        self._redis = redis.Redis(
            **self._settings.connection(),
            decode_responses=True,
            retry=Retry(ExponentialBackoff(cap=0.5, base=0.05), _TRIES),
            retry_on_error=[redis.ConnectionError, redis.TimeoutError],
        )
        pool = self._redis.connection_pool
        pool.connection_class = _sparing(pool.connection_class)
        self._ask = self._redis.register_script(_ASK)
        self._give_back = self._redis.register_script(_GIVE_BACK)
        # One, so that messages get their tickets in the order in which they came.
        self._thread = ThreadPoolExecutor(1, "lock-store")
        super().__init__()

    @property
    def redis(self) -> Any:
        """The client, for what else the servers share."""
        return self._redis

    @asynccontextmanager
    async def lock(
        self,
        conversation_id: str,
        lock_lifetime: float = LOCK_LIFETIME,
        wait_time_in_seconds: float = 1,
    ) -> AsyncGenerator[TicketLock, None]:
        """Waits for a turn in a conversation, and has it until the block ends.

        Args:
            conversation_id: Rasa's `sender_id`.
            lock_lifetime: Seconds after which the next one is served, should this one
                not come to an end.
            wait_time_in_seconds: At most so long it is between two looks at the queue.

        Raises:
            LockError: If Redis cannot be reached.
        """
        token = uuid.uuid4().hex
        try:
            await self._served(
                conversation_id, token, lock_lifetime, wait_time_in_seconds
            )
            yield TicketLock(conversation_id)
        finally:
            await asyncio.shield(self._leave(conversation_id, token))

    def is_someone_waiting(self, conversation_id: str) -> bool:
        """Whether a message waits until others of the conversation are done with."""
        return bool(self._redis.zcard(self._keys(conversation_id)[0]))

    def delete_lock(self, conversation_id: str) -> None:
        """Takes all tickets of a conversation away; who waits asks for another."""
        deleted = self._redis.delete(*self._keys(conversation_id))
        self._log_deletion(conversation_id, bool(deleted))

    async def _served(
        self, conversation: str, token: str, lifetime: float, longest: float
    ) -> None:
        """Waits until a ticket is served."""
        lease = min(_LEASE, lifetime)
        milliseconds = [round(1000 * lifetime), round(1000 * lease)]
        keys, number = self._keys(conversation), 0
        while True:
            arguments = [token, number, *milliseconds]
            before, number = await self._call(partial(self._ask, keys, arguments))
            if before == 0:
                return
            logger.debug("%s messages of '%s' come before.", before, conversation)
            await asyncio.sleep(min(_SOONEST * before, longest, lease / 3))

    async def _leave(self, conversation: str, token: str) -> None:
        try:
            keys = self._keys(conversation)
            await self._call(partial(self._give_back, keys, [token]))
        except LockError as error:
            # The message is answered; its ticket runs out by itself.
            logger.warning("%s", error)

    async def _call(self, asked: Callable[[], Result]) -> Result:
        """Asks Redis in a thread, so that other conversations go on."""
        loop = asyncio.get_running_loop()
        answer = loop.run_in_executor(self._thread, asked)
        try:
            return await asyncio.shield(answer)
        except asyncio.CancelledError:
            # Or a ticket could be given back before it is asked for.
            await asyncio.wait([answer])
            raise
        except redis.RedisError as error:
            raise LockError(
                f"The lock store cannot use the Redis at {self._settings.place}: "
                f"{error}. Check that it runs, and 'lock_store' in endpoints.yml."
            ) from error

    def _keys(self, conversation: str) -> list[Any]:
        # In braces, so that a cluster keeps both at one place.
        name = f"{self._settings.prefix}{{{conversation}}}"
        return [f"{name}:queue", f"{name}:state"]
