"""Our serving path against Keras `predict` once per token, with the same weights.

The way of many tutorials: call `model.predict` on encoder and decoder for every token
of the reply, a beam as one batch. Ours: the same network exported to ONNX, the whole
beam in one step, softmax and selection inside the graph. Vocabulary 20,000, decoder
LSTM 512, beam of 5, context 40 tokens, reply 12 tokens; random weights, since time
does not depend on their values.

Run: python benchmarks/reply_latency.py [--rounds 7] [--small]
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf

from framework_plugin.generation.export import export_network
from framework_plugin.generation.network import DecoderState, Seq2Seq, build_network
from framework_plugin.generation.runtime import OnnxRuntime, ban
from framework_plugin.generation.search import search
from framework_plugin.generation.settings import DecodingSettings, TrainingSettings
from framework_plugin.text.vocabulary import (
    BEGIN_ID,
    END_ID,
    SPECIALS,
    Vocabulary,
)

CONTEXT, REPLY, BEAM = 40, 12, 5
BIG = TrainingSettings(embedding_size=256, encoder_units=256, decoder_units=512)
SMALL = TrainingSettings(embedding_size=128, encoder_units=128, decoder_units=256)


class PredictPerToken:
    """Beam search that calls Keras `predict` for every token."""

    def __init__(self, network: Seq2Seq, units: int, memory_size: int) -> None:
        source = tf.keras.Input((None,), dtype=tf.int32)
        memory, state = network.encode(source)
        self._encoder = tf.keras.Model(source, [memory, state.hidden, state.cell])
        token = tf.keras.Input((1,), dtype=tf.int32)
        hidden, cell = tf.keras.Input((units,)), tf.keras.Input((units,))
        kept = tf.keras.Input((None, memory_size))
        features, _, after = network.decode(
            token, DecoderState(hidden, cell), kept, None
        )
        scores = tf.nn.log_softmax(network.embedding.scores(features[:, 0]))
        self._decoder = tf.keras.Model(
            [token, hidden, cell, kept], [scores, after.hidden, after.cell]
        )

    def reply(self, source: np.ndarray) -> list[int]:
        """The best reply to a source of shape (1, length)."""
        memory, hidden, cell = self._encoder.predict(source, verbose=0)
        beams: list[tuple[float, list[int]]] = [(0.0, [])]
        for _ in range(REPLY):
            last = np.array([[b[1][-1] if b[1] else BEGIN_ID] for b in beams])
            kept = np.repeat(memory, len(beams), axis=0)
            scores, hidden, cell = self._decoder.predict(
                [last, hidden, cell, kept], verbose=0
            )
            scores[:, : END_ID + 1] = -1e9
            totals = scores + np.array([[b[0]] for b in beams])
            best = np.argsort(-totals, axis=None)[:BEAM]
            rows, tokens = np.unravel_index(best, totals.shape)
            beams = [
                (float(totals[r, t]), [*beams[r][1], int(t)])
                for r, t in zip(rows, tokens, strict=True)
            ]
            hidden, cell = hidden[rows], cell[rows]
        return beams[0][1]


def measure(ways: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    times: dict[str, list[float]] = {name: [] for name in ways}
    for way in ways.values():
        way()
    for _ in range(rounds):
        for name, way in ways.items():
            started = time.perf_counter()
            way()
            times[name].append((time.perf_counter() - started) * 1000)
    return {name: statistics.median(values) for name, values in times.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--small", action="store_true", help="8,000 words, LSTM 256")
    arguments = parser.parse_args()
    settings, size = (SMALL, 8_000) if arguments.small else (BIG, 20_000)

    words = [f"词{i}" for i in range(size - len(SPECIALS))]
    network = build_network(settings, Vocabulary([*SPECIALS, *words]))
    memory_size = 2 * settings.encoder_units
    keras = PredictPerToken(network, settings.decoder_units, memory_size)
    source = np.random.default_rng(7).integers(4, size, (1, CONTEXT))
    bias = ban(range(END_ID + 1), size)
    beam = DecodingSettings(
        beam_width=BEAM, max_reply_tokens=REPLY, time_budget_ms=60_000
    )
    greedy = replace(beam, strategy="greedy")
    with tempfile.TemporaryDirectory() as folder:
        export_network(network, Path(folder))
        fp32 = OnnxRuntime(Path(folder), "fp32")
        int8 = OnnxRuntime(Path(folder), "int8")

    ids = source[0].tolist()
    same = keras.reply(source) == list(search(fp32.read(ids, bias), beam)[0].tokens)
    print(f"vocabulary {size}, decoder LSTM {settings.decoder_units}, beam {BEAM}, ")
    print(f"fp32 finds the same reply as Keras: {same}")
    medians = measure(
        {
            "Keras predict per token, beam 5": lambda: keras.reply(source),
            "ours, fp32, beam 5": lambda: search(fp32.read(ids, bias), beam),
            "ours, int8, beam 5": lambda: search(int8.read(ids, bias), beam),
            "ours, fp32, greedy": lambda: search(fp32.read(ids, bias), greedy),
            "ours, int8, greedy": lambda: search(int8.read(ids, bias), greedy),
        },
        arguments.rounds,
    )
    theirs = next(iter(medians.values()))
    for name, median in medians.items():
        print(f"{name:34s} {median:9.1f} ms   {theirs / median:7.1f}×")


if __name__ == "__main__":
    main()
