"""Searching for the best reply, one token at a time.

The search knows no network: it asks a `Stepper` which tokens may come next. Picking
tokens is plain NumPy over the few best candidates of each step; the whole vocabulary
is never sorted here.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Generic, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from framework_plugin.generation.settings import DecodingSettings
from framework_plugin.text.vocabulary import BEGIN_ID, END_ID

IMPOSSIBLE = -1e6
"""Log-probability below which a token was banned and is never said."""

State = TypeVar("State")
Clock = Callable[[], float]
FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class StepOutput(Generic[State]):
    """What may follow each of several unfinished replies.

    Args:
        tokens: The likeliest next tokens, shape (replies, candidates), best first.
        log_probs: Their natural log-probabilities, same shape.
        attention: Weights over the source, shape (replies, source length).
        state: The decoder's state after this step.
    """

    tokens: IntArray
    log_probs: FloatArray
    attention: FloatArray
    state: State


class Stepper(Protocol[State]):
    """One decoding step of some network."""

    def start(self) -> State:
        """The state before the first token, for one reply."""
        ...

    def step(
        self, state: State, tokens: IntArray, candidates: int
    ) -> StepOutput[State]:
        """Reads the last token of each reply, shape (replies,)."""
        ...

    def select(self, state: State, rows: IntArray) -> State:
        """The states of some of the replies, in the order of `rows`."""
        ...


@dataclass(frozen=True)
class Hypothesis:
    """A reply in the making, or made.

    Args:
        tokens: Token ids, without the marks of begin and end.
        log_probs: Of each token, and of the end mark once finished.
        attention: One row over the source for each token.
        finished: Whether the end mark was reached.
    """

    tokens: tuple[int, ...] = ()
    log_probs: tuple[float, ...] = ()
    attention: tuple[FloatArray, ...] = field(default=(), repr=False, compare=False)
    finished: bool = False

    @property
    def log_prob(self) -> float:
        """Natural log-probability of the whole."""
        return sum(self.log_probs)

    def score(self, length_penalty: float) -> float:
        """Length-normalised log-probability (Wu et al. 2016, eq. 14)."""
        return self.log_prob / float(((5 + len(self.tokens)) / 6) ** length_penalty)

    def grown(self, token: int, log_prob: float, attention: FloatArray) -> Hypothesis:
        """This reply with one more token; the end mark only finishes it."""
        log_probs = (*self.log_probs, log_prob)
        if token == END_ID:
            return replace(self, log_probs=log_probs, finished=True)
        return Hypothesis(
            (*self.tokens, token), log_probs, (*self.attention, attention)
        )


def search(
    stepper: Stepper[State],
    settings: DecodingSettings,
    clock: Clock = time.perf_counter,
) -> list[Hypothesis]:
    """Searches for replies.

    Args:
        stepper: The network, with its source already read.
        settings: Strategy and limits.
        clock: Seconds; may be replaced to test the time budget.

    Returns:
        Distinct hypotheses, best first; at least one. Only beam search finds
        several. Once the time budget is spent the best so far are returned, finished
        or not.
    """
    deadline = clock() + settings.time_budget_ms / 1000
    if settings.strategy == "beam":
        return _beam(stepper, settings, deadline, clock)
    pick = _picker(settings)
    reply, state, last = Hypothesis(), stepper.start(), BEGIN_ID
    candidates = 1 if settings.strategy == "greedy" else _candidates(settings)
    while len(reply.tokens) < settings.max_reply_tokens and clock() < deadline:
        out = stepper.step(state, np.array([last]), candidates)
        column = pick(out.log_probs[0])
        last, state = int(out.tokens[0, column]), out.state
        log_prob = float(out.log_probs[0, column])
        reply = reply.grown(last, log_prob, out.attention[0])
        if reply.finished:
            break
    return [reply]


def _candidates(settings: DecodingSettings) -> int:
    return settings.top_k if settings.strategy == "top_k" else max(settings.top_k, 50)


def _picker(settings: DecodingSettings) -> Callable[[FloatArray], int]:
    if settings.strategy == "greedy":
        return lambda log_probs: 0
    rng = np.random.default_rng(settings.sampling_seed)

    def pick(log_probs: FloatArray) -> int:
        scaled = np.exp((log_probs - log_probs[0]) / settings.temperature)
        probabilities = scaled / scaled.sum()
        if settings.strategy == "top_p":
            # The smallest set whose mass reaches p: a token stays while the mass
            # before it is still short of p.
            before = np.cumsum(probabilities) - probabilities
            probabilities = np.where(before < settings.top_p, probabilities, 0.0)
            probabilities = probabilities / probabilities.sum()
        return int(rng.choice(len(probabilities), p=probabilities))

    return pick


def _beam(
    stepper: Stepper[State], settings: DecodingSettings, deadline: float, clock: Clock
) -> list[Hypothesis]:
    width, alpha = settings.beam_width, settings.length_penalty
    live, state = [Hypothesis()], stepper.start()
    done: list[Hypothesis] = []
    for _ in range(settings.max_reply_tokens):
        last = np.array([h.tokens[-1] if h.tokens else BEGIN_ID for h in live])
        # One candidate more than the beam is wide, since one may be the end mark.
        out = stepper.step(state, last, width + 1)
        grown = _grow(live, out)[: 2 * width]
        done.extend(h for h, _ in grown[:width] if h.finished)
        going_on = [(h, row) for h, row in grown if not h.finished][:width]
        live = [h for h, _ in going_on]
        if not live or _cannot_improve(done, live, settings) or clock() >= deadline:
            break
        state = stepper.select(out.state, np.array([row for _, row in going_on]))
    found = sorted(done or live, key=lambda h: h.score(alpha), reverse=True)
    return list({h.tokens: h for h in reversed(found)}.values())[::-1][:width]


def _grow(
    live: list[Hypothesis], out: StepOutput[State]
) -> list[tuple[Hypothesis, int]]:
    totals = np.array([[h.log_prob] for h in live]) + out.log_probs
    order = np.argsort(-totals, axis=None, kind="stable")
    rows, columns = np.unravel_index(order, totals.shape)
    return [
        (
            live[row].grown(
                int(out.tokens[row, column]),
                float(out.log_probs[row, column]),
                out.attention[row],
            ),
            int(row),
        )
        for row, column in zip(rows, columns, strict=True)
        if out.log_probs[row, column] > IMPOSSIBLE
    ]


def _cannot_improve(
    done: list[Hypothesis], live: list[Hypothesis], settings: DecodingSettings
) -> bool:
    """Whether no unfinished reply can still beat the beam's finished ones."""
    if len(done) < settings.beam_width:
        return False
    alpha = settings.length_penalty
    worst = sorted((h.score(alpha) for h in done), reverse=True)[
        settings.beam_width - 1
    ]
    longest = ((5 + settings.max_reply_tokens) / 6) ** alpha
    return bool(max(h.log_prob for h in live) / longest <= worst)
