"""The reply to one source that is made of the likeliest token, each time.

`Sampling` picks the same for many replies side by side. For one alone, arrays of one
row cost more time than a small network takes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic

import numpy as np

from framework_plugin.generation.serving.constraints import Constraints
from framework_plugin.generation.serving.hypothesis import Hypothesis, with_score
from framework_plugin.generation.serving.stepping import (
    IMPOSSIBLE,
    BatchStepper,
    FloatArray,
    State,
    StepOutput,
)
from framework_plugin.generation.settings import DecodingSettings
from framework_plugin.text.vocabulary import BEGIN_ID, END_ID

_MORE = 4
"""How many times as many candidates are asked for where constraints left none."""


@dataclass
class _Reply(Generic[State]):
    """A reply in the making: its tokens, and what the network told of each."""

    tokens: list[int] = field(default_factory=list)
    log_probs: list[float] = field(default_factory=list)
    outputs: list[StepOutput[State]] = field(default_factory=list)

    def as_hypothesis(self, finished: bool) -> Hypothesis:
        return Hypothesis(
            tuple(self.tokens),
            tuple(self.log_probs),
            _rows([output.attention for output in self.outputs]),
            finished,
            memory_attention=_rows([o.memory_attention for o in self.outputs]),
            ways=_rows([output.ways for output in self.outputs]),
        )


def likeliest(
    stepper: BatchStepper[State],
    constraints: Constraints,
    settings: DecodingSettings,
    out_of_time: Callable[[], bool],
) -> Hypothesis:
    """Searches greedily for a reply.

    Args:
        stepper: The network, one source read.
        constraints: What the reply may not be.
        settings: Its longest, and how it is scored.
        out_of_time: Whether the time budget is spent; asked after each token.
    """
    state, last = stepper.start(), BEGIN_ID
    source = np.zeros(1, np.int64)
    reply: _Reply[State] = _Reply()
    for _ in range(settings.max_reply_tokens):
        candidates = 1 + constraints.spare
        while True:
            tokens = np.array([last])
            output = stepper.step(state, tokens, source, candidates)
            found = _first(output, constraints, reply.tokens)
            if found is not None or output.tokens.shape[1] < candidates:
                break
            candidates *= _MORE
        if found is None or found[0] == END_ID:
            if found is not None:
                reply.log_probs.append(found[1])
            return with_score(reply.as_hypothesis(found is not None), settings)
        last = found[0]
        reply.tokens.append(last)
        reply.log_probs.append(found[1])
        reply.outputs.append(output)
        state = output.state
        if out_of_time():
            break
    return with_score(reply.as_hypothesis(finished=False), settings)


def _first(
    output: StepOutput[State], constraints: Constraints, reply: list[int]
) -> tuple[int, float] | None:
    """The likeliest token that may follow, and its log-probability."""
    chances = output.log_probs[0].tolist()
    for token, chance in zip(output.tokens[0].tolist(), chances, strict=True):
        if chance > IMPOSSIBLE and constraints.allow(token, reply):
            return token, chance
    return None


def _rows(parts: list[FloatArray | None]) -> FloatArray | None:
    """One array of the first rows of each; None where there is none."""
    first = [part[0] for part in parts if part is not None]
    return np.array(first) if first else None
