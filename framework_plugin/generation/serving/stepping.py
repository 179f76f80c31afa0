"""What the search asks of a network: which tokens may come next.

The search knows no network. A `Stepper` decodes one source, a `BatchStepper` many side
by side; whatever it has to remember between steps is its own `State`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

IMPOSSIBLE = -1e6
"""Log-probability below which a token was banned and is never said."""

State = TypeVar("State")
FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class StepOutput(Generic[State]):
    """What may follow each of several unfinished replies.

    Args:
        tokens: The likeliest next tokens, shape (replies, candidates), best first.
            Fewer candidates than were asked for means that there are no more.
        log_probs: Their natural log-probabilities, same shape.
        attention: Weights over the dialogue, shape (replies, dialogue length), 0
            beyond the end of a shorter one; None of a network without attention.
        state: The decoder's state after this step.
        memory_attention: The same over the user's memory; None of a network that
            reads none.
        ways: Natural log-probabilities that the next token is written from the
            vocabulary, copied from the dialogue or copied from the memory, shape
            (replies, ways), the memory's left out where there is none; None of a
            network that cannot copy.
    """

    tokens: IntArray
    log_probs: FloatArray
    attention: FloatArray | None
    state: State
    memory_attention: FloatArray | None = None
    ways: FloatArray | None = None


class Stepper(Protocol[State]):
    """One decoding step of some network, over one source."""

    def start(self) -> State:
        """The state before the first token, for one reply."""
        ...

    def step(
        self, state: State, tokens: IntArray, candidates: int
    ) -> StepOutput[State]:
        """Reads the last token of each reply, shape (replies,).

        The search may ask again, with the same state, for more candidates; the state
        that is handed in must not change.
        """
        ...

    def select(self, state: State, rows: IntArray) -> State:
        """The states of some of the replies, in the order of `rows`."""
        ...


class BatchStepper(Protocol[State]):
    """One decoding step of some network, over several sources side by side."""

    @property
    def sources(self) -> int:
        """How many sources were read."""
        ...

    def start(self) -> State:
        """The state before the first token: one row for each source, in order."""
        ...

    def step(
        self, state: State, tokens: IntArray, sources: IntArray, candidates: int
    ) -> StepOutput[State]:
        """Reads the last token of each reply.

        Args:
            state: Of each reply; must not change, since the search may ask again.
            tokens: The last token of each, shape (replies,).
            sources: Which source each is for, shape (replies,), rising. The very same
                array as at the step before if no reply came or went, so that what was
                gathered by it can be used again.
            candidates: How many tokens to give for each.
        """
        ...

    def select(self, state: State, rows: IntArray) -> State:
        """The states of some of the replies, in the order of `rows`."""
        ...


class OneSource(Generic[State]):
    """A stepper over one source, as a batch of one.

    Args:
        stepper: Over the source.
    """

    sources = 1

    def __init__(self, stepper: Stepper[State]) -> None:
        self.start = stepper.start
        self.select = stepper.select
        self._step = stepper.step

    def step(
        self, state: State, tokens: IntArray, sources: IntArray, candidates: int
    ) -> StepOutput[State]:
        """One step; all replies are for the one source."""
        return self._step(state, tokens, candidates)
