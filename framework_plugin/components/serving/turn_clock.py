"""Where the time of a turn goes.

Parts may lie within one another, as the search for a reply does in the policies; the
outer one then counts without the inner. A part that is measured while no turn is, as
in `personal-chat chat`, costs nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import ParamSpec, TypeVar

WAITING, TRACKER, NLU = "waiting", "tracker", "nlu"
POLICIES, DECODE, ACTIONS, SAVE = "policies", "decode", "actions", "save"
PARTS = (WAITING, TRACKER, NLU, POLICIES, DECODE, ACTIONS, SAVE)

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class TurnClock:
    """The seconds of each part of one turn.

    A turn is in one place at a time, so that no lock is needed, whichever threads it
    goes through.

    Args:
        clock: Seconds of a clock that never goes back.
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self.seconds: dict[str, float] = {}
        self._clock = clock
        self._begun = clock()
        self._inner: list[float] = []

    @property
    def total(self) -> float:
        """Seconds since the turn began."""
        return self._clock() - self._begun

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Measures a block."""
        begun = self._clock()
        self._inner.append(0.0)
        try:
            yield
        finally:
            took = self._clock() - begun
            own = took - self._inner.pop()
            self.seconds[name] = self.seconds.get(name, 0.0) + own
            if self._inner:
                self._inner[-1] += took


CLOCK: ContextVar[TurnClock | None] = ContextVar("clock", default=None)
"""That of the turn under way, also in the threads that work for it."""


@contextmanager
def part(name: str) -> Iterator[None]:
    """Measures a block of the turn under way, if one is."""
    clock = CLOCK.get()
    if clock is None:
        yield
    else:
        with clock.part(name):
            yield


def measured(
    name: str, work: Callable[Arguments, Result]
) -> Callable[Arguments, Result]:
    """A function whose calls count as a part of the turn under way."""

    @wraps(work)
    def measuring(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        with part(name):
            return work(*args, **kwargs)

    return measuring
