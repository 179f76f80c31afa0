"""How long a reply takes: this project's serving against TensorFlow's, same weights.

Compared in one run, in turn, so that a busy machine slows all of them alike:
`model.predict` called once per token, the way of many tutorials (a beam is one batch,
and the decoder's state is handed on); the whole search in one `tf.function`, a
`tf.while_loop` with a beam of fixed width; and the exported graphs on ONNX Runtime in
fp32, in int8, and in int8 over a shortlist of words. All write 12 tokens, after a
context of 40 and a message of 12. Weights are random, since time does not depend on
their values; what a shortlist costs in quality is measured on trained networks.

The bound printed for greedy search is that of reading the weights from memory: the
bytes of a step's matrices, once per token, over the bandwidth of one thread.

Run: python benchmarks/reply_latency.py [--small] [--rounds 9] [--shortlist 2000]
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Protocol

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
os.environ.setdefault("TF_NUM_INTEROP_THREADS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import onnx
import tensorflow as tf

from framework_plugin.corpus.codec import RESERVED
from framework_plugin.generation.encoding import EncodedTexts
from framework_plugin.generation.network.attention import Read
from framework_plugin.generation.network.export import export_network
from framework_plugin.generation.network.reader import Texts
from framework_plugin.generation.network.seq2seq import Seq2Seq, build_network
from framework_plugin.generation.serving.runtime import (
    STEP,
    OnnxRuntime,
    ban,
    graph_name,
)
from framework_plugin.generation.serving.search import search
from framework_plugin.generation.serving.shortlist import Neighbours, Shortlister
from framework_plugin.generation.settings import (
    DecodingSettings,
    NetworkSettings,
    TrainingSettings,
)
from framework_plugin.text.vocabulary import BEGIN_ID, END_ID, SPECIALS, Vocabulary

SOURCE, REPLY, BEAM = 40 + 12, 12, 5
ALTERNATIONS, IN_A_ROW = 12, 10
"""How often memory is read and so many replies are given, in turn."""
LAYERS = NetworkSettings(encoder_layers=1, decoder_layers=1)
BIG = replace(LAYERS, embedding_size=256, encoder_units=256, decoder_units=512)
SMALL = replace(LAYERS, embedding_size=128, encoder_units=128, decoder_units=256)
BANNED = range(END_ID + 1)

Times = dict[str, list[float]]

PREDICT, ONE_GRAPH = "predict, per token", "one tf.function"
FP32, INT8, SHORT = "ours, fp32", "ours, int8", "ours, int8, shortlist"


class Way(Protocol):
    """A way to search."""

    def reply(self, source: np.ndarray) -> list[int]:
        """The best reply to a source of shape (1, length)."""
        ...


class PredictPerToken:
    """Search that calls Keras `predict` for every token."""

    def __init__(self, network: Seq2Seq, beam: int) -> None:
        self._encoder, self._decoder = _Reads(network), _Writes(network)
        self._beam = beam

    def reply(self, source: np.ndarray) -> list[int]:
        """The best reply to a source of shape (1, length)."""
        read = self._encoder.predict(source, verbose=0)
        states, bias, *state = read
        beams: list[tuple[float, list[int]]] = [(0.0, [])]
        for _ in range(REPLY):
            last = np.array([[b[1][-1] if b[1] else BEGIN_ID] for b in beams])
            shared = [np.repeat(part, len(beams), axis=0) for part in (states, bias)]
            scores, *state = self._decoder.predict([last, *shared, *state], verbose=0)
            scores[:, BANNED] = -1e9
            totals = scores + np.array([[b[0]] for b in beams])
            best = np.argsort(-totals, axis=None)[: self._beam]
            rows, tokens = np.unravel_index(best, totals.shape)
            beams = [
                (float(totals[r, t]), [*beams[r][1], int(t)])
                for r, t in zip(rows, tokens, strict=True)
            ]
            state = [part[rows] for part in state]
        return beams[0][1]


class _Reads(tf.keras.Model):
    def __init__(self, network: Seq2Seq) -> None:
        super().__init__()
        self._network = network

    @tf.autograph.experimental.do_not_convert
    def call(self, source: tf.Tensor, training: bool = False) -> list[tf.Tensor]:
        heard = self._network.hear(source, None)
        return [*heard.texts.dialogue, *heard.state]


class _Writes(tf.keras.Model):
    def __init__(self, network: Seq2Seq) -> None:
        super().__init__()
        self._network = network

    @tf.autograph.experimental.do_not_convert
    def call(self, inputs: list[tf.Tensor], training: bool = False) -> list[tf.Tensor]:
        tokens, states, bias, *state = inputs
        texts = Texts(Read(states, bias), None)
        written, after = self._network.step(tokens[:, 0], tuple(state), texts)
        scores = self._network.embedding.scores(written.features)
        return [tf.nn.log_softmax(scores), *after]


class WholeSearch:
    """The encoder and all steps of a search in one `tf.function`."""

    def __init__(self, network: Seq2Seq, beam: int) -> None:
        self._network = network
        self._beam = beam
        banned = np.zeros(network.embedding.written, np.float32)
        banned[BANNED] = -1e9
        self._banned = tf.constant(banned)
        self._run = tf.function(
            self._search,
            input_signature=[tf.TensorSpec((1, None), tf.int32)],
            autograph=False,
        )

    def reply(self, source: np.ndarray) -> list[int]:
        """The best reply to a source of shape (1, length)."""
        found: list[int] = self._run(tf.constant(source, tf.int32)).numpy().tolist()
        return found

    def _search(self, source: tf.Tensor) -> tf.Tensor:
        heard = self._network.hear(source, None)

        def step(
            place: tf.Tensor,
            replies: tf.Tensor,
            totals: tf.Tensor,
            *state: tf.Tensor,
        ) -> tuple[tf.Tensor, ...]:
            last = replies[:, -1]
            written, after = self._network.step(last, state, heard.texts)
            scores = self._network.embedding.scores(written.features)
            scores = tf.nn.log_softmax(scores) + self._banned + totals[:, None]
            width = tf.shape(scores)[1]
            totals, best = tf.math.top_k(tf.reshape(scores, (-1,)), self._beam)
            rows, tokens = best // width, best % width
            replies = tf.concat([tf.gather(replies, rows), tokens[:, None]], 1)
            return place + 1, replies, totals, *(tf.gather(p, rows) for p in after)

        # All rows are the same at first; only one may be followed.
        totals = tf.constant([0.0] + [-1e9] * (self._beam - 1))
        begin = tf.fill((self._beam, 1), BEGIN_ID)
        state = [tf.repeat(part, self._beam, axis=0) for part in heard.state]
        shapes = [part.shape for part in state]
        _, replies, *_ = tf.while_loop(
            lambda place, *_: place < REPLY,
            step,
            (0, begin, totals, *state),
            shape_invariants=(
                tf.TensorShape([]),
                tf.TensorShape([self._beam, None]),
                totals.shape,
                *shapes,
            ),
        )
        return replies[0, 1:]


class Ours:
    """The exported graphs and this project's search."""

    def __init__(
        self,
        folder: Path,
        precision: str,
        settings: DecodingSettings,
        written: int,
        shortlister: Shortlister | None = None,
    ) -> None:
        self._runtime = OnnxRuntime(folder, precision, shortlister)
        self._settings = settings
        self._bias = ban(BANNED, written)

    def reply(self, source: np.ndarray) -> list[int]:
        """The best reply to a source of shape (1, length)."""
        ids = source[0].tolist()
        texts = EncodedTexts(ids, [], ids, [], ())
        found = search(self._runtime.read(texts, self._bias), self._settings)
        return list(found[0].tokens)


def measure(ways: dict[str, Way], source: np.ndarray, rounds: int) -> Times:
    """Milliseconds of each way; they take turns."""
    times: Times = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            started = time.perf_counter()
            way.reply(source)
            times[name].append((time.perf_counter() - started) * 1000)
    return times


def read_memory(times: int) -> list[float]:
    """Milliseconds in which one thread reads a megabyte, as often as asked."""
    block = b"\x01" * (128 << 20)
    found = []
    for _ in range(times):
        started = time.perf_counter()
        block.find(b"\x02")
        found.append((time.perf_counter() - started) * 1000 / 128)
    return found


def matrix_bytes(graph: Path) -> int:
    """Bytes of the matrices that a step multiplies by; rows looked up do not count."""
    model = onnx.load(str(graph)).graph
    looked_up = {n.input[0] for n in model.node if n.op_type == "Gather"}
    return sum(
        len(tensor.raw_data)
        for tensor in model.initializer
        if len(tensor.dims) == 2 and tensor.name not in looked_up
    )


_ALONE = """
import os, sys
from pathlib import Path
def resident():
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
import numpy as np
before = resident()
from framework_plugin.generation.encoding import EncodedTexts
from framework_plugin.generation.serving.runtime import OnnxRuntime, ban
from framework_plugin.generation.serving.search import search
from framework_plugin.generation.settings import DecodingSettings
runtime = OnnxRuntime(Path(sys.argv[1]), sys.argv[2])
ids = list(range(100, 152))
reader = runtime.read(EncodedTexts(ids, [], ids, [], ()), ban((), int(sys.argv[3])))
search(reader, DecodingSettings(time_budget_ms=60_000))
reader.score([ids[:12]])
print(round(resident() - before))
"""


def memory_added(folder: Path, precision: str, written: int) -> int:
    """MB that serving adds to a process of its own, ONNX Runtime included."""
    command = [sys.executable, "-c", _ALONE, str(folder), precision, str(written)]
    return int(subprocess.run(command, check=True, capture_output=True).stdout)


def made_up_neighbours(written: int) -> Neighbours:
    """As dense as those of a large corpus."""
    draw = np.random.default_rng(7)
    words = draw.permuted(np.tile(np.arange(written, dtype=np.int64), 4))
    starts = np.linspace(0, len(words), written + 1).astype(np.int64)
    counts = draw.integers(1, 1000, written)
    return Neighbours(counts, starts, words, draw.random(len(words), np.float32))


class Comparison:
    """All ways to search with one network.

    Args:
        settings: Of the network.
        size: Of its vocabulary.
        folder: Where its graphs go.
        shortlist: Words of a shortlist.
    """

    def __init__(
        self, settings: NetworkSettings, size: int, folder: Path, shortlist: int
    ) -> None:
        words = [f"词{i}" for i in range(size - len(SPECIALS) - len(RESERVED))]
        vocabulary = Vocabulary([*SPECIALS, *RESERVED, *words])
        training = TrainingSettings(training_precision="fp32")
        self._network = build_network(settings, training, vocabulary)
        # As a trained network has it: none of its biases can be left out.
        bias = tf.random.normal((size,), stddev=0.1, seed=7)
        self._network.embedding.bias.assign(bias)
        export_network(self._network, vocabulary, folder)
        self._source = np.random.default_rng(7).integers(100, size, (1, SOURCE))
        self._folder, self._size = folder, size
        self._shortlister = Shortlister(made_up_neighbours(size), shortlist)

    def run(self, decoding: DecodingSettings, rounds: int) -> None:
        """Measures all ways and prints how they compare."""
        ways = {**self._ours(decoding), **self._theirs(decoding)}
        replies = {name: way.reply(self._source) for name, way in ways.items()}
        times = measure(ways, self._source, rounds)
        medians = {name: statistics.median(values) for name, values in times.items()}
        print(f"\n{decoding.strategy:24s}{'ms':>9s}{'× predict':>11s}{'× graph':>9s}")
        for way, median in medians.items():
            ratios = [medians[other] / median for other in (PREDICT, ONE_GRAPH)]
            print(f"{way:24s}{median:9.1f}{ratios[0]:11.1f}{ratios[1]:9.1f}")
        print(f"the shortlist makes int8 {medians[INT8] / medians[SHORT]:.2f}× as fast")
        same = replies[FP32] == replies[PREDICT] == replies[ONE_GRAPH]
        print(f"fp32 says the same as both of TensorFlow's: {same}")

    def print_bound(self, greedy: DecodingSettings) -> None:
        """Prints how near greedy search comes to the speed of memory.

        Memory is read, and replies are given, several times in a row and in turn: the
        best is compared with the best, the median with the median.
        """
        ours = self._ours(greedy)
        for way, precision in ((FP32, "fp32"), (INT8, "int8")):
            reads, taken = [], []
            for _ in range(ALTERNATIONS):
                reads += read_memory(5)
                taken += measure({way: ours[way]}, self._source, IN_A_ROW)[way]
            size = matrix_bytes(self._folder / graph_name(STEP, precision))
            steps = REPLY * size / (1 << 20)
            best = min(taken) / (steps * min(reads))
            median = statistics.median(taken) / (steps * statistics.median(reads))
            print(
                f"{way}: {size / 1e6:.1f} MB a step, read in {steps * min(reads):.1f} "
                f"ms a reply at best; taken {best:.2f}× that at best, {median:.2f}× "
                "as a rule"
            )

    def print_memory(self) -> None:
        """Prints what serving adds to a process."""
        for way, precision in ((FP32, "fp32"), (INT8, "int8")):
            added = memory_added(self._folder, precision, self._size)
            print(f"{way}: {added} MB of memory added")

    def _ours(self, decoding: DecodingSettings) -> dict[str, Way]:
        ours: dict[str, Way] = {}
        for name, precision, shortlister in (
            (FP32, "fp32", None),
            (INT8, "int8", None),
            (SHORT, "int8", self._shortlister),
        ):
            ours[name] = Ours(
                self._folder, precision, decoding, self._size, shortlister
            )
        return ours

    def _theirs(self, decoding: DecodingSettings) -> dict[str, Way]:
        beam = BEAM if decoding.strategy == "beam" else 1
        return {
            PREDICT: PredictPerToken(self._network, beam),
            ONE_GRAPH: WholeSearch(self._network, beam),
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--small", action="store_true", help="8,000 words, LSTM 256")
    parser.add_argument("--shortlist", type=int, help="words; a tenth by default")
    arguments = parser.parse_args()
    settings, size = (SMALL, 8_000) if arguments.small else (BIG, 20_000)
    beam = DecodingSettings(
        beam_width=BEAM, max_reply_tokens=REPLY, time_budget_ms=60_000
    )
    print(f"vocabulary {size}, decoder LSTM {settings.decoder_units}, {REPLY} tokens")
    with tempfile.TemporaryDirectory() as folder:
        words = arguments.shortlist or size // 10
        comparison = Comparison(settings, size, Path(folder), words)
        comparison.run(beam, arguments.rounds)
        greedy = replace(beam, strategy="greedy")
        comparison.run(greedy, arguments.rounds)
        comparison.print_bound(greedy)
        comparison.print_memory()


if __name__ == "__main__":
    main()
