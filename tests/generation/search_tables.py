"""Made-up networks for the tests of the search: tables of next-token probabilities."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

import hypothesis
import numpy as np

from framework_plugin.generation.serving.search import (
    FloatArray,
    IntArray,
    StepOutput,
)
from framework_plugin.generation.settings import DecodingSettings
from framework_plugin.text.vocabulary import BEGIN_ID, END_ID

A, B, C, D = 4, 5, 6, 7
TRIED = hypothesis.settings(deadline=None, max_examples=40)
"""How hard a property is tried; the machine may be slow."""

Prefix = tuple[int, ...]
Probabilities = Callable[[Prefix], Mapping[int, float]]
Table = Mapping[Prefix, Mapping[int, float]]


def table(rows: Table) -> Probabilities:
    """What follows each prefix; all else ends at once."""
    return lambda prefix: rows.get(prefix, {END_ID: 1.0})


def random_table(seed: int, letters: int = 8, end: float = 0.15) -> Probabilities:
    """A network over some letters that says the same for the same seed."""
    tokens = [END_ID, *range(A, A + letters)]

    @cache
    def probabilities(prefix: Prefix) -> Mapping[int, float]:
        rng = np.random.default_rng([seed, *prefix])
        rest = rng.dirichlet(np.full(letters, 0.7)) * (1 - end)
        return dict(zip(tokens, [end, *rest.tolist()], strict=True))

    return probabilities


@dataclass
class TableBatch:
    """A `BatchStepper` over one table for each source.

    Args:
        tables: One for each source.
        vocabulary: Number of tokens.
        attention: Weights over the source after each prefix; None has no attention.
        generous: Gives all tokens, however few are asked for.
    """

    tables: Sequence[Probabilities]
    vocabulary: int = 16
    attention: Callable[[Prefix], Sequence[float]] | None = None
    generous: bool = False
    steps: int = 0
    rows: list[int] = field(default_factory=list)

    @property
    def sources(self) -> int:
        return len(self.tables)

    def start(self) -> list[Prefix]:
        return [() for _ in self.tables]

    def step(
        self, state: list[Prefix], tokens: IntArray, sources: IntArray, candidates: int
    ) -> StepOutput[list[Prefix]]:
        self.steps += 1
        self.rows.append(len(tokens))
        prefixes = [
            prefix if token == BEGIN_ID else (*prefix, int(token))
            for prefix, token in zip(state, tokens, strict=True)
        ]
        rows = np.zeros((len(prefixes), self.vocabulary), np.float32)
        for row, (prefix, source) in enumerate(zip(prefixes, sources, strict=True)):
            for token, probability in self.tables[source](prefix).items():
                rows[row, token] = probability
        count = self.vocabulary if self.generous else candidates
        order = np.argsort(-rows, axis=1, kind="stable")[:, :count]
        with np.errstate(divide="ignore"):
            best = np.log(np.take_along_axis(rows, order, axis=1))
        return StepOutput(order, best, self._attention(prefixes), prefixes)

    def _attention(self, prefixes: Sequence[Prefix]) -> FloatArray | None:
        if self.attention is None:
            return None
        return np.array([self.attention(p) for p in prefixes], np.float32)

    def select(self, state: list[Prefix], rows: IntArray) -> list[Prefix]:
        return [state[row] for row in rows]


class TableStepper(TableBatch):
    """A `Stepper` over one table."""

    def __init__(self, probabilities: Probabilities, **values: object) -> None:
        super().__init__([probabilities], **values)  # type: ignore[arg-type]

    def step(  # type: ignore[override]
        self, state: list[Prefix], tokens: IntArray, candidates: int
    ) -> StepOutput[list[Prefix]]:
        sources = np.zeros(len(tokens), dtype=np.int64)
        return super().step(state, tokens, sources, candidates)


def settings(**values: object) -> DecodingSettings:
    """Short replies, and all the time in the world."""
    defaults = {
        "max_reply_tokens": 5,
        "min_reply_tokens": 0,
        "time_budget_ms": 60_000.0,
    }
    return DecodingSettings(**{**defaults, **values})  # type: ignore[arg-type]


def log_probability(probabilities: Probabilities, reply: Prefix) -> float:
    """Of a reply and its end."""
    steps = [(reply[:i], token) for i, token in enumerate((*reply, END_ID))]
    with np.errstate(divide="ignore"):
        return float(
            sum(np.log(probabilities(prefix).get(t, 0.0)) for prefix, t in steps)
        )
