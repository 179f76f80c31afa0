"""Serving the exported graphs on ONNX Runtime, as a `Stepper` for the search."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime

from framework_plugin.errors import ArtefactError
from framework_plugin.generation.search import FloatArray, IntArray, StepOutput
from framework_plugin.text.vocabulary import BEGIN_ID, END_ID, PAD_ID

ENCODER, STEP, SCORE = "encoder", "step", "score"
_NEVER = np.float32(-1e9)
_STEP_OUTPUTS = [
    "next_tokens",
    "next_log_probs",
    "attention",
    "next_hidden",
    "next_cell",
]


def graph_name(part: str, precision: str) -> str:
    """The file name of a graph: `encoder.fp32.onnx` and the like."""
    return f"{part}.{precision}.onnx"


@dataclass(frozen=True)
class RuntimeState:
    """The decoder's LSTM state: `hidden` and `cell`, each (replies, units)."""

    hidden: FloatArray
    cell: FloatArray


class OnnxRuntime:
    """The graphs of one trained network, ready to run.

    Args:
        folder: Holds the exported graphs.
        precision: `fp32` or `int8`.

    Raises:
        ArtefactError: If a graph is missing or damaged.
    """

    def __init__(self, folder: Path, precision: str) -> None:
        self._encoder = _session(folder / graph_name(ENCODER, precision))
        self._step = _session(folder / graph_name(STEP, precision))
        self._score = _session(folder / graph_name(SCORE, precision))

    def read(self, source: list[int], bias: FloatArray) -> OnnxStepper:
        """Encodes a source.

        Args:
            source: Token ids; at least one.
            bias: Added to each token's score, shape (vocabulary,); see `ban`.

        Returns:
            A stepper for replies to it.
        """
        ids = np.array([source], dtype=np.int32)
        memory, hidden, cell = self._encoder.run(
            ["memory", "hidden", "cell"], {"source": ids}
        )
        first = RuntimeState(hidden, cell)
        return OnnxStepper(self._step, self._score, memory, first, bias)


class OnnxStepper:
    """Decoding steps over one source; see `search.Stepper`."""

    def __init__(
        self,
        step: onnxruntime.InferenceSession,
        score: onnxruntime.InferenceSession,
        memory: FloatArray,
        first: RuntimeState,
        bias: FloatArray,
    ) -> None:
        self._step = step
        self._score = score
        self._memory = memory
        self._first = first
        self._bias = bias

    def start(self) -> RuntimeState:
        """The state that the encoder handed over."""
        return self._first

    def step(
        self, state: RuntimeState, tokens: IntArray, candidates: int
    ) -> StepOutput[RuntimeState]:
        """Runs the decoder once for all replies together."""
        count = min(candidates, len(self._bias))
        next_tokens, log_probs, attention, hidden, cell = self._step.run(
            _STEP_OUTPUTS,
            {
                "tokens": tokens.astype(np.int32),
                "hidden": state.hidden,
                "cell": state.cell,
                "memory": self._memory,
                "bias": self._bias,
                "candidates": np.array(count, dtype=np.int32),
            },
        )
        after = RuntimeState(hidden, cell)
        return StepOutput(next_tokens, log_probs, attention, after)

    def select(self, state: RuntimeState, rows: IntArray) -> RuntimeState:
        """The states of some replies."""
        return RuntimeState(state.hidden[rows], state.cell[rows])

    def score(self, replies: Sequence[Sequence[int]]) -> list[tuple[float, ...]]:
        """How likely the network holds given replies.

        Args:
            replies: Token ids, without the marks of begin and end.

        Returns:
            Natural log-probabilities of each reply's tokens and of its end.
        """
        length = max(map(len, replies), default=0) + 1
        reply_in = np.full((len(replies), length), PAD_ID, np.int32)
        reply_out = reply_in.copy()
        for row, reply in enumerate(replies):
            reply_in[row, : len(reply) + 1] = [BEGIN_ID, *reply]
            reply_out[row, : len(reply) + 1] = [*reply, END_ID]
        feed = {
            "reply_in": reply_in,
            "reply_out": reply_out,
            "hidden": np.repeat(self._first.hidden, len(replies), axis=0),
            "cell": np.repeat(self._first.cell, len(replies), axis=0),
            "memory": self._memory,
            "bias": self._bias,
        }
        (log_probs,) = self._score.run(["log_probs"], feed)
        return [
            tuple(row[: len(reply) + 1].tolist())
            for row, reply in zip(log_probs, replies, strict=True)
        ]


def ban(tokens: Iterable[int], vocabulary_size: int) -> FloatArray:
    """A bias that keeps the search from saying some tokens.

    Returns:
        Shape (vocabulary,): 0, and a very small number at the banned tokens.
    """
    bias = np.zeros(vocabulary_size, dtype=np.float32)
    bias[list(tokens)] = _NEVER
    return bias


def _session(path: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    # A second thread gains little on a small step and loses much beside a busy
    # neighbour; replies are served side by side instead.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:  # ONNX Runtime has no public base class of errors
        raise ArtefactError(
            f"The generator's graph '{path.name}' is missing or damaged ({error}). "
            "Train again with `rasa train`, or fetch the model anew."
        ) from error
