"""Serving the exported graphs on ONNX Runtime, as a `Stepper` for the search."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime

from framework_plugin.errors import ArtefactError
from framework_plugin.generation.encoding import EncodedTexts
from framework_plugin.generation.serving.copying import with_copies
from framework_plugin.generation.serving.shortlist import Shortlist, Shortlister
from framework_plugin.generation.serving.stepping import (
    FloatArray,
    IntArray,
    StepOutput,
)
from framework_plugin.text.vocabulary import BEGIN_ID, END_ID, PAD_ID, UNKNOWN_ID

ENCODER, STEP, SCORE = "encoder", "step", "score"
SHORT, ROWS = "short", "rows"
_NEVER = np.float32(-1e9)
_FOLLOWERS = ("next_tokens", "next_log_probs")

State = tuple[FloatArray, ...]
"""Where the decoder stands; each part has one row per reply."""
Ids = npt.NDArray[np.int32]
Feed = dict[str, Any]
"""Arrays by the names of a graph's inputs."""


def graph_name(part: str, precision: str) -> str:
    """The file name of a graph: `encoder.fp32.onnx` and the like."""
    return f"{part}.{precision}.onnx"


@dataclass(frozen=True)
class Heard:
    """What the encoder made of some texts.

    Args:
        state: The decoder's first, one row per text.
        feed: What every step and every scoring takes besides, one row per text.
        bias: Added to each written token's score; see `ban`.
        lengths: Tokens of each dialogue; behind them comes the memory's attention.
    """

    state: State
    feed: Feed
    bias: FloatArray
    lengths: tuple[int, ...] = field(default=())


class OnnxScorer:
    """The graphs of a trained network that read and score, ready to run.

    Args:
        folder: Holds the exported graphs.
        precision: `fp32` or `int8`.

    Raises:
        ArtefactError: If a graph is missing or damaged.
    """

    def __init__(self, folder: Path, precision: str) -> None:
        self._encoder = _session(folder / graph_name(ENCODER, precision))
        self._score = _session(folder / graph_name(SCORE, precision))
        self._encodes = [output.name for output in self._encoder.get_outputs()]
        self._takes = {value.name for value in self._encoder.get_inputs()}
        self._copies = any(i.name == "copies" for i in self._score.get_inputs())

    def score_each(
        self,
        texts: Sequence[EncodedTexts],
        replies: Sequence[Sequence[int]],
        bias: FloatArray,
    ) -> list[tuple[float, ...]]:
        """How likely one given reply to each text is; see `OnnxStepper.score`."""
        if not texts:
            return []
        heard = _side_by_side([self._hear(one, bias) for one in texts])
        return _scores(self._score, heard, replies)

    def _hear(self, texts: EncodedTexts, bias: FloatArray) -> Heard:
        ids = {"source": texts.source, "memory": texts.memory}
        feed = {
            name: np.array([row], np.int32)
            for name, row in ids.items()
            if name in self._takes
        }
        found = dict(zip(self._encodes, self._encoder.run(None, feed), strict=True))
        state = tuple(found.pop(f"state_{i}") for i in range(_count(found, "state_")))
        shared: Feed = {}
        for name, states in found.items():
            shared[name] = states
            shared[f"{name}_bias"] = np.zeros(states.shape[:2], np.float32)
        if self._copies:
            places = [*texts.source_copy]
            if "memory" in self._takes:
                places += texts.memory_copy
            shared["copies"] = np.array([places], np.int32)
        return Heard(state, shared, bias, (len(texts.source),))


class OnnxRuntime(OnnxScorer):
    """The graphs of one trained network, ready to run; see `OnnxScorer`.

    Args:
        folder: Holds the exported graphs.
        precision: `fp32` or `int8`.
        shortlister: Chooses the words that are scored in each step, whose
            probabilities then add up to 1 among themselves; None scores all.
    """

    def __init__(
        self, folder: Path, precision: str, shortlister: Shortlister | None = None
    ) -> None:
        super().__init__(folder, precision)
        self._shortlister = shortlister
        if shortlister is None:
            self._step = _session(folder / graph_name(STEP, precision), _SLOW_STEPS)
        else:
            self._step = _session(folder / graph_name(SHORT, precision), _SLOW_STEPS)
            self._rows = _session(folder / graph_name(ROWS, precision))
            self._layer = [output.name for output in self._rows.get_outputs()]

    def read(self, texts: EncodedTexts, bias: FloatArray) -> OnnxStepper:
        """Encodes one dialogue, and the user's memory.

        Args:
            texts: With at least one token of dialogue.
            bias: Added to each written token's score, shape (written,); see `ban`.

        Returns:
            A stepper for replies to it.
        """
        heard, output = self._hear(texts, bias), None
        if self._shortlister is not None:
            output = self._output(self._shortlister.choose(texts), bias)
        return OnnxStepper(self._step, self._score, heard, output)

    def read_batch(self, texts: Sequence[EncodedTexts], bias: FloatArray) -> OnnxBatch:
        """Encodes several dialogues, to decode them side by side."""
        return self.together([self.read(one, bias) for one in texts])

    def together(self, steppers: Sequence[OnnxStepper]) -> OnnxBatch:
        """Several dialogues that were read one by one, to decode them side by side.

        Args:
            steppers: At least one, all with the same bias.
        """
        heard = _side_by_side([s.heard for s in steppers])
        lists = [s.output.shortlist.ids for s in steppers if s.output is not None]
        output = None
        if lists:
            output = self._output(np.unique(np.concatenate(lists)), heard.bias)
        return OnnxBatch(self._step, heard, output)

    def _output(self, ids: IntArray, bias: FloatArray) -> Output:
        """The output layer over some words."""
        arrays = self._rows.run(self._layer, {"ids": ids})
        rows = dict(zip(self._layer, arrays, strict=True))
        return Output(Shortlist(ids, len(bias)), {**rows, "bias": bias[ids]})


@dataclass(frozen=True)
class Output:
    """An output layer that scores some words only.

    Args:
        shortlist: The words.
        feed: Their rows of the layer, and what is added to their scores.
    """

    shortlist: Shortlist
    feed: Feed


class _Steps:
    """What decoding one text and decoding several have in common."""

    def __init__(
        self,
        step: onnxruntime.InferenceSession,
        heard: Heard,
        output: Output | None = None,
    ) -> None:
        self._session = step
        self._states = [f"state_{i}" for i in range(len(heard.state))]
        after = [f"next_{name}" for name in self._states]
        told = [output.name for output in step.get_outputs()]
        others = [name for name in told if name not in {*after, *_FOLLOWERS}]
        # In the order in which they are taken apart.
        self._gives = [*after, *_FOLLOWERS, *others]
        self._others = others
        self._heard = heard
        self._written = len(heard.bias)
        self._words = self._written if output is None else len(output.shortlist)
        self._feed = heard.feed
        if output is not None and "copies" in heard.feed:
            copies = output.shortlist.places(heard.feed["copies"])
            self._feed = {**heard.feed, "copies": copies}
        self._once: Feed = {"bias": heard.bias} if output is None else output.feed
        self.output = output

    @property
    def heard(self) -> Heard:
        """What the encoder made of the texts."""
        return self._heard

    def start(self) -> State:
        """The state that the encoder handed over, one row per text."""
        return self._heard.state

    def select(self, state: State, rows: IntArray) -> State:
        """The states of some replies."""
        return tuple(part[rows] for part in state)

    def _run(
        self, state: State, tokens: IntArray, candidates: int, feed: Feed
    ) -> StepOutput[State]:
        copies = feed.get("copies")
        if copies is not None:
            # Only what was copied can be a word of no vocabulary.
            tokens = np.where(tokens < self._written, tokens, UNKNOWN_ID)
        inputs = {
            **feed,
            **dict(zip(self._states, state, strict=True)),
            "tokens": tokens.astype(np.int32),
            "candidates": np.array(min(candidates, self._words), np.int32),
        }
        arrays = self._session.run(self._gives, inputs)
        count = len(self._states)
        next_tokens, log_probs, *rest = arrays[count:]
        found = dict(zip(self._others, rest, strict=True))
        if copies is not None:
            next_tokens, log_probs = with_copies(
                next_tokens, log_probs, found["copied"], copies
            )
        if self.output is not None:
            next_tokens = self.output.shortlist.words(next_tokens)
        return StepOutput(
            next_tokens,
            log_probs,
            found.get("attention"),
            tuple(arrays[:count]),
            found.get("memory_attention"),
            found.get("sources"),
        )


class OnnxStepper(_Steps):
    """Decoding steps over one text; see `stepping.Stepper`."""

    def __init__(
        self,
        step: onnxruntime.InferenceSession,
        score: onnxruntime.InferenceSession,
        heard: Heard,
        output: Output | None = None,
    ) -> None:
        super().__init__(step, heard, output)
        self._score = score
        self._inputs = {**self._once, **self._feed}

    def step(
        self, state: State, tokens: IntArray, candidates: int
    ) -> StepOutput[State]:
        """Runs the decoder once for all replies together."""
        return self._run(state, tokens, candidates, self._inputs)

    def score(self, replies: Sequence[Sequence[int]]) -> list[tuple[float, ...]]:
        """How likely the network holds given replies.

        Args:
            replies: Token ids, without the marks of begin and end.

        Returns:
            Natural log-probabilities of each reply's tokens and of its end.
        """
        return _scores(self._score, self._heard, replies)


class OnnxBatch(_Steps):
    """Decoding steps over several texts; see `stepping.BatchStepper`."""

    def __init__(
        self,
        step: onnxruntime.InferenceSession,
        heard: Heard,
        output: Output | None = None,
    ) -> None:
        super().__init__(step, heard, output)
        self._gathered: tuple[IntArray, Feed] | None = None

    @property
    def sources(self) -> int:
        """How many texts were read."""
        return len(self._heard.lengths)

    def step(
        self, state: State, tokens: IntArray, sources: IntArray, candidates: int
    ) -> StepOutput[State]:
        """Runs the decoder once for the replies to all texts together."""
        if self._gathered is None or self._gathered[0] is not sources:
            feed = {name: part[sources] for name, part in self._feed.items()}
            self._gathered = (sources, {**self._once, **feed})
        return self._run(state, tokens, candidates, self._gathered[1])


def ban(tokens: Iterable[int], written: int) -> FloatArray:
    """A bias that keeps the search from saying some tokens.

    Returns:
        Shape (written,): 0, and a very small number at the banned tokens.
    """
    bias = np.zeros(written, dtype=np.float32)
    bias[[token for token in tokens if token < written]] = _NEVER
    return bias


def _scores(
    session: onnxruntime.InferenceSession,
    heard: Heard,
    replies: Sequence[Sequence[int]],
) -> list[tuple[float, ...]]:
    """Scores replies to one text, or one reply to each of several."""
    length = max(map(len, replies), default=0) + 1
    reply_in = np.full((len(replies), length), PAD_ID, np.int32)
    reply_out = reply_in.copy()
    for row, reply in enumerate(replies):
        reply_in[row, : len(reply) + 1] = [BEGIN_ID, *reply]
        reply_out[row, : len(reply) + 1] = [*reply, END_ID]
    reply_in[reply_in >= len(heard.bias)] = UNKNOWN_ID
    each = len(replies) // len(heard.lengths)
    feed = {
        "reply_in": reply_in,
        "reply_out": reply_out,
        "bias": heard.bias,
        **{f"state_{i}": np.repeat(s, each, 0) for i, s in enumerate(heard.state)},
        **heard.feed,
    }
    (log_probs,) = session.run(["log_probs"], feed)
    return [
        tuple(row[: len(reply) + 1].tolist())
        for row, reply in zip(log_probs, replies, strict=True)
    ]


def _side_by_side(heard: Sequence[Heard]) -> Heard:
    state = tuple(
        np.concatenate(parts) for parts in zip(*(h.state for h in heard), strict=True)
    )
    feed: Feed = {}
    for name in heard[0].feed:
        parts = [h.feed[name] for h in heard]
        fill = float(_NEVER) if name.endswith("_bias") else PAD_ID
        feed[name] = _padded(parts, fill)
    lengths = tuple(h.lengths[0] for h in heard)
    if "copies" in feed:
        # Dialogue and memory are padded each by itself; so must be their places.
        feed["copies"] = _copies_padded(heard)
    return Heard(state, feed, heard[0].bias, lengths)


def _padded(parts: Sequence[npt.NDArray[Any]], fill: float) -> npt.NDArray[Any]:
    width = max(part.shape[1] for part in parts)
    shape = (len(parts), width, *parts[0].shape[2:])
    joined = np.full(shape, fill, parts[0].dtype)
    for row, part in enumerate(parts):
        joined[row, : part.shape[1]] = part[0]
    return joined


def _copies_padded(heard: Sequence[Heard]) -> Ids:
    dialogues = [h.feed["copies"][:, : h.lengths[0]] for h in heard]
    memories = [h.feed["copies"][:, h.lengths[0] :] for h in heard]
    return np.concatenate([_padded(dialogues, PAD_ID), _padded(memories, PAD_ID)], 1)


def _count(names: Iterable[str], prefix: str) -> int:
    return sum(name.startswith(prefix) for name in names)


_UNWANTED = ["QDQPropagationTransformer"]
"""Dies with the process on the loops that plain recurrent units become, and has nothing
to do in graphs that are quantised while they run."""

_SLOW_STEPS = ["MatMulIntegerToFloatFusion"]
"""Puts a product and its scaling, column by column, together. Of a row or a few, as in
a step, the scaling then takes as long as the product; apart from it, a step is a tenth
to a sixth faster, and scoring, of many rows, a fifth slower."""


def _session(path: Path, slow: Sequence[str] = ()) -> onnxruntime.InferenceSession:
    """A graph, ready to run.

    Args:
        path: Of its file.
        slow: Optimizers that make it slower.
    """
    options = onnxruntime.SessionOptions()
    # A second thread gains little on a small step and loses much beside a busy
    # neighbour; replies are served side by side instead.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(
            str(path),
            options,
            providers=["CPUExecutionProvider"],
            disabled_optimizers=[*_UNWANTED, *slow],
        )
    except Exception as error:  # ONNX Runtime has no public base class of errors
        raise ArtefactError(
            f"The generator's graph '{path.name}' is missing or damaged ({error}). "
            "Train again with `rasa train`, or fetch the model anew."
        ) from error
