"""The unfinished replies of a search, as rows of arrays, and how they grow.

Each row is a reply in the making; the rows of one source lie together. What was added
at a step is kept once, with the row that each new row continues, and read backwards
when a reply is done.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic

import numpy as np
import numpy.typing as npt

from framework_plugin.errors import SettingsError
from framework_plugin.generation.serving.constraints import Constraints
from framework_plugin.generation.serving.hypothesis import Hypothesis
from framework_plugin.generation.serving.stepping import (
    IMPOSSIBLE,
    BatchStepper,
    BoolArray,
    FloatArray,
    IntArray,
    State,
    StepOutput,
)
from framework_plugin.text.vocabulary import BEGIN_ID

DoubleArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Options(Generic[State]):
    """What may follow each row.

    Args:
        output: What the network gave.
        log_probs: Its log-probabilities in float64, -inf where a token may not follow,
            shape (rows, candidates).
        limits: No token that was not given has a higher log-probability, shape
            (rows,); -inf if there is none.
        constrained: Whether constraints removed any.
    """

    output: StepOutput[State]
    log_probs: DoubleArray
    limits: DoubleArray
    constrained: bool

    @property
    def tokens(self) -> IntArray:
        """The candidates, shape (rows, candidates)."""
        return self.output.tokens

    @property
    def allowed(self) -> BoolArray:
        """Which of them may follow, same shape."""
        return self.log_probs > -np.inf


@dataclass(frozen=True)
class _Growth:
    """What one step added, by row.

    Args:
        tokens: Shape (rows,).
        log_probs: Shape (rows,).
        parents: The row before this step that each continues, shape (rows,); None if
            each continues itself.
        looks: By rows before this step: attention over the dialogue and over the
            memory, and ways; see `stepping.StepOutput`. What the network does not
            have is None.
    """

    tokens: IntArray
    log_probs: DoubleArray
    parents: IntArray | None
    looks: tuple[FloatArray | None, ...]


class Frontier(Generic[State]):
    """The unfinished replies to some sources.

    Args:
        stepper: The network, its sources already read.
        constraints: What no reply may be.
        needs_attention: Whether to refuse a network without attention.
    """

    def __init__(
        self,
        stepper: BatchStepper[State],
        constraints: Constraints,
        needs_attention: bool = False,
    ) -> None:
        rows = stepper.sources
        self._stepper = stepper
        self._constraints = constraints
        self._needs_attention = needs_attention
        self._state = stepper.start()
        self._last = np.full(rows, BEGIN_ID, dtype=np.int64)
        self._prefixes: IntArray = np.empty((rows, 0), dtype=np.int64)
        self._history: list[_Growth] = []
        self.sources: IntArray = np.arange(rows)
        self.totals = np.zeros(rows)

    @property
    def spare(self) -> int:
        """How many more candidates to ask for, since constraints may remove some."""
        return self._constraints.spare

    def repeat(self, copies: int) -> None:
        """Begins several replies to each source; only before the first step."""
        rows = np.repeat(np.arange(len(self.sources)), copies)
        self._state = self._stepper.select(self._state, rows)
        self._last, self._prefixes = self._last[rows], self._prefixes[rows]
        self.sources, self.totals = self.sources[rows], self.totals[rows]

    def options(self, candidates: int) -> Options[State]:
        """Asks the network what may follow each row.

        Raises:
            SettingsError: If the search needs attention and the network has none.
        """
        out = self._stepper.step(self._state, self._last, self.sources, candidates)
        if out.attention is None and self._needs_attention:
            raise SettingsError(
                "'coverage_penalty' needs a network with attention, and this one was "
                "trained with 'attention: none'. Leave 'coverage_penalty' out, or "
                "train with attention."
            )
        log_probs = out.log_probs.astype(np.float64)
        log_probs[log_probs <= IMPOSSIBLE] = -np.inf
        if log_probs.shape[1] < candidates:
            limits = np.full(len(log_probs), -np.inf)
        else:
            limits = log_probs[:, -1].copy()
        length = len(self._history)
        forbidden = self._constraints.forbidden(out.tokens, length, self._prefixes)
        if forbidden is not None:
            log_probs[forbidden] = -np.inf
        return Options(out, log_probs, limits, forbidden is not None)

    def advance(
        self,
        options: Options[State],
        parents: IntArray | None,
        columns: IntArray,
        totals: DoubleArray,
        sources: IntArray | None = None,
    ) -> None:
        """Lets replies grow by a token each; those that are not named are dropped.

        Args:
            options: Of this step.
            parents: The row that each new row continues, shape (new rows,); None if
                each continues itself.
            columns: The candidate that it takes, shape (new rows,).
            totals: Log-probability of each new row, shape (new rows,).
            sources: Which source each new row is for, if not as before.
        """
        rows = np.arange(len(columns)) if parents is None else parents
        self._last = options.tokens[rows, columns]
        added = options.log_probs[rows, columns]
        out = options.output
        looks = (out.attention, out.memory_attention, out.ways)
        self._history.append(_Growth(self._last, added, parents, looks))
        if self._constraints.look_back:
            self._prefixes = np.column_stack((self._prefixes[rows], self._last))
        self._state = options.output.state
        if parents is not None:
            self._state = self._stepper.select(self._state, parents)
        self.totals = totals
        if sources is not None:
            self.sources = sources

    def reply(self, row: int, end_log_prob: float | None = None) -> Hypothesis:
        """What a row says, finished if the log-probability of its end is given."""
        tokens: list[int] = []
        seen: list[tuple[FloatArray | None, ...]] = []
        finished = end_log_prob is not None
        log_probs = [] if end_log_prob is None else [float(end_log_prob)]
        for step in reversed(self._history):
            tokens.append(int(step.tokens[row]))
            log_probs.append(float(step.log_probs[row]))
            if step.parents is not None:
                row = int(step.parents[row])
            seen.append(tuple(None if x is None else x[row] for x in step.looks))
        attention, memory_attention, ways = _stacked(seen[::-1])
        return Hypothesis(
            tuple(reversed(tokens)),
            tuple(reversed(log_probs)),
            attention,
            finished,
            memory_attention=memory_attention,
            ways=ways,
        )


def _stacked(
    seen: Sequence[tuple[FloatArray | None, ...]],
) -> tuple[FloatArray | None, ...]:
    """Arrays of one row per token from such of one token each."""
    if not seen:
        return None, None, None
    return tuple(
        None if parts[0] is None else np.array(parts)
        for parts in zip(*seen, strict=True)
    )
